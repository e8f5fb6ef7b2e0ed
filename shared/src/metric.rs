//! How far a picture is from the truth: PSNR, mean absolute error, SSIM and MS-SSIM, over everything or
//! in a hole only. Plain numbers on 8-bit pictures; nothing perceptual, nothing learned.

use crate::{
    mask::{Mask, THRESHOLD},
    picture::{Picture, luma},
};

/// Half of SSIM's window of 11×11.
const WINDOW: isize = 5;
/// The window's standard deviation in pixels.
const DEVIATION: f64 = 1.5;

/// Peak signal-to-noise ratio in dB: 10·log10(255² / mean squared error) over all three channels,
/// where the mask covers or everywhere. Infinite for equal pictures, NaN where the mask covers nothing.
///
/// # Panics
/// When the sizes differ.
pub fn psnr(first: &Picture, second: &Picture, mask: Option<&Mask>) -> f64 {
    20.0 * 255.0f64.log10() - 10.0 * mean_error(first, second, mask, |difference| difference.powi(2)).log10()
}

/// Mean absolute error (L1) in 8-bit values, over all three channels, where the mask covers or
/// everywhere. NaN where the mask covers nothing.
///
/// # Panics
/// When the sizes differ.
pub fn mean_absolute_error(first: &Picture, second: &Picture, mask: Option<&Mask>) -> f64 {
    mean_error(first, second, mask, f64::abs)
}

/// The mean of a function of the differences.
fn mean_error(first: &Picture, second: &Picture, mask: Option<&Mask>, of: fn(f64) -> f64) -> f64 {
    check_sizes(first, second, mask);
    let (mut sum, mut count) = (0.0, 0usize);
    for y in 0..first.height() {
        let pairs = first.row(y).chunks_exact(3).zip(second.row(y).chunks_exact(3));
        for (x, (one, other)) in pairs.enumerate() {
            if mask.is_none_or(|mask| mask.covers(x, y)) {
                sum += one.iter().zip(other).map(|(a, b)| of(f64::from(*a) - f64::from(*b))).sum::<f64>();
                count += 3;
            }
        }
    }
    sum / count as f64
}

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

fn check_sizes(first: &Picture, second: &Picture, mask: Option<&Mask>) {
    let size = (first.width(), first.height());
    assert_eq!(size, (second.width(), second.height()), "only pictures of one size can be compared");
    if let Some(mask) = mask {
        assert_eq!(size, (mask.width(), mask.height()), "the mask's size must be the pictures'");
    }
}

fn luma_plane(picture: &Picture) -> Vec<f64> {
    picture.pixels().chunks_exact(3).map(|pixel| f64::from(luma([pixel[0], pixel[1], pixel[2]]))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Shape;

    fn left_half(width: usize, height: usize) -> Mask {
        let mut mask = Mask::empty(width, height);
        mask.draw(&Shape::Rectangle { x: 0.0, y: 0.0, width: width as f32 / 2.0, height: height as f32 }, true);
        mask
    }

    /// Pixels of a fixed texture around 128, `contrast` away from it.
    fn texture(contrast: i32) -> Picture {
        let pixels = (0..24 * 20 * 3).map(|index: i32| {
            let sign = if (index / 3 * 7919) % 13 < 6 { 1 } else { -1 };
            (128 + sign * contrast) as u8
        });
        Picture::new(24, 20, pixels.collect()).unwrap()
    }

    #[test]
    fn psnr_of_a_constant_error() {
        let (first, second) = (Picture::filled(9, 7, [100; 3]), Picture::filled(9, 7, [110; 3]));
        assert!((psnr(&first, &second, None) - 20.0 * 25.5f64.log10()).abs() < 1e-9);
        // An error in one channel of three.
        let third = Picture::filled(9, 7, [100, 110, 100]);
        assert!((psnr(&first, &third, None) - 10.0 * (3.0 * 25.5f64.powi(2)).log10()).abs() < 1e-9);
        assert_eq!(psnr(&first, &first, None), f64::INFINITY);
    }

    #[test]
    fn only_the_hole_counts_where_there_is_one() {
        let first = Picture::filled(8, 6, [100; 3]);
        let mut second = first.clone();
        for y in 0..6 {
            second.set(6, y, [0; 3]);
            second.set(1, y, [110; 3]);
        }
        let mask = left_half(8, 6);
        // Of the 4 columns on the left one is off by 10.
        let expected = 10.0 * (4.0 * 25.5f64.powi(2)).log10();
        assert!((psnr(&first, &second, Some(&mask)) - expected).abs() < 1e-9);
        assert!(psnr(&first, &second, Some(&Mask::empty(8, 6))).is_nan());
        assert!(ssim(&first, &second, Some(&Mask::empty(8, 6))).is_nan());
    }

    #[test]
    fn ssim_of_flat_pictures_is_its_luminance_term() {
        for (a, b) in [(100u8, 110u8), (0, 255), (50, 50)] {
            let (first, second) = (Picture::filled(13, 12, [a; 3]), Picture::filled(13, 12, [b; 3]));
            let (a, b) = (f64::from(a), f64::from(b));
            let expected = (2.0 * a * b + 6.5025) / (a * a + b * b + 6.5025);
            for mask in [None, Some(&left_half(13, 12))] {
                assert!((ssim(&first, &second, mask) - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn ssim_sees_structure() {
        let texture_20 = texture(20);
        assert!((ssim(&texture_20, &texture_20, None) - 1.0).abs() < 1e-12);
        assert!(ssim(&texture_20, &texture(-20), None) < -0.5, "inverted structure is negative");
        let halved = ssim(&texture_20, &texture(10), None);
        // Perfectly correlated, deviations s and s/2: 2·½/(1 + ¼) = 0.8 but for C2 and the means.
        assert!((0.77..0.85).contains(&halved), "{halved}");
    }

    #[test]
    fn ssim_in_a_hole_looks_there() {
        let first = texture(20);
        let mut second = first.clone();
        for y in 0..20 {
            for x in 18..24 {
                second.set(x, y, [128; 3]);
            }
        }
        let mask = left_half(24, 20);
        let (hole, everything) = (ssim(&first, &second, Some(&mask)), ssim(&first, &second, None));
        assert!((hole - 1.0).abs() < 1e-12, "the window reaches 5 pixels, the change is 7 away: {hole}");
        assert!(everything < 0.9, "{everything}");
    }

    #[test]
    fn absolute_error_of_a_constant_error_and_in_a_hole() {
        let first = Picture::filled(8, 6, [100; 3]);
        assert!((mean_absolute_error(&first, &Picture::filled(8, 6, [90, 100, 105]), None) - 5.0).abs() < 1e-12);
        let mut second = first.clone();
        (0..6).for_each(|y| second.set(1, y, [140; 3]));
        assert!((mean_absolute_error(&first, &second, Some(&left_half(8, 6))) - 10.0).abs() < 1e-12);
        assert!(mean_absolute_error(&first, &second, Some(&Mask::empty(8, 6))).is_nan());
    }

    #[test]
    fn ms_ssim_of_flat_pictures_is_the_coarsest_luminance_term() {
        // Contrast and structure are 1 at every scale; the coarsest exponent remains.
        for (side, exponent) in [(64, 0.3001 / (0.0448 + 0.2856 + 0.3001)), (8, 1.0), (176, 0.1333 / 1.0001)] {
            let (first, second) = (Picture::filled(side, side, [60; 3]), Picture::filled(side, side, [140; 3]));
            let luminance = (2.0 * 60.0 * 140.0 + 6.5025) / (60.0f64.powi(2) + 140.0f64.powi(2) + 6.5025);
            let expected = luminance.powf(exponent * 1.0001);
            for mask in [None, Some(&left_half(side, side))] {
                assert!((ms_ssim(&first, &second, mask) - expected).abs() < 1e-6, "at {side}");
            }
        }
    }

    #[test]
    fn ms_ssim_is_1_for_equals_0_for_opposites_and_looks_into_the_hole() {
        let (first, opposite) = (texture(20), texture(-20));
        assert!((ms_ssim(&first, &first, None) - 1.0).abs() < 1e-12);
        assert_eq!(ms_ssim(&first, &opposite, None), 0.0);
        let mut second = first.clone();
        for y in 0..20 {
            for x in 18..24 {
                second.set(x, y, [128; 3]);
            }
        }
        assert!((ms_ssim(&first, &second, Some(&left_half(24, 20))) - 1.0).abs() < 1e-12);
        assert!(ms_ssim(&first, &second, None) < 0.95);
        assert!(ms_ssim(&first, &second, Some(&Mask::empty(24, 20))).is_nan());
    }

    #[test]
    fn ms_ssim_in_a_thin_hole_is_a_number() {
        let first = Picture::filled(64, 64, [60; 3]);
        let mut mask = Mask::empty(64, 64);
        mask.draw(&Shape::Rectangle { x: 33.0, y: 5.0, width: 1.0, height: 40.0 }, true);
        let found = ms_ssim(&first, &Picture::filled(64, 64, [140; 3]), Some(&mask));
        assert!((0.5..0.95).contains(&found), "{found}");
    }

    #[test]
    fn ms_ssim_forgives_fine_noise_more_than_ssim_does() {
        let picture = |grain: i32| {
            let pixels = (0..64 * 64).flat_map(|place: i32| {
                let (x, y) = (place % 64, place / 64);
                let noise = if (place * 7919) % 13 < 6 { grain } else { -grain };
                [(60 + 2 * (x + y) / 2 + noise).clamp(0, 255) as u8; 3]
            });
            Picture::new(64, 64, pixels.collect()).unwrap()
        };
        let (clean, noisy) = (picture(0), picture(15));
        let (single, multiple) = (ssim(&clean, &noisy, None), ms_ssim(&clean, &noisy, None));
        assert!(multiple > single + 0.1 && multiple < 0.99, "{multiple} against {single}");
    }
}
