//! How far values are from the truth: PSNR and mean absolute error, over everything or in a hole only.

use super::planes::check_sizes;
use crate::{mask::Mask, picture::Picture};

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
