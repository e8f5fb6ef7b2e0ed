//! Every random number, derived from what it is for and never from what was drawn before it, so that
//! noise is the same on every backend, after a resume and for any number of threads.

use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// What a stream of random numbers is drawn for; each purpose has its own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Weights before the first step.
    Weights = 1,
    /// Which pictures a batch holds.
    Order = 2,
    /// Crop, flip and the like.
    Augmentation = 3,
    /// Task, mask and JPEG quality of a sample.
    Task = 4,
    /// Noise that fills the hole of a condition.
    Condition = 5,
    /// The noise level of a training sample.
    Level = 6,
    /// ε of a training sample.
    Epsilon = 7,
    /// Start of a sampler.
    Start = 8,
    /// Fresh noise inside a sampler.
    Step = 9,
    /// Cases of an evaluation.
    Evaluation = 10,
    /// Dropout masks.
    Dropout = 11,
    /// Directions on which pictures are compared.
    Projection = 12,
    /// Which pictures a resampled mean is of.
    Resampling = 13,
    /// Which parts of a picture are liked less to copy from.
    Sources = 14,
}

/// A generator for one purpose of one sample of one step.
///
/// The same four values give the same numbers on every platform (ChaCha with 8 rounds).
pub fn stream(seed: u64, purpose: Purpose, step: u64, sample: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    key[24..].copy_from_slice(&sample.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// `count` values of N(0, 1).
pub fn gaussian(rng: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    StandardNormal.sample_iter(rng).take(count).collect()
}

/// Values of N(0, 1) for a whole batch, one sample for each of `numbers`. A sample draws from the stream of its own
/// number, so that it gets the same values in every batch and on every backend.
///
/// # Shapes
/// each: `[channels, height, width]`; result: `[numbers, channels, height, width]`
pub fn gaussian_batch(numbers: &[u64], seed: u64, purpose: Purpose, step: u64, each: [usize; 3], device: &Device) -> Tensor<4> {
    let count = each.iter().product();
    let draw = |number: &u64| gaussian(&mut stream(seed, purpose, step, *number), count);
    let values: Vec<f32> = numbers.iter().flat_map(draw).collect();
    let [channels, height, width] = each;
    Tensor::from_data(TensorData::new(values, [numbers.len(), channels, height, width]), device)
}

/// `count` values uniform in [0, 1).
pub fn uniform(rng: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    StandardUniform.sample_iter(rng).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, purpose, step, sample| gaussian(&mut stream(seed, purpose, step, sample), 8);
        let first = draw(1, Purpose::Epsilon, 2, 3);
        assert_eq!(first, draw(1, Purpose::Epsilon, 2, 3));
        for other in [
            draw(2, Purpose::Epsilon, 2, 3),
            draw(1, Purpose::Level, 2, 3),
            draw(1, Purpose::Epsilon, 3, 3),
            draw(1, Purpose::Epsilon, 2, 4),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn gaussian_has_unit_moments() {
        let values = gaussian(&mut stream(7, Purpose::Start, 0, 0), 200_000);
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / 200_000.0;
        let variance = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / 200_000.0 - mean * mean;
        assert!(mean.abs() < 0.01, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
    }
}
