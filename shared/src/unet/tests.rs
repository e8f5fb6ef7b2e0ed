//! The net: its size, its shapes, its gradients against finite differences.

use burn::tensor::TensorData;

use super::*;
use crate::config::{ModelConfig, SelfAttention};

fn preset(name: &str) -> ModelConfig {
    ModelConfig::preset(name).unwrap()
}

fn random(shape: [usize; 4], seed: u64, device: &Device) -> Tensor<4> {
    let numbers: Vec<u64> = (0..shape[0] as u64).collect();
    noise::gaussian_batch(&numbers, seed, noise::Purpose::Evaluation, 0, [shape[1], shape[2], shape[3]], device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

#[test]
fn paper_s_net_has_the_published_number_of_parameters() {
    // Counted from the shapes; nothing of the 2 GB is allocated.
    assert_eq!(Unet::new(&preset("paper"), &Device::flex()).num_params(), 552_814_083);
}

#[test]
fn presets_have_the_sizes_they_are_described_with() {
    let millions = |name| Unet::new(&preset(name), &Device::flex()).num_params() as f64 / 1e6;
    assert!((15.0..20.0).contains(&millions("browser")), "{}", millions("browser"));
    assert!((2.0..12.0).contains(&millions("nature")), "{}", millions("nature"));
}

#[test]
fn output_starts_at_zero_and_keeps_the_shape() {
    let device = Device::flex();
    let unet = Unet::new(&preset("tiny"), &device).with_random_weights(1);
    for (height, width) in [(16, 16), (8, 24)] {
        let input = random([2, 3, height, width], 1, &device);
        let output = unet.forward(input.clone(), input, Tensor::from_floats([0.5, -3.0], &device));
        assert_eq!(output.dims(), [2, 3, height, width]);
        assert!(values(output).iter().all(|value| *value == 0.0));
    }
}

#[test]
fn weights_depend_on_the_seed_alone() {
    let device = Device::flex();
    let weights = |seed| {
        let unet = Unet::new(&preset("tiny"), &device).with_random_weights(seed);
        parameters::list(&unet).into_iter().flat_map(|parameter| values(parameter.values)).collect::<Vec<f32>>()
    };
    assert_eq!(weights(3), weights(3));
    assert_ne!(weights(3), weights(4));
}

#[test]
fn space_to_depth_is_undone_and_puts_neighbours_into_channels() {
    let device = Device::flex();
    let input = random([2, 3, 8, 4], 2, &device);
    let folded = space_to_depth(input.clone(), 2);
    assert_eq!(folded.dims(), [2, 12, 4, 2]);
    assert_eq!(values(depth_to_space(folded.clone(), 2)), values(input.clone()));
    // Channel 1·4 + 2·1 + 0 at cell (3, 1) is channel 1 at row 2·3 + 1, column 2·1.
    let (one, other) = (values(folded.slice([0..1, 6..7, 3..4, 1..2])), values(input.slice([0..1, 1..2, 7..8, 2..3])));
    assert_eq!(one, other);
}

#[test]
fn resampling_matches_closed_forms() {
    let device = Device::flex();
    let input = Tensor::<4>::from_data(TensorData::new(vec![1f32, 2.0, 3.0, 6.0], [1, 1, 2, 2]), &device);
    assert_eq!(values(Resample::Down.apply(input.clone())), [3.0]);
    assert_eq!(values(Resample::Up.apply(input.clone())).as_slice(), [1., 1., 2., 2., 1., 1., 2., 2., 3., 3., 6., 6., 3., 3., 6., 6.]);
    assert_eq!(values(Resample::Down.apply(Resample::Up.apply(input.clone()))), values(input));
}

/// The gradient of Σ output·probe with respect to the input, against central differences along a
/// random direction.
fn check_gradient(shape: [usize; 4], forward: impl Fn(Tensor<4>, &Device) -> Tensor<4>) {
    let device = Device::flex();
    let (input, direction) = (random(shape, 5, &device), random(shape, 6, &device));
    let probe = random(forward(input.clone(), &device).dims(), 7, &device);
    let tracked = Tensor::from_inner(input.clone()).require_grad();
    let training = tracked.device();
    let loss = (forward(tracked.clone(), &training) * Tensor::from_inner(probe.clone())).sum();
    let gradient = tracked.grad(&loss.backward()).unwrap();
    let along = f64::from(values((gradient * direction.clone()).sum())[0]);
    let step = 1e-2;
    let value = |sign: f64| {
        let moved = input.clone() + direction.clone().mul_scalar(sign * step);
        values(forward(moved, &device) * probe.clone()).iter().map(|value| f64::from(*value)).sum::<f64>()
    };
    let difference = (value(1.0) - value(-1.0)) / (2.0 * step);
    let size = along.abs().max(1.0);
    assert!(along != 0.0 && (along - difference).abs() / size < 2e-2, "{along} and {difference}");
}

/// Fills the zero-initialised outputs too, so that gradients pass through them.
fn randomised<M: Module>(module: M) -> M {
    let mut index = 100;
    module.map(&mut parameters::Replace::new(|name: &str, shape: &[usize]| {
        index += 1;
        let count: usize = shape.iter().product();
        let scale = 0.5 / (count as f32 / shape[0] as f32).sqrt();
        let base = if name.ends_with("gamma") { 1.0 } else { 0.0 };
        let values = noise::gaussian(&mut noise::stream(9, noise::Purpose::Weights, index, 0), count);
        Some(values.into_iter().map(|value| base + value * scale).collect::<Vec<f32>>())
    }))
}

fn embedding(device: &Device) -> Tensor<2> {
    let values = noise::gaussian(&mut noise::stream(8, noise::Purpose::Evaluation, 0, 0), 16);
    Tensor::from_data(TensorData::new(values, [2, 8]), device)
}

#[test]
fn residual_blocks_have_the_right_gradient() {
    for resample in [Resample::None, Resample::Down, Resample::Up] {
        check_gradient([2, 8, 4, 4], |input, device| {
            let block = randomised(ResidualBlock::new(8, 12, 8, 0.0, resample, device));
            block.forward(input, &embedding(device))
        });
    }
}

#[test]
fn attention_has_the_right_gradient() {
    check_gradient([2, 8, 3, 4], |input, device| randomised(Attention::new(8, 4, 1, device)).forward(input));
    check_gradient([2, 8, 4, 6], |input, device| randomised(Attention::new(8, 4, 2, device)).forward(input));
}

#[test]
fn dilated_blocks_have_the_right_gradient() {
    check_gradient([2, 8, 5, 4], |input, device| {
        let block = ResidualBlock::new(8, 8, 8, 0.0, Resample::None, device).with_dilation(2);
        randomised(block).forward(input, &embedding(device))
    });
}

/// Over a map of four equal windows norms are those of one, and so is the attention within each; over any other map it is not the global one.
#[test]
fn local_attention_is_global_attention_within_each_window() {
    let device = Device::flex();
    let attention = |windows| randomised(Attention::new(8, 4, windows, &device));
    let window = random([2, 8, 3, 5], 4, &device);
    let found = attention(2).forward(window.clone().repeat(&[1, 1, 2, 2]));
    let wanted = attention(1).forward(window).repeat(&[1, 1, 2, 2]);
    let furthest: f32 = (found - wanted).abs().max().into_scalar();
    assert!(furthest < 1e-5, "{furthest}");
    let map = random([2, 8, 4, 6], 5, &device);
    let apart: f32 = (attention(2).forward(map.clone()) - attention(1).forward(map)).abs().max().into_scalar();
    assert!(apart > 1e-2, "{apart}");
}

#[test]
fn what_stands_for_attention_changes_the_number_of_parameters() {
    let count = |self_attention| {
        let mut config = preset("nature");
        config.unet.self_attention = self_attention;
        config.validate().unwrap();
        Unet::new(&config, &Device::flex()).num_params()
    };
    let [global, local, none, residual, dilated] =
        [SelfAttention::Global, SelfAttention::Local, SelfAttention::None, SelfAttention::Residual, SelfAttention::Dilated].map(count);
    assert!(global == local && none < global && global < residual && residual == dilated);
}

#[test]
fn whole_net_has_the_right_gradient() {
    check_gradient([1, 3, 8, 8], |input, device| {
        let unet = randomised(Unet::new(&preset("tiny"), device));
        unet.forward(input.clone(), input, Tensor::from_floats([0.7], device))
    });
}

#[test]
fn attention_mixes_all_cells() {
    let device = Device::flex();
    let attention = randomised(Attention::new(8, 4, 1, &device));
    let input = random([1, 8, 4, 4], 3, &device);
    let mut moved = values(input.clone());
    moved[0] += 1.0;
    let moved = Tensor::<4>::from_data(TensorData::new(moved, [1, 8, 4, 4]), &device);
    let change = values(attention.forward(moved) - attention.forward(input));
    assert!(change.iter().all(|value| *value != 0.0), "a cell far away did not notice");
}

/// The embedding scales and shifts each channel by itself (FiLM), so that the noise level reaches every block.
#[test]
fn film_scales_and_shifts_every_channel_by_the_embedding() {
    let device = Device::flex();
    let film = randomised(Film::new(8, 12, &device));
    let scale_shift = |embedding: Tensor<2>| {
        let both = film.forward(&embedding).0;
        assert_eq!(both.dims(), [2, 24]);
        (values(both.clone().narrow(1, 0, 12)), values(both.narrow(1, 12, 12)))
    };
    let (first, second) = (scale_shift(embedding(&device)), scale_shift(embedding(&device).mul_scalar(2.0)));
    assert_eq!(first.0.len(), 24);
    assert!(first.0.iter().zip(&second.0).all(|(one, other)| one != other), "a scale does not depend on the embedding");
    assert!(first.1.iter().zip(&second.1).all(|(one, other)| one != other), "a shift does not depend on the embedding");
    let block = randomised(ResidualBlock::new(8, 12, 8, 0.0, Resample::None, &device));
    let input = random([2, 8, 4, 4], 3, &device);
    let answer = |factor: f64| values(block.forward(input.clone(), &embedding(&device).mul_scalar(factor)));
    assert!(answer(1.0).iter().zip(answer(2.0)).all(|(one, other)| *one != other), "a cell does not depend on the embedding");
}
