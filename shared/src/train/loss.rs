//! The loss: how far the prediction is from its target, over the hole, weighed by noise level.

use burn::tensor::Tensor;

use crate::config::Prediction;

/// Weight of a sample at noise level γ.
///
/// With a cap it is min-SNR (arXiv 2303.09556): min(SNR, cap)/SNR for ε and min(SNR, cap)/(SNR + 1)
/// for v. Without one, errors of the prediction weigh the same at every level (paper, equation 3).
pub fn loss_weight(noise_level: f64, prediction: Prediction, cap: Option<f64>) -> f64 {
    let Some(cap) = cap else {
        return 1.0;
    };
    let snr = noise_level / (1.0 - noise_level);
    match prediction {
        Prediction::Epsilon => snr.min(cap) / snr,
        Prediction::Velocity => snr.min(cap) / (snr + 1.0),
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
