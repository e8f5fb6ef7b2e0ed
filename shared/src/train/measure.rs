//! How far a model's estimate of the clean picture is off: a figure that can be compared between models
//! whatever they predict and however their loss weighs it.

use burn::tensor::{Device, Tensor, TensorData};

use crate::{
    denoiser::{Conditioned, Denoiser, Model},
    noise::{self, Purpose},
    prediction::Given,
    task::{Example, TaskKind},
    unet::parameters,
};

/// Mean over the samples of the squared error of the clean picture, in what is to be filled, at one noise
/// level; `[1]`, still on the device. The noise of a sample depends on the seed and its place alone. All
/// samples are of the same side.
pub fn clean_error(model: &Model, examples: &[Example], noise_level: f64, seed: u64) -> Tensor<1> {
    let device = parameters::device(&model.unet);
    let side = examples.first().map_or(0, |example| example.mask.len().isqrt());
    let stack = |channels: usize, of: fn(&Example) -> &Vec<f32>| {
        let values = examples.iter().flat_map(|example| of(example).iter().copied()).collect();
        tensor(values, [examples.len(), channels, side, side], &device)
    };
    let draw = |sample: usize| noise::gaussian(&mut noise::stream(seed, Purpose::Evaluation, 0, sample as u64), 3 * side * side);
    let epsilon = tensor((0..examples.len()).flat_map(draw).collect(), [examples.len(), 3, side, side], &device);
    let (condition, picture) = (stack(3, |example| &example.condition), stack(3, |example| &example.picture));
    let mask = stack(1, |example| &example.mask);
    let noise_levels = vec![noise_level; examples.len()];
    let tasks: Vec<TaskKind> = examples.iter().map(|example| example.kind).collect();
    let clean = Given { condition: &condition, noisy: &picture, mask: Some(&mask), noise_levels: &noise_levels, tasks: &tasks };
    let noised = clean.noised(&epsilon);
    let noisy = mask.clone() * noised + (mask.ones_like() - mask.clone()) * picture.clone();
    let estimate = Conditioned::new(model, condition, Some(mask.clone()), tasks).denoise(noisy, noise_level).clamp(-1.0, 1.0);
    let error = estimate - picture;
    let how = super::MaskedLoss { power: 2, hole_normalized: true, frequencies: super::LossFrequencies::Equal };
    super::masked_loss(error, mask, Tensor::ones([examples.len()], &device), how)
}

fn tensor(values: Vec<f32>, shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, shape), device)
}
