//! Whether a device computes what it should: a small net with fixed weights on fixed numbers, which
//! has every operation that sampling uses. Callers read the values, on the device in question and on
//! the CPU, and compare them here.

pub mod kernels;

use burn::tensor::{Device, Tensor};
use infill_kernel::quantize::Bits;

use crate::{
    config::{ConfigError, ModelConfig, TaskKind},
    denoiser::Model,
    noise::{Purpose, gaussian_batch},
    prediction::Given,
};

/// Largest difference to the CPU, of outputs with unit size, that a working device may show.
pub const TOLERANCE: f32 = 0.02;

/// The output to be compared, `[2, 3, 16, 16]`.
///
/// # Errors
/// None but a fault in the preset for tests.
pub fn output(device: &Device) -> Result<Tensor<4>, ConfigError> {
    let config = ModelConfig::preset("tiny")?;
    let size = config.size;
    let mut model = Model::new(config, 1, device)?;
    // An untrained net's zeros would agree on anything.
    // In 8 bits, which is how models for sampling come.
    model.unet = model.unet.with_packed_gaussian_weights(2, Bits::Eight);
    let input = |seed| gaussian_batch(&[0, 1], seed, Purpose::Evaluation, 0, [3, size, size], device);
    let (condition, noisy) = (input(1), input(2));
    Ok(model.predict(Given {
        condition: &condition,
        noisy: &noisy,
        mask: None,
        noise_levels: &[0.3, 0.9],
        tasks: &[TaskKind::Inpaint, TaskKind::Restore],
    }))
}

/// Largest difference between two outputs, of the second one's largest value; infinite when a value
/// is no number or the lengths differ.
pub fn largest_difference(values: &[f32], reference: &[f32]) -> f32 {
    let scale = reference.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    if values.len() != reference.len() || scale == 0.0 {
        return f32::INFINITY;
    }
    values.iter().zip(reference).fold(0f32, |largest, (value, reference)| {
        let difference = (value - reference).abs() / scale;
        if difference.is_nan() { f32::INFINITY } else { largest.max(difference) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_zero_and_nonsense_is_infinite() {
        let values: Vec<f32> = output(&Device::flex()).unwrap().into_data().try_to_vec().unwrap();
        assert_eq!(largest_difference(&values, &values), 0.0);
        let mut broken = values.clone();
        broken[5] = f32::NAN;
        assert_eq!(largest_difference(&broken, &values), f32::INFINITY);
        assert_eq!(largest_difference(&values[1..], &values), f32::INFINITY);
        assert_eq!(largest_difference(&vec![0.0; values.len()], &values), 1.0);
    }
}
