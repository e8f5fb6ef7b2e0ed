//! The operations on a backend behind burn's extension point, and what they are on cubecl's: [`layout`](super::layout) around
//! each kernel, cut as the device's plan says.

use burn::{
    backend::{
        Backend, backend_extension,
        tensor::{FloatTensor, IntTensor, QuantizedTensor},
    },
    tensor::Shape,
};
use burn_cubecl::{CubeBackend, kernel::into_contiguous, tensor::CubeTensor};

use super::{
    attention,
    convolution::{self, Filter, Residual},
    device::plan,
    layout::{self, channels_first, channels_last},
    normalize, packed,
};

/// Where burn sends operations to the backend of a tensor.
pub type Dispatch = burn::backend::Dispatch;

/// The operations on a backend. Settings are plain numbers, as the dispatch wants them.
#[backend_extension(Cube, Fusion: cfg(feature = "fusion"))]
pub trait GpuBackend: Backend {
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

fn convolve(input: CubeTensor, weight: Filter, bias: CubeTensor, residual: Option<(CubeTensor, u32)>, doubled: bool) -> CubeTensor {
    let plan = plan(&input);
    let kind = |resolution| [Residual::Same, Residual::Doubled, Residual::Halved][resolution as usize];
    let residual = residual.map(|(tensor, resolution)| (channels_last(tensor), kind(resolution)));
    channels_first(convolution::launch(channels_last(input), weight, into_contiguous(bias), residual, doubled, &plan))
}

impl GpuBackend for CubeBackend {
    fn strip_convolution(input: CubeTensor, weight: CubeTensor, bias: CubeTensor, doubled: bool) -> CubeTensor {
        convolve(input, Filter::Floats(convolution::channels_innermost(weight)), bias, None, doubled)
    }

    fn strip_convolution_add(input: CubeTensor, weight: CubeTensor, bias: CubeTensor, residual: CubeTensor, resolution: u32) -> CubeTensor {
        convolve(input, Filter::Floats(convolution::channels_innermost(weight)), bias, Some((residual, resolution)), false)
    }

    fn packed_convolution(input: CubeTensor, weight: CubeTensor, bias: CubeTensor, doubled: bool) -> CubeTensor {
        convolve(input, Filter::Packed(weight), bias, None, doubled)
    }

    fn packed_convolution_add(
        input: CubeTensor,
        weight: CubeTensor,
        bias: CubeTensor,
        residual: CubeTensor,
        resolution: u32,
    ) -> CubeTensor {
        convolve(input, Filter::Packed(weight), bias, Some((residual, resolution)), false)
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
        let plan = plan(&input);
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
        let plan = plan(&input);
        let input = channels_last(input);
        let (gamma, beta, film) = (into_contiguous(gamma), into_contiguous(beta), into_contiguous(film));
        let coefficients = normalize::coefficients(&input, gamma, beta, Some(film), groups, epsilon, &plan);
        channels_first(normalize::launch(input, coefficients, true, false, &plan))
    }

    fn join_channels(first: CubeTensor, second: CubeTensor) -> CubeTensor {
        let plan = plan(&first);
        channels_first(layout::concatenate(channels_last(first), channels_last(second), &plan))
    }

    fn attend(qkv: CubeTensor, heads: usize) -> CubeTensor {
        let plan = plan(&qkv);
        channels_first(attention::launch(channels_last(qkv), heads, &plan))
    }
}
