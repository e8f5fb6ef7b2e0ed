//! Kernels of our own behind burn's extension point, for the shapes of this net. The model calls the
//! functions here; where a backend, a type or a shape has no kernel they are burn's own operations.
//! Nothing here knows nets, noise or pictures.

#[cfg(feature = "cpu")]
mod convolution;
#[cfg(feature = "cpu")]
mod cpu;

use burn::{
    nn::conv::Conv2d,
    tensor::{Device, Tensor},
};

/// A convolution with bias that keeps the resolution.
///
/// # Shapes
/// `[batch, input, height, width]` → `[batch, output, height, width]`
pub fn convolution(layer: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if let Some(bias) = &layer.bias
        && on_cpu(&input)
    {
        return convolution::apply(input, layer.weight.val(), bias.val());
    }
    layer.forward(input)
}

/// Whether the tensor is one of 32-bit floats that a kernel of `cpu` can take.
#[cfg(feature = "cpu")]
fn on_cpu(tensor: &Tensor<4>) -> bool {
    is_cpu(&tensor.device()) && tensor.dtype() == burn::tensor::DType::F32
}

/// Whether the device is burn's `flex`, and this build has kernels for it.
#[cfg(feature = "cpu")]
pub(crate) fn is_cpu(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), burn::backend::DispatchDevice::Flex(_))
}

/// Without kernels for it no device is one.
#[cfg(not(feature = "cpu"))]
pub(crate) fn is_cpu(_: &Device) -> bool {
    false
}

/// Threads that CPU kernels share their work out to.
#[cfg(feature = "rayon")]
pub(crate) fn threads() -> usize {
    rayon::current_num_threads()
}

/// Without threads all work is done by the caller.
#[cfg(not(feature = "rayon"))]
pub(crate) fn threads() -> usize {
    1
}

#[cfg(all(test, feature = "cpu"))]
mod tests;
