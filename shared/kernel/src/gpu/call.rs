//! From burn's tensors and layers to the operations of [`GpuBackend`] and back: what the rest of the package calls.

use burn::{
    backend::DispatchTensor,
    nn::{GroupNorm, Linear, PaddingConfig2d, conv::Conv2d},
    tensor::{DType, Device, FloatDType, Int, Tensor, TensorData},
};

use super::{
    attention::fits,
    backend::{Dispatch, GpuBackend},
    device::takes,
    packed::is_packed,
};
use crate::{layer::AttentionLayers, packing, precision::dtype, quantize::Quantized, resample::Resample};

/// Whether a parameter is of a type that the kernels read: what is no feature map is of 32 bits, or packed.
fn readable<const D: usize>(parameter: &Tensor<D>) -> bool {
    parameter.dtype() == DType::F32 || is_packed(parameter)
}

/// Weight and bias of a layer, as the operations take them.
pub(crate) struct LayerParameters {
    /// `[output, input, side, side]`, or what [`packed_weight`] made.
    weight: DispatchTensor,
    packed: bool,
    bias: Tensor<1>,
}

/// Those of a convolution that has a kernel for this input.
pub(crate) fn parameters(layer: &Conv2d, input: &Tensor<4>) -> Option<LayerParameters> {
    let plain = layer.stride == [1, 1] && layer.dilation == [1, 1] && layer.groups == 1;
    let same = matches!(layer.padding, PaddingConfig2d::Same) && matches!(layer.kernel_size, [1, 1] | [3, 3]);
    let bias = layer.bias.as_ref()?;
    let (weight, bias) = (layer.weight.val(), bias.val());
    (plain && same && takes(input) && readable(&weight) && readable(&bias)).then(|| LayerParameters {
        packed: is_packed(&weight),
        weight: weight.into_dispatch(),
        bias,
    })
}

/// Those of a linear layer, as of a 1×1 convolution; nothing is moved.
pub(crate) fn linear_parameters<const D: usize>(layer: &Linear, input: &Tensor<D>) -> Option<LayerParameters> {
    let (weight, bias) = (layer.weight.val(), layer.bias.as_ref()?.val());
    (takes(input) && readable(&weight) && readable(&bias)).then(|| {
        let packed = is_packed(&weight);
        let weight = if packed { weight.into_dispatch() } else { pointwise(weight).into_dispatch() };
        LayerParameters { weight, packed, bias }
    })
}

/// # Shapes
/// - input: `[batch, input, height, width]`
/// - output: `[batch, output, height, width]`, twice as high and wide when `doubled`
pub(crate) fn convolution(input: Tensor<4>, parameters: LayerParameters, doubled: bool) -> Tensor<4> {
    let LayerParameters { weight, packed, bias } = parameters;
    let (input, bias) = (input.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(match packed {
        false => <Dispatch as GpuBackend>::strip_convolution(input, weight, bias, doubled),
        true => <Dispatch as GpuBackend>::packed_convolution(input, weight, bias, doubled),
    })
}

/// As [`convolution`], with `residual` added, which has the output's channels.
pub(crate) fn convolution_add(input: Tensor<4>, parameters: LayerParameters, residual: Tensor<4>, resample: Resample) -> Tensor<4> {
    let LayerParameters { weight, packed, bias } = parameters;
    let residual = residual.cast(dtype(&input));
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
pub(crate) struct NormParameters {
    pub gamma: Tensor<1>,
    pub beta: Tensor<1>,
    pub groups: usize,
    pub epsilon: f64,
}

/// The parameters of a norm that has a kernel for this input.
pub(crate) fn norm(norm: &GroupNorm, input: &Tensor<4>) -> Option<NormParameters> {
    let (gamma, beta) = (norm.gamma.as_ref()?.val(), norm.beta.as_ref()?.val());
    let readable = takes(input) && readable(&gamma) && readable(&beta);
    readable.then(|| NormParameters { gamma, beta, groups: norm.num_groups, epsilon: norm.epsilon })
}

/// Group norm and, when told, SiLU and half the resolution (`[batch, channels, height, width]`).
pub(crate) fn normalize(input: Tensor<4>, norm: NormParameters, activate: bool, halve: bool) -> Tensor<4> {
    let (gamma, beta) = (norm.gamma.into_dispatch(), norm.beta.into_dispatch());
    let input = input.into_dispatch();
    Tensor::from_dispatch(<Dispatch as GpuBackend>::group_norm(input, gamma, beta, norm.groups, norm.epsilon, activate, halve))
}

/// Group norm, FiLM (`[batch, 2·channels]`, scales before shifts) and SiLU.
pub(crate) fn normalize_film(input: Tensor<4>, norm: NormParameters, film: Tensor<2>) -> Tensor<4> {
    let (gamma, beta) = (norm.gamma.into_dispatch(), norm.beta.into_dispatch());
    let (input, film) = (input.into_dispatch(), film.cast(FloatDType::F32).into_dispatch());
    Tensor::from_dispatch(<Dispatch as GpuBackend>::group_norm_film(input, gamma, beta, film, norm.groups, norm.epsilon))
}

/// Channels of both, one after the other.
pub(crate) fn concatenate(first: Tensor<4>, second: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as GpuBackend>::join_channels(first.into_dispatch(), second.into_dispatch()))
}

/// A linear layer's weight `[input, output]` as that of a 1×1 convolution; nothing is moved.
fn pointwise(weight: Tensor<2>) -> Tensor<4> {
    let [input, output] = weight.dims();
    weight.reshape([1, 1, input, output]).permute([3, 2, 0, 1])
}

/// `[batch, input]` → `[batch, output]`.
pub(crate) fn linear(input: Tensor<2>, parameters: LayerParameters) -> Tensor<2> {
    let [batch, channels] = input.dims();
    // The batch is the row of pixels.
    let row = input.reshape([1, 1, batch, channels]).permute([0, 3, 1, 2]);
    let output = convolution(row, parameters, false).permute([0, 2, 3, 1]);
    let channels = output.dims()[3];
    output.reshape([batch, channels])
}

/// `[batch, rows, inner]` times `[batch, inner, columns]`, a linear layer for each of the batch: for the few
/// and small products that no other kernel contains.
pub(crate) fn product(left: Tensor<3>, right: Tensor<3>) -> Tensor<3> {
    let ([batch, rows, inner], [_, _, columns]) = (left.dims(), right.dims());
    let (bias, right) = (Tensor::<1>::zeros([columns], &left.device()), right.cast(FloatDType::F32));
    let products = (0..batch).map(|index| {
        let weight = pointwise(right.clone().narrow(0, index, 1).reshape([inner, columns])).into_dispatch();
        let parameters = LayerParameters { weight, packed: false, bias: bias.clone() };
        linear(left.clone().narrow(0, index, 1).reshape([rows, inner]), parameters).reshape([1, rows, columns])
    });
    Tensor::cat(products.collect(), 0)
}

/// What attention needs of its layers.
pub(crate) struct AttentionParameters {
    qkv: LayerParameters,
    project: LayerParameters,
    heads: usize,
}

/// The parameters of an attention that has a kernel for this input.
pub(crate) fn attention_parameters(layers: &AttentionLayers<'_>, input: &Tensor<4>) -> Option<AttentionParameters> {
    if !fits(input.dims()[1] / layers.heads) {
        return None;
    }
    let (qkv, project) = (linear_parameters(layers.qkv, input)?, linear_parameters(layers.project, input)?);
    Some(AttentionParameters { qkv, project, heads: layers.heads })
}

/// added + project(attention(input)), all `[batch, channels, height, width]`.
pub(crate) fn attention(parameters: AttentionParameters, input: Tensor<4>, added: Tensor<4>) -> Tensor<4> {
    let AttentionParameters { qkv, project, heads } = parameters;
    let qkv = convolution(input, qkv, false);
    let mixed = Tensor::from_dispatch(<Dispatch as GpuBackend>::attend(qkv.into_dispatch(), heads));
    convolution_add(mixed, project, added, Resample::None)
}

/// A weight of few bits that stays so on the device: of a convolution with a kernel, or of a linear layer.
pub(crate) fn packed_weight<const D: usize>(weight: &Quantized, device: &Device) -> Option<Tensor<D>> {
    let shape = weight.net_shape();
    let (output, input, side) = match *shape.as_slice() {
        [output, input, height @ (1 | 3), width] if height == width => (output, input, height),
        [input, output] => (output, input, 0),
        _ => return None,
    };
    let words = packing::words(weight)?;
    let words = Tensor::<1, Int>::from_data(TensorData::new(words.clone(), vec![words.len()]), device);
    let bits = weight.bits.count() as u32;
    let carried = <Dispatch as GpuBackend>::carry_packed(words.into_dispatch(), output, input, side, bits);
    Some(Tensor::from_dispatch(carried))
}

/// A convolution's weight `[output, input, height, width]` that lies in memory as the kernel reads it,
/// `[height, width, input, output]`.
pub(crate) fn convolution_weight<const D: usize>(values: &[f32], shape: &[usize], device: &Device) -> Tensor<D> {
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
