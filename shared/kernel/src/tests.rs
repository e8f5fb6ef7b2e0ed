//! The kernels against burn's own operations, over random and edge shapes.

use burn::{
    module::Param,
    nn::{GroupNorm, conv::Conv2d},
    tensor::{
        Device, Tensor, TensorData,
        activation::{silu, softmax},
        module::conv2d,
        ops::ConvOptions,
    },
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    let random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f32> = StandardNormal.sample_iter(random).take(count).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn layer(input: usize, output: usize, side: usize, device: &Device) -> Conv2d {
    let mut layer = super::layer::convolution(input, output, side, device);
    layer.weight = Param::from_tensor(random([output, input, side, side], 1, device));
    layer.bias = Some(Param::from_tensor(random([output], 2, device)));
    layer
}

/// The largest difference as a share of the largest value, each of which is a sum of so many numbers of deviation 1. A sum that
/// by chance is nearly nothing is rounded as coarsely as any other: the scale is at least the deviation of such sums.
fn furthest<const D: usize>(left: Tensor<D>, right: Tensor<D>, summands: usize) -> f32 {
    let scale = right.clone().abs().max().into_scalar::<f32>().max((summands as f32).sqrt());
    (left - right).abs().max().into_scalar::<f32>() / scale
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_convolution_is_burns_own(
        batch in 1usize..4, input in 1usize..40, output in 1usize..40,
        height in 1usize..12, width in 1usize..12, large in any::<bool>(), seed in any::<u64>(),
    ) {
        let device = Device::flex();
        let side = if large { 3 } else { 1 };
        let layer = layer(input, output, side, &device);
        let values = random([batch, input, height, width], seed, &device);
        let error = furthest(super::convolution(&layer, values.clone()), layer.forward(values), input * side * side);
        prop_assert!(error < 1e-5, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Shapes that go Winograd's way, odd sides and groups of pictures that do not fill up included.
    #[test]
    fn a_convolution_of_tiles_is_burns_own(
        batch in 1usize..8, input in 8usize..40, output in 8usize..40, height in 7usize..22, width in 7usize..22, seed in any::<u64>(),
    ) {
        let device = Device::flex();
        let layer = layer(input, output, 3, &device);
        let values = random([batch, input, height, width], seed, &device);
        let error = furthest(super::convolution(&layer, values.clone()), layer.forward(values), 9 * input);
        prop_assert!(error < 1e-5, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Maps smaller than the distance of two taps included, and weights as a model for sampling has them.
    #[test]
    fn a_dilated_convolution_is_burns_own(
        batch in 1usize..3, input in 1usize..20, output in 1usize..20, height in 1usize..16, width in 1usize..16,
        dilation in 1usize..6, fixed in any::<bool>(), seed in any::<u64>(),
    ) {
        let device = Device::flex();
        let mut layer = layer(input, output, 3, &device);
        let values = random([batch, input, height, width], seed, &device);
        let options = ConvOptions::new([1, 1], [dilation; 2], [dilation; 2], 1);
        let wanted = conv2d(values.clone(), layer.weight.val(), layer.bias.as_ref().map(|bias| bias.val()), options);
        if fixed {
            let weights = layer.weight.val().into_data().try_to_vec().unwrap();
            layer.weight = super::weight(super::Values::Fixed(weights), &[output, input, 3, 3], &device);
        }
        let error = furthest(super::convolution_dilated(&layer, values, dilation), wanted, 9 * input);
        prop_assert!(error < 1e-5, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What a model for sampling has, single pixels included; a few channels stay as they are.
    #[test]
    fn a_fixed_weight_convolves_like_any_other(
        batch in 1usize..4, input in 1usize..40, output in 1usize..40, height in 1usize..20, width in 1usize..20, seed in any::<u64>(),
    ) {
        let device = Device::flex();
        let layer = layer(input, output, 3, &device);
        let mut fixed = layer.clone();
        let weights = layer.weight.val().into_data().try_to_vec().unwrap();
        fixed.weight = super::weight(super::Values::Fixed(weights), &[output, input, 3, 3], &device);
        prop_assert_eq!(fixed.weight.dims()[0] == 36 && fixed.weight.dims()[3] == 1, input >= 8 && output >= 8);
        let values = random([batch, input, height, width], seed, &device);
        let error = furthest(super::convolution(&fixed, values.clone()), layer.forward(values), 9 * input);
        prop_assert!(error < 1e-5, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// As many cells as are answered or looked at at a time, and fewer, and more.
    #[test]
    fn attention_is_softmax_of_products(
        batch in 1usize..3, heads in 1usize..4, head in 1usize..9, cells in prop::sample::select(vec![1usize, 5, 63, 64, 65, 130, 600, 1030]), seed in any::<u64>(),
    ) {
        let device = Device::flex();
        let qkv = random([batch, cells, 3 * heads * head], seed, &device).mul_scalar(3.0);
        let parts = qkv.clone().reshape([batch, cells, heads, 3 * head]).swap_dims(1, 2);
        let part = |index: usize| parts.clone().narrow(3, index * head, head);
        let scores = part(0).matmul(part(1).swap_dims(2, 3)).div_scalar((head as f32).sqrt());
        let expected = softmax(scores, 3).matmul(part(2)).swap_dims(1, 2).reshape([batch, cells, heads * head]);
        let error = furthest(crate::cpu::attention::apply(qkv, heads), expected, 1);
        prop_assert!(error < 1e-5, "{error}");
    }
}

/// A group norm with random weights and what burn's own operations make of it.
fn norm(groups: usize, channels: usize, device: &Device) -> GroupNorm {
    let mut norm = super::layer::norm(groups, channels, device);
    norm.gamma = Some(Param::from_tensor(random([channels], 3, device)));
    norm.beta = Some(Param::from_tensor(random([channels], 4, device)));
    norm
}

fn by_burn(norm: &GroupNorm, input: Tensor<4>, film: Option<(Tensor<2>, Tensor<2>)>) -> Tensor<4> {
    let [batch, channels, _, _] = input.dims();
    let hidden = norm.forward(input);
    silu(match film {
        None => hidden,
        Some((scale, shift)) => hidden * (scale.reshape([batch, channels, 1, 1]) + 1.0) + shift.reshape([batch, channels, 1, 1]),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// From three pixels on: burn's own refuses inputs of one or two values altogether.
    #[test]
    fn an_activation_is_burns_own(
        batch in 1usize..4, groups in 1usize..6, members in 1usize..5, height in 1usize..9, width in 3usize..9,
        with_film in any::<bool>(), seed in any::<u64>(),
    ) {
        let device = Device::flex();
        let channels = groups * members;
        let norm = norm(groups, channels, &device);
        let input = random([batch, channels, height, width], seed, &device) * 3.0 + 1.0;
        let (scale, shift) = (random([batch, channels], seed ^ 1, &device), random([batch, channels], seed ^ 2, &device));
        let film = with_film.then(|| super::ScaleShift(Tensor::cat(vec![scale.clone(), shift.clone()], 1)));
        let expected = by_burn(&norm, input.clone(), with_film.then_some((scale, shift)));
        let error = furthest(super::activate(&norm, input.clone(), film), expected, 1);
        prop_assert!(error < 1e-5, "{error}");
        let error = furthest(super::normalize(&norm, input.clone()), norm.forward(input), 1);
        prop_assert!(error < 1e-5, "{error} without SiLU");
    }
}

#[cfg(feature = "autodiff")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_gradients_of_an_activation_are_burns_own(
        batch in 1usize..4, groups in 1usize..6, members in 1usize..5, height in 1usize..9, width in 4usize..9, seed in any::<u64>(),
    ) {
        let device = Device::flex().autodiff();
        let channels = groups * members;
        let weight = random([batch, channels, height, width], seed ^ 3, &device);
        let gradients = |own: bool| {
            let norm = norm(groups, channels, &device);
            let input = (random([batch, channels, height, width], seed, &device) * 2.0 + 0.5).require_grad();
            let scale = random([batch, channels], seed ^ 1, &device).require_grad();
            let shift = random([batch, channels], seed ^ 2, &device).require_grad();
            let output = if own {
                super::activate(&norm, input.clone(), Some(super::ScaleShift(Tensor::cat(vec![scale.clone(), shift.clone()], 1))))
            } else {
                by_burn(&norm, input.clone(), Some((scale.clone(), shift.clone())))
            };
            let gradients = (output * weight.clone()).sum().backward();
            let gamma = norm.gamma.as_ref().unwrap().val().grad(&gradients).unwrap();
            (input.grad(&gradients).unwrap(), scale.grad(&gradients).unwrap(), shift.grad(&gradients).unwrap(), gamma)
        };
        let (own, burn) = (gradients(true), gradients(false));
        let area = height * width;
        let errors = [
            furthest(own.0, burn.0, 1),
            furthest(own.1, burn.1, area),
            furthest(own.2, burn.2, area),
            furthest(own.3, burn.3, batch * area),
        ];
        prop_assert!(errors.into_iter().all(|error| error < 1e-4), "{errors:?}");
    }

    #[test]
    fn its_gradients_are_burns_own(
        batch in 1usize..20, input in 1usize..20, output in 1usize..20,
        height in 1usize..9, width in 1usize..9, large in any::<bool>(), seed in any::<u64>(),
    ) {
        let errors = gradient_errors([batch, input, output, height, width], if large { 3 } else { 1 }, seed);
        prop_assert!(errors.into_iter().all(|error| error < 2e-5), "{errors:?}");
    }

    #[test]
    fn its_gradients_by_tiles_are_burns_own(
        batch in 1usize..20, input in 8usize..20, output in 8usize..20, height in 7usize..12, width in 7usize..12, seed in any::<u64>(),
    ) {
        let errors = gradient_errors([batch, input, output, height, width], 3, seed);
        prop_assert!(errors.into_iter().all(|error| error < 2e-5), "{errors:?}");
    }
}

/// How far the gradients of input, weight and bias are from those of burn's own convolution.
#[cfg(feature = "autodiff")]
fn gradient_errors([batch, input, output, height, width]: [usize; 5], side: usize, seed: u64) -> [f32; 3] {
    let device = Device::flex().autodiff();
    let factor = random([batch, output, height, width], seed ^ 1, &device);
    let gradients = |own: bool| {
        let layer = layer(input, output, side, &device);
        let values = random([batch, input, height, width], seed, &device).require_grad();
        let result = if own { super::convolution(&layer, values.clone()) } else { layer.forward(values.clone()) };
        let gradients = (result * factor.clone()).sum().backward();
        let bias = layer.bias.as_ref().unwrap().val().grad(&gradients).unwrap();
        (values.grad(&gradients).unwrap(), layer.weight.val().grad(&gradients).unwrap(), bias)
    };
    let ((of_input, of_weight, of_bias), (inputs, weights, biases)) = (gradients(true), gradients(false));
    let area = batch * height * width;
    [furthest(of_input, inputs, output * side * side), furthest(of_weight, weights, area), furthest(of_bias, biases, area)]
}
