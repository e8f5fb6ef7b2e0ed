//! Kernels for GPUs behind burn's extension point, written in cubecl: native WebGPU and the page run the same
//! ones. They compute without gradients and for 32-bit floats; everything else is burn's own (`kernel`).
//! Tensors pass between them with their channels side by side in memory (`layout`), so that nothing is
//! rearranged between two of them.

mod attention;
mod convolution;
mod layout;
mod normalize;
mod packed;
mod plan;

use burn::{
    backend::{
        Backend, DispatchDevice, DispatchTensor, backend_extension,
        tensor::{FloatTensor, IntTensor, QuantizedTensor},
    },
    nn::{GroupNorm, Linear, PaddingConfig2d, conv::Conv2d},
    tensor::{DType, Device, Int, Shape, Tensor, TensorData},
};
use burn_cubecl::{CubeBackend, kernel::into_contiguous, tensor::CubeTensor};

use convolution::{Residual, Weight};
use layout::{channels_first, channels_last};
use plan::Plan;
pub use plan::{Choice, choose};

use super::{AttentionLayers, Resample};
use crate::quantize::Quantized;

type Dispatch = burn::backend::Dispatch;

/// The operations on a backend. Settings are plain numbers, as the dispatch wants them.
#[backend_extension(Cube, Fusion: cfg(feature = "fusion"))]
pub(super) trait GpuBackend: Backend {
    /// Output `[batch, output, height, width]`.
    #[fusion(dtype = input, shape = convolved(input, weight, doubled))]
    fn strip_convolution(input: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>, doubled: bool) -> FloatTensor<Self>;

    /// The same with a residual added, whose resolution is the result's (0), half of it (1) or twice of it (2).
    #[fusion(dtype = input, shape = convolved(input, weight, &false))]
    fn strip_convolution_add(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        resolution: u32,
    ) -> FloatTensor<Self>;

    /// The first of them with a weight that stays packed.
    #[fusion(dtype = input, shape = convolved_packed(input, weight, doubled))]
    fn packed_convolution(
        input: FloatTensor<Self>,
        weight: QuantizedTensor<Self>,
        bias: FloatTensor<Self>,
        doubled: bool,
    ) -> FloatTensor<Self>;

    /// The second one.
    #[fusion(dtype = input, shape = convolved_packed(input, weight, &false))]
    fn packed_convolution_add(
        input: FloatTensor<Self>,
        weight: QuantizedTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        resolution: u32,
    ) -> FloatTensor<Self>;

    /// The words of a packed weight as a tensor of the weight's shape. Sides of 0 stand for a linear layer's.
    #[fusion(dtype = packed::dtype(*bits), shape = packed_shape(output, input, side))]
    fn carry_packed(words: IntTensor<Self>, output: usize, input: usize, side: usize, bits: u32) -> QuantizedTensor<Self>;

    /// Group norm and, when told, SiLU; half the resolution when told.
    #[fusion(dtype = input, shape = halved(input, halve))]
    fn group_norm(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        groups: usize,
        epsilon: f64,
        activate: bool,
        halve: bool,
    ) -> FloatTensor<Self>;

    /// Group norm, FiLM `[batch, 2·channels]` and SiLU.
    #[fusion(dtype = input, shape = input)]
    fn group_norm_film(
        input: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        film: FloatTensor<Self>,
        groups: usize,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    /// Channels of both, one after the other.
    #[fusion(dtype = first, shape = joined(first, second))]
    fn join_channels(first: FloatTensor<Self>, second: FloatTensor<Self>) -> FloatTensor<Self>;

    /// From queries, keys and values `[batch, 3·channels, height, width]` to `[batch, channels, height, width]`.
    #[fusion(dtype = qkv, shape = mixed(qkv))]
    fn attend(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self>;
}

/// `[output, input, side, side]`, or `[input, output]` for a side of 0.
fn packed_shape(output: &usize, input: &usize, side: &usize) -> Shape {
    if *side == 0 { Shape::from([*input, *output]) } else { Shape::from([*output, *input, *side, *side]) }
}

#[cfg(feature = "fusion")]
fn convolved_packed(input: &Shape, weight: &Shape, doubled: &bool) -> Shape {
    let output = if weight.num_dims() == 2 { weight[1] } else { weight[0] };
    let factor = if *doubled { 2 } else { 1 };
    Shape::from([input[0], output, input[2] * factor, input[3] * factor])
}

#[cfg(feature = "fusion")]
fn mixed(qkv: &Shape) -> Shape {
    Shape::from([qkv[0], qkv[1] / 3, qkv[2], qkv[3]])
}

#[cfg(feature = "fusion")]
fn convolved(input: &Shape, weight: &Shape, doubled: &bool) -> Shape {
    let factor = if *doubled { 2 } else { 1 };
    Shape::from([input[0], weight[0], input[2] * factor, input[3] * factor])
}

#[cfg(feature = "fusion")]
fn halved(input: &Shape, halve: &bool) -> Shape {
    let divisor = if *halve { 2 } else { 1 };
    Shape::from([input[0], input[1], input[2] / divisor, input[3] / divisor])
}

#[cfg(feature = "fusion")]
fn joined(first: &Shape, second: &Shape) -> Shape {
    Shape::from([first[0], first[1] + second[1], first[2], first[3]])
}

fn convolve(input: CubeTensor, weight: Weight, bias: CubeTensor, residual: Option<(CubeTensor, u32)>, doubled: bool) -> CubeTensor {
    let plan = Plan::of(&input);
    let kind = |resolution| [Residual::Same, Residual::Doubled, Residual::Halved][resolution as usize];
    let residual = residual.map(|(tensor, resolution)| (channels_last(tensor), kind(resolution)));
    channels_first(convolution::launch(channels_last(input), weight, into_contiguous(bias), residual, doubled, &plan))
}

impl GpuBackend for CubeBackend {
    fn strip_convolution(input: CubeTensor, weight: CubeTensor, bias: CubeTensor, doubled: bool) -> CubeTensor {
        convolve(input, Weight::Floats(convolution::channels_innermost(weight)), bias, None, doubled)
    }

    fn strip_convolution_add(input: CubeTensor, weight: CubeTensor, bias: CubeTensor, residual: CubeTensor, resolution: u32) -> CubeTensor {
        convolve(input, Weight::Floats(convolution::channels_innermost(weight)), bias, Some((residual, resolution)), false)
    }

    fn packed_convolution(input: CubeTensor, weight: CubeTensor, bias: CubeTensor, doubled: bool) -> CubeTensor {
        convolve(input, Weight::Packed(weight), bias, None, doubled)
    }

    fn packed_convolution_add(
        input: CubeTensor,
        weight: CubeTensor,
        bias: CubeTensor,
        residual: CubeTensor,
        resolution: u32,
    ) -> CubeTensor {
        convolve(input, Weight::Packed(weight), bias, Some((residual, resolution)), false)
    }

    fn carry_packed(words: CubeTensor, output: usize, input: usize, side: usize, bits: u32) -> CubeTensor {
        packed::carried(words, packed_shape(&output, &input, &side), bits)
    }

    fn group_norm(
        input: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        groups: usize,
        epsilon: f64,
        activate: bool,
        halve: bool,
    ) -> CubeTensor {
        let plan = Plan::of(&input);
        let input = channels_last(input);
        let coefficients = normalize::coefficients(&input, into_contiguous(gamma), into_contiguous(beta), None, groups, epsilon, &plan);
        channels_first(normalize::launch(input, coefficients, activate, halve, &plan))
    }

    fn group_norm_film(
        input: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        film: CubeTensor,
        groups: usize,
        epsilon: f64,
    ) -> CubeTensor {
        let plan = Plan::of(&input);
        let input = channels_last(input);
        let (gamma, beta, film) = (into_contiguous(gamma), into_contiguous(beta), into_contiguous(film));
        let coefficients = normalize::coefficients(&input, gamma, beta, Some(film), groups, epsilon, &plan);
        channels_first(normalize::launch(input, coefficients, true, false, &plan))
    }

    fn join_channels(first: CubeTensor, second: CubeTensor) -> CubeTensor {
        let plan = Plan::of(&first);
        channels_first(layout::concatenate(channels_last(first), channels_last(second), &plan))
    }

    fn attend(qkv: CubeTensor, heads: usize) -> CubeTensor {
        let plan = Plan::of(&qkv);
        channels_first(attention::launch(channels_last(qkv), heads, &plan))
    }
}

/// Whether the kernels here take tensors of this device.
pub(super) fn runs_on(device: &Device) -> bool {
    matches!(device.as_dispatch(), DispatchDevice::Cube(_))
}

/// Whether they take this one: 32-bit floats, without gradients.
pub(super) fn takes<const D: usize>(tensor: &Tensor<D>) -> bool {
    super::own() && tensor.dtype() == DType::F32 && runs_on(&tensor.device())
}

/// Weight and bias of a layer, as the operations take them.
pub(super) struct Parameters {
    /// `[output, input, side, side]`, or what [`packed_weight`] made.
    weight: DispatchTensor,
    packed: bool,
    bias: Tensor<1>,
}

/// Those of a convolution that has a kernel for this input.
pub(super) fn parameters(layer: &Conv2d, input: &Tensor<4>) -> Option<Parameters> {
    let plain = layer.stride == [1, 1] && layer.dilation == [1, 1] && layer.groups == 1;
    let same = matches!(layer.padding, PaddingConfig2d::Same) && matches!(layer.kernel_size, [1, 1] | [3, 3]);
    let bias = layer.bias.as_ref()?;
    (plain && same && takes(input)).then(|| {
        let weight = layer.weight.val();
        Parameters { packed: is_packed(&weight), weight: weight.into_dispatch(), bias: bias.val() }
    })
}

/// Those of a linear layer, as of a 1×1 convolution; nothing is moved.
pub(super) fn linear_parameters<const D: usize>(layer: &Linear, input: &Tensor<D>) -> Option<Parameters> {
    let bias = layer.bias.as_ref()?;
    takes(input).then(|| {
        let weight = layer.weight.val();
        let packed = is_packed(&weight);
        let weight = if packed { weight.into_dispatch() } else { pointwise(weight).into_dispatch() };
        Parameters { weight, packed, bias: bias.val() }
    })
}

fn is_packed<const D: usize>(weight: &Tensor<D>) -> bool {
    matches!(weight.dtype(), DType::QFloat(_))
}

/// # Shapes
/// - input: `[batch, input, height, width]`
/// - output: `[batch, output, height, width]`, twice as high and wide when `doubled`
pub(super) fn convolution(input: Tensor<4>, parameters: Parameters, doubled: bool) -> Tensor<4> {
    let Parameters { weight, packed, bias } = parameters;
    let (input, bias) = (input.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(match packed {
        false => <Dispatch as GpuBackend>::strip_convolution(input, weight, bias, doubled),
        true => <Dispatch as GpuBackend>::packed_convolution(input, weight, bias, doubled),
    })
}

/// As [`convolution`], with `residual` added, which has the output's channels.
pub(super) fn convolution_add(input: Tensor<4>, parameters: Parameters, residual: Tensor<4>, resample: Resample) -> Tensor<4> {
    let Parameters { weight, packed, bias } = parameters;
    let (input, bias, residual) = (input.into_dispatch(), bias.into_dispatch(), residual.into_dispatch());
    let resolution = match resample {
        Resample::None => 0,
        Resample::Up => 1,
        Resample::Down => 2,
    };
    Tensor::from_dispatch(match packed {
        false => <Dispatch as GpuBackend>::strip_convolution_add(input, weight, bias, residual, resolution),
        true => <Dispatch as GpuBackend>::packed_convolution_add(input, weight, bias, residual, resolution),
    })
}

/// A norm's own scale and shift, its groups and what is added to the variance.
pub(super) struct Norm {
    pub gamma: Tensor<1>,
    pub beta: Tensor<1>,
    pub groups: usize,
    pub epsilon: f64,
}

/// The parameters of a norm that has a kernel for this input.
pub(super) fn norm(norm: &GroupNorm, input: &Tensor<4>) -> Option<Norm> {
    let (gamma, beta) = (norm.gamma.as_ref()?, norm.beta.as_ref()?);
    takes(input).then(|| Norm { gamma: gamma.val(), beta: beta.val(), groups: norm.num_groups, epsilon: norm.epsilon })
}

/// Group norm and, when told, SiLU and half the resolution (`[batch, channels, height, width]`).
pub(super) fn normalize(input: Tensor<4>, norm: Norm, activate: bool, halve: bool) -> Tensor<4> {
    let (gamma, beta) = (norm.gamma.into_dispatch(), norm.beta.into_dispatch());
    let input = input.into_dispatch();
    Tensor::from_dispatch(<Dispatch as GpuBackend>::group_norm(input, gamma, beta, norm.groups, norm.epsilon, activate, halve))
}

/// Group norm, FiLM (`[batch, 2·channels]`, scales before shifts) and SiLU.
pub(super) fn normalize_film(input: Tensor<4>, norm: Norm, film: Tensor<2>) -> Tensor<4> {
    let (gamma, beta) = (norm.gamma.into_dispatch(), norm.beta.into_dispatch());
    let (input, film) = (input.into_dispatch(), film.into_dispatch());
    Tensor::from_dispatch(<Dispatch as GpuBackend>::group_norm_film(input, gamma, beta, film, norm.groups, norm.epsilon))
}

/// Channels of both, one after the other.
pub(super) fn concatenate(first: Tensor<4>, second: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as GpuBackend>::join_channels(first.into_dispatch(), second.into_dispatch()))
}

/// A linear layer's weight `[input, output]` as that of a 1×1 convolution; nothing is moved.
fn pointwise(weight: Tensor<2>) -> Tensor<4> {
    let [input, output] = weight.dims();
    weight.reshape([1, 1, input, output]).permute([3, 2, 0, 1])
}

/// `[batch, input]` → `[batch, output]`.
pub(super) fn linear(input: Tensor<2>, parameters: Parameters) -> Tensor<2> {
    let [batch, channels] = input.dims();
    // The batch is the row of pixels.
    let row = input.reshape([1, 1, batch, channels]).permute([0, 3, 1, 2]);
    let output = convolution(row, parameters, false).permute([0, 2, 3, 1]);
    let channels = output.dims()[3];
    output.reshape([batch, channels])
}

/// What attention needs of its layers.
pub(super) struct AttentionParameters {
    qkv: Parameters,
    project: Parameters,
    heads: usize,
}

/// The parameters of an attention that has a kernel for this input.
pub(super) fn attention_parameters(layers: &AttentionLayers<'_>, input: &Tensor<4>) -> Option<AttentionParameters> {
    if !attention::fits(input.dims()[1] / layers.heads) {
        return None;
    }
    let (qkv, project) = (linear_parameters(layers.qkv, input)?, linear_parameters(layers.project, input)?);
    Some(AttentionParameters { qkv, project, heads: layers.heads })
}

/// added + project(attention(input)), all `[batch, channels, height, width]`.
pub(super) fn attention(parameters: AttentionParameters, input: Tensor<4>, added: Tensor<4>) -> Tensor<4> {
    let AttentionParameters { qkv, project, heads } = parameters;
    let qkv = convolution(input, qkv, false);
    let mixed = Tensor::from_dispatch(<Dispatch as GpuBackend>::attend(qkv.into_dispatch(), heads));
    convolution_add(mixed, project, added, Resample::None)
}

/// A weight of few bits that stays so on the device: of a convolution with a kernel, or of a linear layer.
pub(super) fn packed_weight<const D: usize>(weight: &Quantized, device: &Device) -> Option<Tensor<D>> {
    let shape = weight.net_shape();
    let (output, input, side) = match *shape.as_slice() {
        [output, input, height @ (1 | 3), width] if height == width => (output, input, height),
        [input, output] => (output, input, 0),
        _ => return None,
    };
    let words = packed::words(weight)?;
    let words = Tensor::<1, Int>::from_data(TensorData::new(words.clone(), vec![words.len()]), device);
    let bits = weight.bits.count() as u32;
    let carried = <Dispatch as GpuBackend>::carry_packed(words.into_dispatch(), output, input, side, bits);
    Some(Tensor::from_dispatch(carried))
}

/// A convolution's weight `[output, input, height, width]` that lies in memory as the kernel reads it,
/// `[height, width, input, output]`.
pub(super) fn convolution_weight<const D: usize>(values: &[f32], shape: &[usize], device: &Device) -> Tensor<D> {
    let [output, input, height, width] = [shape[0], shape[1], shape[2], shape[3]];
    let area = height * width;
    let mut ordered = Vec::with_capacity(values.len());
    for cell in 0..area {
        for of_input in 0..input {
            ordered.extend((0..output).map(|of_output| values[(of_output * input + of_input) * area + cell]));
        }
    }
    let data = TensorData::new(ordered, vec![height, width, input, output]);
    const ORDER: [isize; 4] = [3, 2, 0, 1];
    Tensor::<D>::from_data(data, device).permute(std::array::from_fn::<isize, D, _>(|axis| ORDER[axis]))
}
