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

/// A convolution with bias that keeps the resolution and whose taps are `dilation` cells apart: every `dilation`-th cell of a row and of a
/// column makes a map of its own, and each of these has an ordinary convolution. So it needs no kernel of its own.
///
/// # Shapes
/// `[batch, input, height, width]` → `[batch, output, height, width]`
pub fn convolution_dilated(layer: &Conv2d, input: Tensor<4>, dilation: usize) -> Tensor<4> {
    if dilation == 1 {
        return convolution(layer, input);
    }
    let [batch, channels, height, width] = input.dims();
    let (rows, columns) = (height.div_ceil(dilation), width.div_ceil(dilation));
    // Cells beyond the edge are 0, as beyond every edge.
    let padded = pad(pad(input, 2, rows * dilation - height), 3, columns * dilation - width);
    let apart = padded.reshape([batch, channels, rows, dilation, columns, dilation]).permute([0, 3, 5, 1, 2, 4]);
    let output = convolution(layer, apart.reshape([batch * dilation * dilation, channels, rows, columns]));
    let channels = output.dims()[1];
    let together = output.reshape([batch, dilation, dilation, channels, rows, columns]).permute([0, 3, 4, 1, 5, 2]);
    together.reshape([batch, channels, rows * dilation, columns * dilation]).narrow(2, 0, height).narrow(3, 0, width)
}

/// So many zeros at the end of a dimension.
fn pad(input: Tensor<4>, dimension: usize, count: usize) -> Tensor<4> {
    if count == 0 {
        return input;
    }
    let mut shape = input.dims();
    shape[dimension] = count;
    let zeros = Tensor::<4>::zeros(shape, &input.device()).cast(crate::precision::dtype(&input));
    Tensor::cat(vec![input, zeros], dimension)
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
