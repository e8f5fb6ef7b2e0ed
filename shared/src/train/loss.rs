//! The loss: how far the prediction is from its target, over the hole, weighed by noise level.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::frequencies::{LossFrequencies, by_frequency};
use crate::config::Prediction;

/// How errors at different noise levels weigh against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossWeighting {
    /// Errors of the prediction weigh the same at every level (paper, equation 3).
    Equal,
    /// Errors of the clean picture weigh min(SNR, cap) (arXiv 2303.09556).
    MinSnr,
    /// Errors of the clean picture weigh SNR kept between 1 and the cap. Min-SNR gives the noisiest
    /// levels next to no weight; there a conditional net has to learn to look at its condition, and
    /// the first step of a sampler depends on it.
    ClampedSnr,
}

/// Weight of a sample at noise level γ, for squared errors of the prediction.
///
/// With SNR = γ/(1−γ), |ε error|² = SNR·|y0 error|² and |v error|² = (SNR + 1)·|y0 error|².
pub fn loss_weight(noise_level: f64, prediction: Prediction, weighting: LossWeighting, cap: f64) -> f64 {
    let snr = noise_level / (1.0 - noise_level);
    let of_picture = match weighting {
        LossWeighting::Equal => return 1.0,
        LossWeighting::MinSnr => snr.min(cap),
        LossWeighting::ClampedSnr => snr.clamp(1.0, cap),
    };
    match prediction {
        Prediction::Epsilon => of_picture / snr,
        Prediction::Velocity => of_picture / (snr + 1.0),
        // Relative to what is off without a net, every level weighs the same.
        Prediction::Residual | Prediction::Regression => 1.0,
    }
}

/// How errors become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskedLoss {
    /// p of |error|^p, 1 or 2.
    pub power: u8,
    /// Whether a sample's errors are averaged over what is to be filled, or over the whole picture.
    pub hole_normalized: bool,
    /// How they weigh by their frequency; where that is not equally, p must be 2, and the sides multiples of 8.
    pub frequencies: LossFrequencies,
}

/// Mean over the batch of weight · Σ|error|^p·mask / (3·Σmask): what is known does not count, and a
/// small hole counts as much as a large one. Or, not normalised, over 3·height·width: as much as it is large.
///
/// # Shapes
/// - error: `[batch, 3, height, width]`
/// - mask: `[batch, 1, height, width]`, no sample's empty
/// - weights: `[batch]`
/// - result: `[1]`
pub fn masked_loss(error: Tensor<4>, mask: Tensor<4>, weights: Tensor<1>, how: MaskedLoss) -> Tensor<1> {
    let [batch, channels, height, width] = error.dims();
    // What does not count is 0, so that a block's frequencies are those of what does.
    let error = match how.frequencies {
        LossFrequencies::Equal => error,
        LossFrequencies::Jpeg => by_frequency(error * mask.clone()),
    };
    let size = match how.power {
        1 => error.abs(),
        _ => error.clone() * error,
    };
    let counted = match how.frequencies {
        LossFrequencies::Equal => size * mask.clone(),
        LossFrequencies::Jpeg => size,
    };
    let total = counted.reshape([batch as i32, -1]).sum_dim(1);
    let mean = if how.hole_normalized {
        total / mask.reshape([batch as i32, -1]).sum_dim(1).mul_scalar(channels as f32)
    } else {
        total.div_scalar((channels * height * width) as f32)
    };
    (mean.reshape([batch]) * weights).mean()
}
