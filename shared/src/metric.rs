//! How far a picture is from the truth: PSNR and SSIM, over everything or in a hole only. Plain
//! numbers on 8-bit pictures; nothing perceptual, nothing learned.

use crate::{
    mask::Mask,
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
    check_sizes(first, second, mask);
    let (mut sum, mut count) = (0.0, 0usize);
    for y in 0..first.height() {
        let pairs = first.row(y).chunks_exact(3).zip(second.row(y).chunks_exact(3));
        for (x, (one, other)) in pairs.enumerate() {
            if mask.is_none_or(|mask| mask.covers(x, y)) {
                sum += one.iter().zip(other).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>();
                count += 3;
            }
        }
    }
    10.0 * (255.0f64.powi(2) * count as f64 / sum).log10()
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
    let (width, height) = (first.width(), first.height());
    let (one, other) = (luma_plane(first), luma_plane(second));
    let product = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
    let blurred = |plane: &[f64]| blur(plane, width, height);
    let (mean_one, mean_other) = (blurred(&one), blurred(&other));
    let (square_one, square_other) = (blurred(&product(&one, &one)), blurred(&product(&other, &other)));
    let mixed = blurred(&product(&one, &other));
    let (c1, c2) = ((0.01 * 255.0f64).powi(2), (0.03 * 255.0f64).powi(2));
    let (mut sum, mut count) = (0.0, 0usize);
    for place in 0..width * height {
        if mask.is_some_and(|mask| !mask.covers(place % width, place / width)) {
            continue;
        }
        let (a, b) = (mean_one[place], mean_other[place]);
        let (variance_a, variance_b) = (square_one[place] - a * a, square_other[place] - b * b);
        let covariance = mixed[place] - a * b;
        sum += (2.0 * a * b + c1) * (2.0 * covariance + c2) / ((a * a + b * b + c1) * (variance_a + variance_b + c2));
        count += 1;
    }
    sum / count as f64
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

/// The Gaussian window's mean around every pixel.
fn blur(plane: &[f64], width: usize, height: usize) -> Vec<f64> {
    let mut across = vec![0.0; plane.len()];
    for (row, out) in plane.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (x, value) in out.iter_mut().enumerate() {
            *value = window_mean(x, width, |x| row[x]);
        }
    }
    (0..plane.len()).map(|place| window_mean(place / width, height, |y| across[y * width + place % width])).collect()
}

fn window_mean(centre: usize, length: usize, value: impl Fn(usize) -> f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for offset in -WINDOW..=WINDOW {
        if let Some(place) = centre.checked_add_signed(offset).filter(|place| *place < length) {
            let weight = (-0.5 * (offset as f64 / DEVIATION).powi(2)).exp();
            sum += weight * value(place);
            weights += weight;
        }
    }
    sum / weights
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
}
