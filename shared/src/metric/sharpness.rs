//! How much detail a picture has against the truth, octave by octave. What lies outside of a hole has no part in it, so that
//! a step at the rim is not taken for detail.

use super::planes::{check_sizes, luma_plane};
use crate::{
    mask::{Mask, Rect},
    picture::Picture,
};

/// Octaves that are measured: wavelengths of 2 to 4, 4 to 8, 8 to 16 and 16 to 32 pixels.
pub const OCTAVES: usize = 4;

/// The linear B-spline as a filter of three places, which is spread out for coarser octaves: the "à trous" wavelet (Holschneider et
/// al. 1989). With it neighbouring bands answer alike at wavelengths of exactly 4, 8 and 16 pixels.
const SPLINE: [(isize, f64); 3] = [(-1, 0.25), (0, 0.5), (1, 0.25)];

/// Variance of rounding to whole numbers. It is added to both energies, so that flat pictures of which one was rounded
/// differently compare as equal.
const ROUNDING: f64 = 1.0 / 12.0;

/// The energy of an answer's detail divided by that of the truth's, from the finest octave to the coarsest: 1 is as sharp as
/// the truth, less is blurred, more is grainy.
///
/// Energy is the mean square, where the mask covers or everywhere, of the bands of luma's undecimated wavelet transform with
/// the linear B-spline. Smoothing is by normalised convolution (Knutsson and Westin 1993) over the covered pixels alone: the
/// rest of the picture and its edges weigh nothing. NaN where the mask covers nothing.
///
/// # Panics
/// When the sizes differ.
pub fn sharpness(answer: &Picture, truth: &Picture, mask: Option<&Mask>) -> [f64; OCTAVES] {
    check_sizes(answer, truth, mask);
    let whole = Rect { left: 0, top: 0, width: truth.width(), height: truth.height() };
    let Some(area) = mask.map_or(Some(whole), Mask::bounds) else { return [f64::NAN; OCTAVES] };
    let crop = |picture: &Picture| luma_plane(&picture.crop(area.left, area.top, area.width, area.height));
    let covers = |place: usize| mask.is_none_or(|mask| mask.covers(area.left + place % area.width, area.top + place / area.width));
    let weights: Vec<f64> = (0..area.width * area.height).map(|place| if covers(place) { 1.0 } else { 0.0 }).collect();
    let (answer, truth) = (energies(&crop(answer), &weights, area.width), energies(&crop(truth), &weights, area.width));
    std::array::from_fn(|octave| (answer[octave] + ROUNDING) / (truth[octave] + ROUNDING))
}

/// The mean square of each band where the weight is 1, of a plane of so many columns.
fn energies(plane: &[f64], weights: &[f64], width: usize) -> [f64; OCTAVES] {
    let mut smooth = plane.to_vec();
    let count: f64 = weights.iter().sum();
    std::array::from_fn(|octave| {
        let spacing = 1 << octave;
        let weighted: Vec<f64> = smooth.iter().zip(weights).map(|(value, weight)| value * weight).collect();
        let (sums, totals) = (filter(&weighted, width, spacing), filter(weights, width, spacing));
        let mut energy = 0.0;
        for (place, value) in smooth.iter_mut().enumerate().filter(|(place, _)| weights[*place] > 0.0) {
            let smoother = sums[place] / totals[place];
            energy += (*value - smoother).powi(2);
            *value = smoother;
        }
        energy / count
    })
}

/// The filter with its places so far apart, across and down; nothing lies outside.
fn filter(plane: &[f64], width: usize, spacing: usize) -> Vec<f64> {
    let height = plane.len() / width;
    let mut across = vec![0.0; plane.len()];
    for (row, out) in plane.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (offset, weight) in SPLINE {
            let shift = (offset.unsigned_abs() * spacing).min(width);
            let (from, to) =
                if offset < 0 { (&row[..width - shift], &mut out[shift..]) } else { (&row[shift..], &mut out[..width - shift]) };
            to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
        }
    }
    let mut down = vec![0.0; plane.len()];
    for (y, out) in down.chunks_exact_mut(width).enumerate() {
        for (offset, weight) in SPLINE {
            let Some(from) = y.checked_add_signed(offset * spacing as isize).filter(|from| *from < height) else { continue };
            out.iter_mut().zip(&across[from * width..(from + 1) * width]).for_each(|(to, from)| *to += weight * from);
        }
    }
    down
}
