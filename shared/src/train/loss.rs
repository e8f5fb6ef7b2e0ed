//! The loss: how far the prediction is from its target, over the hole, weighed by noise level.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

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
        Prediction::Residual => 1.0,
    }
}

/// Mean over the batch of weight · Σ|error|^p·mask / (3·Σmask): what is known does not count, and a
/// small hole counts as much as a large one.
///
/// # Shapes
/// - error: `[batch, 3, height, width]`
/// - mask: `[batch, 1, height, width]`, no sample's empty
/// - weights: `[batch]`
/// - result: `[1]`
pub fn masked_loss(error: Tensor<4>, mask: Tensor<4>, weights: Tensor<1>, power: u8) -> Tensor<1> {
    let [batch, channels, _, _] = error.dims();
    let size = match power {
        1 => error.abs(),
        _ => error.clone() * error,
    };
    let total = (size * mask.clone()).reshape([batch as i32, -1]).sum_dim(1);
    let area = mask.reshape([batch as i32, -1]).sum_dim(1).mul_scalar(channels as f32);
    ((total / area).reshape([batch]) * weights).mean()
}
