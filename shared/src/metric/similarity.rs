//! SSIM and MS-SSIM: how alike two pictures are in luminance, contrast and structure, over everything or in a hole only.

use super::planes::{check_sizes, luma_plane};
use crate::{
    mask::{Mask, THRESHOLD},
    picture::Picture,
};

/// Half of SSIM's window of 11×11.
const WINDOW: isize = 5;
/// The window's standard deviation in pixels.
const DEVIATION: f64 = 1.5;

/// Structural similarity (Wang et al. 2004, equation 13) of Rec.601 luma, 1 for equal pictures: the
/// mean over the pixels where the mask covers, or over all, of the index in a Gaussian window of
/// 11×11 (σ = 1.5) around each; K1 = 0.01, K2 = 0.03, range 255. At edges the window is cut and its
/// weights scaled to add up to 1, so that every pixel counts. NaN where the mask covers nothing.
///
/// # Panics
/// When the sizes differ.
pub fn ssim(first: &Picture, second: &Picture, mask: Option<&Mask>) -> f64 {
    check_sizes(first, second, mask);
    similarity(first, second, mask).whole
}

/// MS-SSIM's exponents from the finest scale to the coarsest (Wang, Simoncelli and Bovik 2003, section 3.2).
const SCALE_WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// Multi-scale structural similarity (Wang, Simoncelli and Bovik 2003, equation 7), 1 for equal pictures:
/// contrast and structure at up to five scales, each half as large as the one before by the mean over the
/// area, and luminance at the coarsest. A scale is used where its shorter side has the window's 11
/// pixels, and the exponents of those used are scaled to the sum of all five; so pictures of 176 pixels
/// and more have all five, 64² has three. Means over the pixels that the mask covers, at coarser scales those
/// of which it covers a part, or over all; a negative mean counts as 0. NaN where the mask covers nothing.
///
/// # Panics
/// When the sizes differ.
pub fn ms_ssim(first: &Picture, second: &Picture, mask: Option<&Mask>) -> f64 {
    check_sizes(first, second, mask);
    let (mut first, mut second, mut mask) = (first.clone(), second.clone(), mask.cloned());
    let short = first.width().min(first.height());
    let scales = (1..SCALE_WEIGHTS.len()).take_while(|scale| (short >> scale) > 2 * WINDOW.unsigned_abs()).count() + 1;
    let weights = &SCALE_WEIGHTS[..scales];
    let factor = SCALE_WEIGHTS.iter().sum::<f64>() / weights.iter().sum::<f64>();
    let mut product = 1.0;
    for (scale, weight) in weights.iter().enumerate() {
        if scale > 0 {
            let (width, height) = (first.width() / 2, first.height() / 2);
            (first, second) = (first.resize(width, height), second.resize(width, height));
            mask = mask.map(|mask| touched(&mask, width, height));
        }
        let found = similarity(&first, &second, mask.as_ref());
        let value = if scale + 1 == scales { found.whole } else { found.structure };
        // `max` would turn NaN into 0.
        product *= if value < 0.0 { 0.0 } else { value }.powf(weight * factor);
    }
    product
}

/// The pixels at another size of which the mask covers a part: however thin, it never gets lost.
fn touched(mask: &Mask, width: usize, height: usize) -> Mask {
    let yes_or_no = |yes: bool| if yes { 255 } else { 0 };
    let whole = mask.values().iter().map(|value| yes_or_no(*value >= THRESHOLD)).collect();
    let mask = Mask::new(mask.width(), mask.height(), whole).map(|mask| mask.resize(width, height));
    let mask = mask.expect("as many values as the mask had");
    Mask::new(width, height, mask.values().iter().map(|value| yes_or_no(*value > 0)).collect()).expect("as many values")
}

/// Means over pixels.
struct Similarity {
    /// Luminance, contrast and structure together.
    whole: f64,
    /// Contrast and structure alone.
    structure: f64,
}

fn similarity(first: &Picture, second: &Picture, mask: Option<&Mask>) -> Similarity {
    let (width, height) = (first.width(), first.height());
    let (one, other) = (luma_plane(first), luma_plane(second));
    let product = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
    let blurred = |plane: &[f64]| blur(plane, width, height);
    let (mean_one, mean_other) = (blurred(&one), blurred(&other));
    let (square_one, square_other) = (blurred(&product(&one, &one)), blurred(&product(&other, &other)));
    let mixed = blurred(&product(&one, &other));
    let (c1, c2) = ((0.01 * 255.0f64).powi(2), (0.03 * 255.0f64).powi(2));
    let (mut sum, mut count) = (Similarity { whole: 0.0, structure: 0.0 }, 0.0);
    for place in 0..width * height {
        if mask.is_some_and(|mask| !mask.covers(place % width, place / width)) {
            continue;
        }
        let (a, b) = (mean_one[place], mean_other[place]);
        let (variance_a, variance_b) = (square_one[place] - a * a, square_other[place] - b * b);
        let structure = (2.0 * (mixed[place] - a * b) + c2) / (variance_a + variance_b + c2);
        sum.structure += structure;
        sum.whole += structure * (2.0 * a * b + c1) / (a * a + b * b + c1);
        count += 1.0;
    }
    Similarity { whole: sum.whole / count, structure: sum.structure / count }
}

/// The Gaussian window's mean around every pixel: across, then down. Whole rows are added for one place of the
/// window after the other, which a compiler turns into vector instructions.
fn blur(plane: &[f64], width: usize, height: usize) -> Vec<f64> {
    let window = window();
    let (totals, mut across) = (weight_totals(&window, width), vec![0.0; plane.len()]);
    for (row, out) in plane.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (offset, weight) in window {
            let skipped = offset.unsigned_abs().min(width);
            let (from, to) =
                if offset < 0 { (&row[..width - skipped], &mut out[skipped..]) } else { (&row[skipped..], &mut out[..width - skipped]) };
            add(weight, from, to);
        }
        out.iter_mut().zip(&totals).for_each(|(value, total)| *value /= total);
    }
    let (totals, mut down) = (weight_totals(&window, height), vec![0.0; plane.len()]);
    for (y, out) in down.chunks_exact_mut(width).enumerate() {
        for (offset, weight) in window {
            if let Some(place) = y.checked_add_signed(offset).filter(|place| *place < height) {
                add(weight, &across[place * width..(place + 1) * width], out);
            }
        }
        out.iter_mut().for_each(|value| *value /= totals[y]);
    }
    down
}

/// Adds a row times a weight to another.
fn add(weight: f64, from: &[f64], to: &mut [f64]) {
    from.iter().zip(to).for_each(|(from, to)| *to += weight * from);
}

/// The window's places beside its centre, and their weights.
fn window() -> [(isize, f64); 2 * WINDOW.unsigned_abs() + 1] {
    std::array::from_fn(|place| {
        let offset = place as isize - WINDOW;
        (offset, (-0.5 * (offset as f64 / DEVIATION).powi(2)).exp())
    })
}

/// The sum of the weights that lie inside, around each of `length` places.
fn weight_totals(window: &[(isize, f64)], length: usize) -> Vec<f64> {
    let inside = |centre: usize, offset: isize| centre.checked_add_signed(offset).is_some_and(|place| place < length);
    (0..length).map(|centre| window.iter().filter(|(offset, _)| inside(centre, *offset)).map(|(_, weight)| weight).sum()).collect()
}
