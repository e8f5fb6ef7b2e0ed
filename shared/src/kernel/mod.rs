//! Kernels of our own behind burn's extension point, for the shapes of this net. The model calls the
//! functions here; where a backend, a type or a shape has no kernel they are burn's own operations.
//! Nothing here knows nets, noise or pictures.

#[cfg(feature = "cpu")]
mod activation;
#[cfg(feature = "cpu")]
mod convolution;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "cpu")]
mod normalize;

use burn::{
    nn::{GroupNorm, conv::Conv2d},
    tensor::{FloatDType, Tensor, activation::silu},
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

/// Scale and shift of every channel of every picture, `[batch, channels]` each.
pub struct Film {
    /// The input is multiplied by 1 + scale.
    pub scale: Tensor<2>,
    /// And this is added.
    pub shift: Tensor<2>,
}

/// silu(norm(input)·(1 + scale) + shift).
///
/// # Shapes
/// `[batch, channels, height, width]` → the same
pub fn activate(norm: &GroupNorm, input: Tensor<4>, film: Option<Film>) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if on_cpu(&input)
        && let Some((factors, summands)) = coefficients(norm, &input, film.as_ref())
    {
        return normalize::apply(input, factors, summands, norm.num_groups, norm.epsilon, true);
    }
    let [batch, channels, _, _] = input.dims();
    let precision = dtype(&input);
    // Sums over a group, and what is divided by them, are made in 32 bits.
    let hidden = norm.forward(input.cast(FloatDType::F32));
    let output = silu(match film {
        None => hidden,
        Some(Film { scale, shift }) => {
            let column = |tensor: Tensor<2>| tensor.reshape([batch, channels, 1, 1]).cast(FloatDType::F32);
            hidden * (column(scale) + 1.0) + column(shift)
        }
    });
    output.cast(precision)
}

/// A group norm alone.
///
/// # Shapes
/// `[batch, channels, height, width]` → the same
pub fn normalize(norm: &GroupNorm, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if on_cpu(&input)
        && let Some((factors, summands)) = coefficients(norm, &input, None)
    {
        return normalize::apply(input, factors, summands, norm.num_groups, norm.epsilon, false);
    }
    let precision = dtype(&input);
    norm.forward(input.cast(FloatDType::F32)).cast(precision)
}

/// The type of a tensor's numbers.
pub(crate) fn dtype<const D: usize>(tensor: &Tensor<D>) -> FloatDType {
    tensor.dtype().into()
}

/// What remains of the norm's own scale and shift and of FiLM's once the input is normalised,
/// `[batch, channels]` each.
#[cfg(feature = "cpu")]
fn coefficients(norm: &GroupNorm, input: &Tensor<4>, film: Option<&Film>) -> Option<(Tensor<2>, Tensor<2>)> {
    let [batch, channels, _, _] = input.dims();
    let row = |tensor: Tensor<1>| tensor.reshape([1, channels]).expand([batch, channels]);
    let (gamma, beta) = (row(norm.gamma.as_ref()?.val()), row(norm.beta.as_ref()?.val()));
    Some(match film {
        None => (gamma, beta),
        Some(Film { scale, shift }) => {
            let scale = scale.clone() + 1.0;
            (gamma * scale.clone(), beta * scale + shift.clone())
        }
    })
}

/// Whether the tensor is one of 32-bit floats that a kernel of `cpu` can take.
#[cfg(feature = "cpu")]
fn on_cpu(tensor: &Tensor<4>) -> bool {
    is_cpu(&tensor.device()) && tensor.dtype() == burn::tensor::DType::F32
}

/// Whether the device is burn's `flex`, and this build has kernels for it.
#[cfg(feature = "cpu")]
pub(crate) fn is_cpu(device: &burn::tensor::Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), burn::backend::DispatchDevice::Flex(_))
}

/// Without kernels for it no device is one.
#[cfg(all(feature = "train", not(feature = "cpu")))]
pub(crate) fn is_cpu(_: &burn::tensor::Device) -> bool {
    false
}

/// Threads that CPU kernels share their work out to.
#[cfg(feature = "rayon")]
pub(crate) fn threads() -> usize {
    rayon::current_num_threads()
}

/// Without threads all work is done by the caller.
#[cfg(all(any(feature = "cpu", feature = "train"), not(feature = "rayon")))]
pub(crate) fn threads() -> usize {
    1
}

#[cfg(all(test, feature = "cpu"))]
mod tests;
