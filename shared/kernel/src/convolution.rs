//! Convolutions that keep or double the resolution, and what blocks of a net do beside them in the same step.

use burn::{nn::conv::Conv2d, tensor::Tensor};

use crate::resample::Resample;

/// A convolution with bias that keeps the resolution.
///
/// # Shapes
/// `[batch, input, height, width]` → `[batch, output, height, width]`
pub fn convolution(layer: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if let Some(bias) = &layer.bias
        && crate::device::on_cpu(&input)
    {
        return crate::cpu::convolution::apply(input, layer.weight.val(), bias.val());
    }
    #[cfg(feature = "gpu")]
    if let Some(parameters) = crate::gpu::parameters(layer, &input) {
        return crate::gpu::convolution(input, parameters, false);
    }
    #[cfg(feature = "fallback")]
    return layer.forward(input);
    #[cfg(not(feature = "fallback"))]
    crate::device::missing("a convolution", &input)
}

/// A convolution of every cell four times.
///
/// # Shapes
/// `[batch, input, height, width]` → `[batch, output, 2·height, 2·width]`
pub fn convolution_doubled(layer: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = crate::gpu::parameters(layer, &input) {
        return crate::gpu::convolution(input, parameters, true);
    }
    convolution(layer, Resample::Up.apply(input))
}

/// A convolution, and `added` at the new resolution.
///
/// # Shapes
/// `[batch, input, height, width]` → `[batch, output, height, width]`; added has the output's channels
pub fn convolution_add(layer: &Conv2d, input: Tensor<4>, added: Tensor<4>, resample: Resample) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = crate::gpu::parameters(layer, &input) {
        return crate::gpu::convolution_add(input, parameters, added, resample);
    }
    resample.apply(added) + convolution(layer, input)
}

/// Channels of both, one after the other.
///
/// # Shapes
/// `[batch, first, height, width]` and `[batch, second, height, width]` → `[batch, first + second, height, width]`
pub fn concatenate(first: Tensor<4>, second: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if crate::gpu::takes(&first) && first.dtype() == second.dtype() {
        return crate::gpu::concatenate(first, second);
    }
    Tensor::cat(vec![first, second], 1)
}
