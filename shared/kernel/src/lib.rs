//! What a block of a convolutional net computes, by kernels of our own behind burn's extension point: tensors in, tensors out.
//! Nets call the functions here; where a backend, a type or a shape has no kernel they are burn's own operations (feature
//! `fallback`). Nothing here knows configurations, tasks, noise or pictures.
#![cfg_attr(
    not(any(feature = "cpu", feature = "gpu", feature = "fallback")),
    allow(unused_variables, dead_code, reason = "a build without any kernel computes nothing: the page's, beside its worker")
)]

#[cfg(feature = "cpu")]
mod activation;
#[cfg(feature = "cpu")]
mod attention;
#[cfg(feature = "cpu")]
mod convolution;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod layer;
#[cfg(feature = "cpu")]
mod normalize;
mod product;
pub mod quantize;
#[cfg(feature = "cpu")]
mod winograd;

use std::sync::atomic::{AtomicBool, Ordering};

use burn::{
    module::Param,
    nn::{GroupNorm, Linear, conv::Conv2d},
    tensor::{DType, Device, FloatDType, Tensor, TensorData, activation::softmax},
};

use crate::quantize::Quantized;
pub use product::product;

/// Whether kernels for GPUs are used at all; switched off by benchmarks alone.
static OWN: AtomicBool = AtomicBool::new(true);

/// Uses the kernels for GPUs from now on, or burn's own operations: for comparing the two.
pub fn use_own(own: bool) {
    OWN.store(own, Ordering::Relaxed);
}

#[cfg(feature = "gpu")]
fn own() -> bool {
    OWN.load(Ordering::Relaxed)
}

/// A change of resolution by 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// None.
    None,
    /// To half: the mean of every 2×2 cells.
    Down,
    /// To twice: every cell four times (nearest).
    Up,
}

impl Resample {
    /// The tensor at the new resolution, sides even for [`Resample::Down`].
    ///
    /// # Shapes
    /// `[batch, channels, height, width]` → `[batch, channels, height', width']`
    pub fn apply(self, input: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = input.dims();
        match self {
            Self::None => input,
            Self::Down => {
                let cells = input.reshape([batch, channels, height / 2, 2, width / 2, 2]);
                cells.mean_dim(5).mean_dim(3).reshape([batch, channels, height / 2, width / 2])
            }
            Self::Up => {
                let cells = input.reshape([batch, channels, height, 1, width, 1]).expand([batch, channels, height, 2, width, 2]);
                cells.reshape([batch, channels, 2 * height, 2 * width])
            }
        }
    }
}

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
    #[cfg(feature = "gpu")]
    if let Some(parameters) = gpu::parameters(layer, &input) {
        return gpu::convolution(input, parameters, false);
    }
    #[cfg(feature = "fallback")]
    return layer.forward(input);
    #[cfg(not(feature = "fallback"))]
    missing("a convolution", &input)
}

/// A convolution of every cell four times.
///
/// # Shapes
/// `[batch, input, height, width]` → `[batch, output, 2·height, 2·width]`
pub fn convolution_doubled(layer: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = gpu::parameters(layer, &input) {
        return gpu::convolution(input, parameters, true);
    }
    convolution(layer, Resample::Up.apply(input))
}

/// A convolution, and `added` at the new resolution.
///
/// # Shapes
/// `[batch, input, height, width]` → `[batch, output, height, width]`; added has the output's channels
pub fn convolution_add(layer: &Conv2d, input: Tensor<4>, added: Tensor<4>, resample: Resample) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = gpu::parameters(layer, &input) {
        return gpu::convolution_add(input, parameters, added, resample);
    }
    resample.apply(added) + convolution(layer, input)
}

/// A linear layer with bias.
///
/// # Shapes
/// `[batch, input]` → `[batch, output]`
pub fn linear(layer: &Linear, input: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = gpu::linear_parameters(layer, &input) {
        return gpu::linear(input, parameters);
    }
    #[cfg(feature = "fallback")]
    return layer.forward(input);
    #[cfg(not(feature = "fallback"))]
    linear_of_rows(layer, input.unsqueeze_dim(0)).squeeze_dim(0)
}

/// A linear layer of all rows of all pictures.
///
/// # Shapes
/// `[batch, rows, input]` → `[batch, rows, output]`
fn linear_of_rows(layer: &Linear, input: Tensor<3>) -> Tensor<3> {
    // A packed weight is for these alone to read.
    #[cfg(feature = "gpu")]
    if let Some(parameters) = gpu::linear_parameters(layer, &input) {
        let [batch, rows, channels] = input.dims();
        let output = gpu::linear(input.reshape([batch * rows, channels]), parameters);
        let channels = output.dims()[1];
        return output.reshape([batch, rows, channels]);
    }
    #[cfg(feature = "fallback")]
    return layer.forward(input);
    #[cfg(not(feature = "fallback"))]
    {
        let weight = layer.weight.val().unsqueeze_dim::<3>(0);
        let (batch, [_, inner, output]) = (input.dims()[0], weight.dims());
        let output = product(input, weight.expand([batch, inner, output]));
        match &layer.bias {
            Some(bias) => output + bias.val().unsqueeze(),
            None => output,
        }
    }
}

/// Channels of both, one after the other.
///
/// # Shapes
/// `[batch, first, height, width]` and `[batch, second, height, width]` → `[batch, first + second, height, width]`
pub fn concatenate(first: Tensor<4>, second: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if gpu::takes(&first) && first.dtype() == second.dtype() {
        return gpu::concatenate(first, second);
    }
    Tensor::cat(vec![first, second], 1)
}

/// Scale and shift of every channel of every picture.
///
/// # Shapes
/// `[batch, 2·channels]`: the scales, then the shifts. The input is multiplied by 1 + scale.
pub struct Film(pub Tensor<2>);

impl Film {
    fn halves(&self) -> (Tensor<2>, Tensor<2>) {
        let channels = self.0.dims()[1] / 2;
        (self.0.clone().narrow(1, 0, channels), self.0.clone().narrow(1, channels, channels))
    }
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
    #[cfg(feature = "gpu")]
    if let Some(norm) = gpu::norm(norm, &input) {
        return match film {
            None => gpu::normalize(input, norm, true, false),
            Some(Film(film)) => gpu::normalize_film(input, norm, film),
        };
    }
    #[cfg(feature = "fallback")]
    return burn_norm::activate(norm, input, film);
    #[cfg(not(feature = "fallback"))]
    missing("a group norm", &input)
}

/// silu(norm(input)) at half the resolution.
///
/// # Shapes
/// `[batch, channels, height, width]` → `[batch, channels, height/2, width/2]`
pub fn activate_halved(norm: &GroupNorm, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(norm) = gpu::norm(norm, &input) {
        return gpu::normalize(input, norm, true, true);
    }
    Resample::Down.apply(activate(norm, input, None))
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
    #[cfg(feature = "gpu")]
    if let Some(norm) = gpu::norm(norm, &input) {
        return gpu::normalize(input, norm, false, false);
    }
    #[cfg(feature = "fallback")]
    return burn_norm::normalize(norm, input);
    #[cfg(not(feature = "fallback"))]
    missing("a group norm", &input)
}

/// Group norms of burn's.
#[cfg(feature = "fallback")]
mod burn_norm {
    use super::{Film, FloatDType, GroupNorm, Tensor, dtype};
    use burn::tensor::activation::silu;

    pub(super) fn activate(norm: &GroupNorm, input: Tensor<4>, film: Option<Film>) -> Tensor<4> {
        let [batch, channels, _, _] = input.dims();
        let precision = dtype(&input);
        // Sums over a group, and what is divided by them, are made in 32 bits.
        let hidden = norm.forward(input.cast(FloatDType::F32));
        let output = silu(match film {
            None => hidden,
            Some(film) => {
                let (scale, shift) = film.halves();
                let column = |tensor: Tensor<2>| tensor.reshape([batch, channels, 1, 1]).cast(FloatDType::F32);
                hidden * (column(scale) + 1.0) + column(shift)
            }
        });
        output.cast(precision)
    }

    pub(super) fn normalize(norm: &GroupNorm, input: Tensor<4>) -> Tensor<4> {
        let precision = dtype(&input);
        norm.forward(input.cast(FloatDType::F32)).cast(precision)
    }
}

/// What is said where neither a kernel nor burn's operation is there.
#[cfg(not(feature = "fallback"))]
fn missing<const D: usize>(what: &str, input: &Tensor<D>) -> ! {
    panic!(
        "this build has no kernel for {what} of {:?} on {:?}; build with the feature `fallback` for burn's own operations",
        input.dtype(),
        input.device()
    )
}

/// The type that a tensor's numbers are computed in.
pub fn dtype<const D: usize>(tensor: &Tensor<D>) -> FloatDType {
    match tensor.dtype() {
        // Packed weights are expanded to 32 bits.
        DType::QFloat(_) => FloatDType::F32,
        dtype => dtype.into(),
    }
}

/// The type that feature maps beside such a weight are computed in: its own, but 16 bits beside packed ones where
/// the device multiplies those. Sums over many numbers are of 32 bits all the same.
pub fn feature_dtype<const D: usize>(weight: &Tensor<D>) -> FloatDType {
    #[cfg(feature = "gpu")]
    if gpu::halves(weight) {
        return FloatDType::F16;
    }
    dtype(weight)
}

/// The layers of self-attention.
pub struct AttentionLayers<'a> {
    /// Channels to (head, one of query, key and value, channel of the head), slow to fast.
    pub qkv: &'a Linear,
    /// What comes after the heads were put together.
    pub project: &'a Linear,
    /// How many heads.
    pub heads: usize,
}

/// added + project(attention over the cells of `input`).
///
/// # Shapes
/// `[batch, channels, height, width]` → the same
pub fn attention(layers: &AttentionLayers<'_>, input: Tensor<4>, added: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = gpu::attention_parameters(layers, &input) {
        return gpu::attention(parameters, input, added);
    }
    let [batch, channels, height, width] = input.dims();
    let (cells, heads, head) = (height * width, layers.heads, channels / layers.heads);
    let tokens = input.reshape([batch, channels, cells]).swap_dims(1, 2);
    let qkv = linear_of_rows(layers.qkv, tokens);
    #[cfg(feature = "cpu")]
    if is_cpu(&qkv.device()) && !qkv.device().is_autodiff() && qkv.dtype() == DType::F32 {
        let mixed = attention::apply(qkv, heads);
        return added + linear_of_rows(layers.project, mixed).swap_dims(1, 2).reshape([batch, channels, height, width]);
    }
    let qkv = qkv.reshape([batch, cells, heads, 3 * head]).swap_dims(1, 2).reshape([batch * heads, cells, 3 * head]);
    let part = |index: usize| qkv.clone().narrow(2, index * head, head);
    // The scale is split between both factors, which keeps f16 in range.
    let scale = (head as f64).powf(-0.25);
    let scores = product(part(0).mul_scalar(scale), part(1).mul_scalar(scale).swap_dims(1, 2));
    let precision = dtype(&scores);
    // A sum over all cells, which 16 bits would round away.
    let weights = softmax(scores.cast(FloatDType::F32), 2).cast(precision);
    let mixed = product(weights, part(2)).reshape([batch, heads, cells, head]).swap_dims(1, 2).reshape([batch, cells, channels]);
    added + linear_of_rows(layers.project, mixed).swap_dims(1, 2).reshape([batch, channels, height, width])
}

/// Numbers of a weight, wherever they come from.
#[derive(Clone, Debug)]
pub enum Values {
    /// In the shape's order, last dimension fastest.
    Floats(Vec<f32>),
    /// The same, for sampling alone: a device may keep them in a form that cannot be trained.
    Fixed(Vec<f32>),
    /// Of few bits. For sampling: they stay so on a device that has kernels for it, and are [`Values::Fixed`] elsewhere.
    Quantized(Quantized),
}

impl From<Vec<f32>> for Values {
    fn from(values: Vec<f32>) -> Self {
        Self::Floats(values)
    }
}

/// A weight as the device's kernels want it in memory.
pub fn weight<const D: usize>(values: impl Into<Values>, shape: &[usize], device: &Device) -> Param<Tensor<D>> {
    let (values, fixed) = match values.into() {
        Values::Floats(values) => (values, false),
        Values::Fixed(values) => (values, true),
        Values::Quantized(quantized) => {
            #[cfg(feature = "gpu")]
            if gpu::runs_on(device)
                && let Some(packed) = gpu::packed_weight(&quantized, device)
            {
                return Param::from_tensor(packed);
            }
            (quantized.to_values(), true)
        }
    };
    #[cfg(feature = "cpu")]
    if fixed
        && is_cpu(device)
        && let Some((values, shape)) = convolution::fixed_weight(&values, shape)
    {
        return Param::from_data(TensorData::new(values, shape), device);
    }
    #[cfg(not(feature = "cpu"))]
    let _ = fixed;
    #[cfg(feature = "gpu")]
    if D == 4 && gpu::runs_on(device) {
        return Param::from_tensor(gpu::convolution_weight(&values, shape, device));
    }
    Param::from_data(TensorData::new(values, shape.to_vec()), device)
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
        Some(film) => {
            let (scale, shift) = film.halves();
            let scale = scale + 1.0;
            (gamma * scale.clone(), beta * scale + shift)
        }
    })
}

/// Whether the tensor is one of 32-bit floats that a kernel of `cpu` can take.
#[cfg(feature = "cpu")]
fn on_cpu(tensor: &Tensor<4>) -> bool {
    is_cpu(&tensor.device()) && tensor.dtype() == DType::F32
}

/// Whether the device is burn's `flex`, and this build has kernels for it.
#[cfg(feature = "cpu")]
pub fn is_cpu(device: &burn::tensor::Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), burn::backend::DispatchDevice::Flex(_))
}

/// Without kernels for it no device is one.
#[cfg(not(feature = "cpu"))]
pub fn is_cpu(_: &burn::tensor::Device) -> bool {
    false
}

/// Threads that CPU kernels share their work out to.
#[cfg(feature = "rayon")]
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Without threads all work is done by the caller.
#[cfg(not(feature = "rayon"))]
pub fn threads() -> usize {
    1
}

#[cfg(all(test, feature = "cpu"))]
mod tests;
