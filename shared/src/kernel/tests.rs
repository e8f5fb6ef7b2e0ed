//! The kernels against burn's own operations, over random and edge shapes.

use burn::{
    module::Param,
    nn::{
        PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{Device, Tensor, TensorData},
};
use proptest::prelude::*;

use crate::noise::{self, Purpose};

fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    let values = noise::gaussian(&mut noise::stream(seed, Purpose::Weights, 0, 0), count);
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn layer(input: usize, output: usize, side: usize, device: &Device) -> Conv2d {
    let mut layer = Conv2dConfig::new([input, output], [side, side]).with_padding(PaddingConfig2d::Same).init(device);
    layer.weight = Param::from_tensor(random([output, input, side, side], 1, device));
    layer.bias = Some(Param::from_tensor(random([output], 2, device)));
    layer
}

fn furthest<const D: usize>(left: Tensor<D>, right: Tensor<D>) -> f32 {
    let scale = right.clone().abs().max().into_scalar::<f32>().max(1e-6);
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
        let layer = layer(input, output, if large { 3 } else { 1 }, &device);
        let values = random([batch, input, height, width], seed, &device);
        let error = furthest(super::convolution(&layer, values.clone()), layer.forward(values));
        prop_assert!(error < 1e-5, "{error}");
    }
}

#[cfg(feature = "train")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn its_gradients_are_burns_own(
        batch in 1usize..20, input in 1usize..20, output in 1usize..20,
        height in 1usize..9, width in 1usize..9, large in any::<bool>(), seed in any::<u64>(),
    ) {
        let device = Device::flex().autodiff();
        let side = if large { 3 } else { 1 };
        let factor = random([batch, output, height, width], seed ^ 1, &device);
        let gradients = |own: bool| {
            let layer = layer(input, output, side, &device);
            let values = random([batch, input, height, width], seed, &device).require_grad();
            let result = if own { super::convolution(&layer, values.clone()) } else { layer.forward(values.clone()) };
            let gradients = (result * factor.clone()).sum().backward();
            let bias = layer.bias.as_ref().unwrap().val().grad(&gradients).unwrap();
            (values.grad(&gradients).unwrap(), layer.weight.val().grad(&gradients).unwrap(), bias)
        };
        let ((of_input, of_weight, of_bias), (input, weight, bias)) = (gradients(true), gradients(false));
        let errors = [furthest(of_input, input), furthest(of_weight, weight), furthest(of_bias, bias)];
        prop_assert!(errors.into_iter().all(|error| error < 2e-5), "{errors:?}");
    }
}
