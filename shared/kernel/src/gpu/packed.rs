//! Weights that stay at 8 or 4 bits in a GPU's memory, where `packing` says how they lie: what they are to burn, and how a
//! kernel reads a few of them.
//!
//! To burn such a weight is a quantized tensor of the weight's own shape. Its layout is not one of burn's, which can
//! therefore do nothing with it but carry it about.

use burn::tensor::{
    DType, Shape, Tensor,
    quantization::{QuantScheme, QuantStore, QuantValue, ScaleDtype},
};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use crate::{
    packing::{Layout, bias},
    quantize::{BLOCK, Bits},
};

/// Whether a weight is one of those.
pub(super) fn is_packed<const D: usize>(weight: &Tensor<D>) -> bool {
    matches!(weight.dtype(), DType::QFloat(_))
}

/// The extents of a tensor that [`carried`] made: a convolution's or a linear layer's.
pub(super) fn layout(tensor: &CubeTensor) -> Layout {
    let bits = match tensor.dtype {
        DType::QFloat(scheme) => scheme.size_bits_value(),
        other => panic!("a packed weight is of {other:?}"),
    };
    let shape: Vec<usize> = tensor.meta.shape().iter().copied().collect();
    match *shape.as_slice() {
        [output, input, height, width] => Layout { taps: height * width, input, output, bits },
        [input, output] => Layout { taps: 1, input, output, bits },
        _ => panic!("a packed weight of shape {shape:?}"),
    }
}

/// What burn takes such a weight for.
pub(super) fn dtype(bits: u32) -> DType {
    let value = if bits == Bits::Four.count() as u32 { QuantValue::Q4S } else { QuantValue::Q8S };
    let scheme = QuantScheme::default().with_value(value).with_store(QuantStore::PackedU32(0));
    DType::QFloat(scheme.per_block([BLOCK as u8], ScaleDtype::F16))
}

/// The words as the weight that they are, of this shape; nothing is moved.
pub(super) fn carried(words: CubeTensor, shape: Shape, bits: u32) -> CubeTensor {
    let CubeTensor { client, handle, device, .. } = words;
    CubeTensor::new_contiguous(client, device, shape, handle, dtype(bits))
}

/// The words of such a weight, `[words]`.
pub(super) fn uncovered(weight: CubeTensor) -> CubeTensor {
    let words = layout(&weight).words();
    let CubeTensor { client, handle, device, .. } = weight;
    CubeTensor::new_contiguous(client, device, [words].into(), handle, DType::U32)
}

/// Where a kernel finds what it reads, in vectors of outputs.
#[derive(CubeType, Clone, Copy)]
pub(super) struct Place {
    /// Of the word with the integers.
    pub word: u32,
    /// Bits below the first of them.
    pub shift: u32,
    /// Of the word with the scale.
    pub scale: u32,
    /// Bits below it.
    pub half: u32,
}

/// Where the integers of a vector of input channels are, and their scale, for a tap and vector of outputs.
#[cube]
pub(super) fn place(
    tap: u32,
    channel: u32,
    inputs: u32,
    output: u32,
    outputs: u32,
    #[comptime] lanes: usize,
    #[comptime] taps: usize,
    #[comptime] bits: usize,
) -> Place {
    let (lanes, taps) = comptime!((lanes as u32, taps as u32));
    let group = comptime!(32 / bits as u32);
    let channels = inputs * lanes;
    let first = channel * lanes;
    let rows = (channels + comptime!(group - 1)) / group;
    let pairs = (channels + comptime!(2 * BLOCK as u32 - 1)) / comptime!(2 * BLOCK as u32);
    let block = first / comptime!(BLOCK as u32);
    Place {
        word: (tap * rows + first / group) * outputs + output,
        shift: first % group * comptime!(bits as u32),
        scale: (taps * rows + tap * pairs + block / 2u32) * outputs + output,
        half: block % 2u32 * 16u32,
    }
}

/// The weights at a place, a vector of outputs for each of the input channels read at once.
#[cube]
pub(super) fn read<S: Float, O: Size>(
    words: &[Vector<u32, O>],
    place: Place,
    #[comptime] lanes: usize,
    #[comptime] bits: usize,
) -> Sequence<Vector<S, O>> {
    let word = words[place.word as usize] >> Vector::new(place.shift);
    let pair = words[place.scale as usize] >> Vector::new(place.half);
    // A 16-bit float without sign, moved to where a 32-bit one has exponent and mantissa, is smaller by 2^112.
    let moved = (pair & Vector::new(0x7fffu32)) << Vector::new(13u32);
    let scale = Vector::<f32, O>::reinterpret(moved) * Vector::new(5.192_297e33_f32);
    let offset = scale * Vector::new(comptime!(-(bias(bits) as f32)));
    let mut factors = Sequence::<Vector<S, O>>::new();
    #[unroll]
    for lane in 0..lanes {
        let field = (word >> Vector::new(comptime!((lane * bits) as u32))) & Vector::new(comptime!((1u32 << bits) - 1));
        factors.push(Vector::cast_from(fma(Vector::<f32, O>::cast_from(field), scale, offset)));
    }
    factors
}
