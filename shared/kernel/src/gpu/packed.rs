//! Weights that stay at 8 or 4 bits in a GPU's memory: how they lie there, and how a kernel reads a few of them.
//!
//! In memory are 32-bit words. For every tap, every group of neighbouring input channels and every output channel, in
//! this order from slow to fast, one word has the integers of the group, the first channel lowest, each raised by
//! [`bias`] so that it has no sign. So a kernel that works at neighbouring outputs reads neighbouring words, and with
//! them all input channels that it reads at once. After them, for every tap, two blocks and output, follows a word with
//! the scales of the two blocks, the first one lower, as 16-bit floats: reading those takes no support of 16 bits.
//!
//! To burn such a weight is a quantized tensor of the weight's own shape. Its layout is not one of burn's, which can
//! therefore do nothing with it but carry it about.

use burn::tensor::{
    DType, Shape, Tensor,
    quantization::{QuantScheme, QuantStore, QuantValue, ScaleDtype},
};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use crate::quantize::{BLOCK, Bits, Quantized};

/// What is added to an integer of so many bits.
fn bias(bits: usize) -> i32 {
    1 << (bits - 1)
}

/// Whether a weight is one of those.
pub(super) fn is_packed<const D: usize>(weight: &Tensor<D>) -> bool {
    matches!(weight.dtype(), DType::QFloat(_))
}

/// Extents of a weight, and of what it takes in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub taps: usize,
    pub input: usize,
    pub output: usize,
    pub bits: usize,
}

impl Layout {
    /// Integers of a word.
    fn group(self) -> usize {
        32 / self.bits
    }

    /// Words with integers.
    fn integers(self) -> usize {
        self.taps * self.input.div_ceil(self.group()) * self.output
    }

    /// Words of a tap and an output with scales.
    fn pairs(self) -> usize {
        self.input.div_ceil(2 * BLOCK)
    }

    /// All words.
    pub fn words(self) -> usize {
        self.integers() + self.taps * self.pairs() * self.output
    }

    /// Of a weight.
    fn of(weight: &Quantized) -> Option<Self> {
        let bits = weight.bits.count();
        match *weight.shape.as_slice() {
            [output, height, width, input] => Some(Self { taps: height * width, input, output, bits }),
            [output, input] => Some(Self { taps: 1, input, output, bits }),
            _ => None,
        }
    }

    /// Of a tensor that [`carried`] made: a convolution's or a linear layer's.
    pub fn of_tensor(tensor: &CubeTensor) -> Self {
        let bits = match tensor.dtype {
            DType::QFloat(scheme) => scheme.size_bits_value(),
            other => panic!("a packed weight is of {other:?}"),
        };
        let shape: Vec<usize> = tensor.meta.shape().iter().copied().collect();
        match *shape.as_slice() {
            [output, input, height, width] => Self { taps: height * width, input, output, bits },
            [input, output] => Self { taps: 1, input, output, bits },
            _ => panic!("a packed weight of shape {shape:?}"),
        }
    }
}

/// The words of a weight.
pub(super) fn words(weight: &Quantized) -> Option<Vec<i32>> {
    let layout = Layout::of(weight)?;
    let Layout { taps, input, output, bits } = layout;
    let (group, blocks) = (layout.group(), input.div_ceil(BLOCK));
    let mut words = Vec::with_capacity(layout.words());
    for tap in 0..taps {
        for first in (0..input).step_by(group) {
            words.extend((0..output).map(|of_output| {
                let row = (of_output * taps + tap) * input;
                let integers = &weight.values[row + first..row + (first + group).min(input)];
                let raised = integers.iter().map(|value| i32::from(*value) + bias(bits));
                raised.enumerate().fold(0, |word, (place, value)| word | value << (place * bits))
            }));
        }
    }
    for tap in 0..taps {
        for first in (0..blocks).step_by(2) {
            words.extend((0..output).map(|of_output| {
                let row = (of_output * taps + tap) * blocks;
                let scale = |block: usize| if block < blocks { i32::from(weight.scales[row + block].to_bits()) } else { 0 };
                scale(first) | scale(first + 1) << 16
            }));
        }
    }
    Some(words)
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
    let words = Layout::of_tensor(&weight).words();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every integer and scale is found where the kernel looks for it.
    #[test]
    fn a_weight_is_found_where_it_was_put() {
        for (bits, input) in [(Bits::Eight, 70), (Bits::Four, 37)] {
            let shape = [6, input, 3, 3];
            let values: Vec<f32> = (0..shape.iter().product()).map(|index: usize| ((index * 37 % 101) as f32 - 50.0) * 0.01).collect();
            let weight = Quantized::from_weight(&shape, &values, bits);
            let layout = Layout::of(&weight).unwrap();
            let words = words(&weight).unwrap();
            assert_eq!(words.len(), layout.words());
            let expected = weight.to_values();
            for (index, expected) in expected.into_iter().enumerate() {
                let (output, channel, tap) = (index / 9 / input, index / 9 % input, index % 9);
                let word = words[(tap * input.div_ceil(layout.group()) + channel / layout.group()) * 6 + output].cast_unsigned();
                let field = word >> (channel % layout.group() * layout.bits) & ((1 << layout.bits) - 1);
                let block = channel / BLOCK;
                let pair = words[layout.integers() + (tap * layout.pairs() + block / 2) * 6 + output].cast_unsigned();
                let scale = f32::from_bits((pair >> (block % 2 * 16) & 0x7fff) << 13) * 5.192_297e33;
                let found = (field as i32 - bias(layout.bits)) as f32 * scale;
                assert!((found - expected).abs() < 1e-6, "{index}: {found} {expected}");
            }
        }
    }
}
