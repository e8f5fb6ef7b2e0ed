//! How a weight of 8 or 4 bits lies in a GPU's memory. Numbers only: nothing here needs a GPU.
//!
//! In memory are 32-bit words. For every tap, every group of neighbouring input channels and every output channel, in
//! this order from slow to fast, one word has the integers of the group, the first channel lowest, each raised by
//! [`bias`] so that it has no sign. So a kernel that works at neighbouring outputs reads neighbouring words, and with
//! them all input channels that it reads at once. After them, for every tap, two blocks and output, follows a word with
//! the scales of the two blocks, the first one lower, as 16-bit floats: reading those takes no support of 16 bits.

use crate::quantize::{BLOCK, Quantized};

/// What is added to an integer of so many bits.
pub fn bias(bits: usize) -> i32 {
    1 << (bits - 1)
}

/// Extents of a weight, and of what it takes in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Cells of a convolution.
    pub taps: usize,
    /// Channels that go in.
    pub input: usize,
    /// Channels that come out.
    pub output: usize,
    /// Of an integer.
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
}

/// The words of a weight.
pub fn words(weight: &Quantized) -> Option<Vec<i32>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantize::Bits;

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
