//! JPEG restoration: the net is shown the degraded picture as it is.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::picture::Picture;

/// JPEG qualities trained on.
const QUALITIES: std::ops::RangeInclusive<u8> = 5..=30;

/// A quality Q from 5 to 30 with probability ∝ exp(−Q/10): bad ones are rarer in the world, and harder.
pub fn random_quality(rng: &mut ChaCha8Rng) -> u8 {
    let weight = |quality: u8| (-f64::from(quality) / 10.0).exp();
    let total: f64 = QUALITIES.map(weight).sum();
    let mut left = rng.random_range(0.0..total);
    for quality in QUALITIES {
        left -= weight(quality);
        if left < 0.0 {
            return quality;
        }
    }
    *QUALITIES.end()
}

/// The degraded picture, `[3, height, width]` in [−1, 1].
pub fn condition(degraded: &Picture) -> Vec<f32> {
    degraded.to_planes()
}
