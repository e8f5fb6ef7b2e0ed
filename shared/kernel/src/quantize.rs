//! The 8-bit and the 4-bit form of one weight: integers with a scale for every [`BLOCK`] input channels.
//! Convolutions are turned from [O, I, KH, KW] to [O, KH, KW, I], linear weights from [I, O] to [O, I], so that
//! the numbers of a block lie side by side. Model files and the memory of GPUs (`gpu::packed`) hold them
//! in ways of their own.

use half::f16;

/// Input channels that share a scale.
pub const BLOCK: usize = 32;

/// How many bits an integer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bits {
    /// −127 … 127.
    Eight,
    /// −7 … 7.
    Four,
}

impl Bits {
    /// As a number.
    pub fn count(self) -> usize {
        match self {
            Self::Eight => 8,
            Self::Four => 4,
        }
    }

    /// The largest integer; the smallest is its negative.
    pub fn largest(self) -> i8 {
        match self {
            Self::Eight => 127,
            Self::Four => 7,
        }
    }
}

/// A weight of few bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// Bits of each value.
    pub bits: Bits,
    /// [O, KH, KW, I] or [O, I].
    pub shape: Vec<usize>,
    /// In that layout.
    pub values: Vec<i8>,
    /// One for every block along I, the last one of a row maybe shorter.
    pub scales: Vec<f16>,
}

/// The layout a weight of the net's `shape` is stored in.
fn stored_shape(shape: &[usize]) -> Vec<usize> {
    match *shape {
        [output, input, height, width] => vec![output, height, width, input],
        [input, output] => vec![output, input],
        _ => shape.to_vec(),
    }
}

/// For every element of the stored layout, its place in the net's layout.
fn places(shape: &[usize]) -> Vec<usize> {
    match *shape {
        [output, input, height, width] => {
            let area = height * width;
            (0..output).flat_map(|o| (0..area).flat_map(move |cell| (0..input).map(move |i| (o * input + i) * area + cell))).collect()
        }
        [input, output] => (0..output).flat_map(|o| (0..input).map(move |i| i * output + o)).collect(),
        _ => (0..shape.iter().product()).collect(),
    }
}

/// The integers of a block under a scale.
fn round(block: &[f32], scale: f16, bits: Bits) -> impl Iterator<Item = i8> {
    let (divisor, largest) = (scale.to_f32(), f32::from(bits.largest()));
    block.iter().map(move |value| (value / divisor).round().clamp(-largest, largest) as i8)
}

/// The scale of a block. With 8 bits its largest magnitude becomes the largest integer. With 4 bits that would waste
/// steps on the one value, so that of some smaller ones is taken that leaves the smallest squared error.
fn scale(block: &[f32], bits: Bits) -> f16 {
    let largest = block.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    // Rounded to what is stored, so that the integers belong to the scale that is read back.
    let of = |part: f32| f16::from_f32((largest * part / f32::from(bits.largest())).max(f16::MIN_POSITIVE.to_f32()));
    match bits {
        Bits::Eight => of(1.0),
        Bits::Four => {
            let error = |scale: f16| -> f32 {
                let back = round(block, scale, bits).map(|value| f32::from(value) * scale.to_f32());
                back.zip(block).map(|(back, value)| (back - value).powi(2)).sum()
            };
            let scales = (0..=12).map(|step| of(1.0 - 0.04 * step as f32));
            scales.min_by(|left, right| error(*left).total_cmp(&error(*right))).unwrap_or(of(1.0))
        }
    }
}

impl Quantized {
    /// From values in the net's layout.
    pub fn from_weight(shape: &[usize], values: &[f32], bits: Bits) -> Self {
        let ordered: Vec<f32> = places(shape).into_iter().map(|place| values[place]).collect();
        let shape = stored_shape(shape);
        let row = shape.last().copied().unwrap_or(1).max(1);
        let mut quantized = Self { bits, shape, values: Vec::with_capacity(ordered.len()), scales: Vec::new() };
        for block in ordered.chunks(row).flat_map(|row| row.chunks(BLOCK)) {
            let scale = scale(block, bits);
            quantized.values.extend(round(block, scale, bits));
            quantized.scales.push(scale);
        }
        quantized
    }

    /// The shape of the scales: the weight's, with blocks in place of input channels.
    pub fn scales_shape(&self) -> Vec<usize> {
        let mut shape = self.shape.clone();
        if let Some(last) = shape.last_mut() {
            *last = last.div_ceil(BLOCK);
        }
        shape
    }

    /// The shape in the net's layout.
    pub fn net_shape(&self) -> Vec<usize> {
        match *self.shape.as_slice() {
            [output, height, width, input] => vec![output, input, height, width],
            [output, input] => vec![input, output],
            _ => self.shape.clone(),
        }
    }

    /// Back to floats in the net's layout.
    pub fn to_values(&self) -> Vec<f32> {
        let row = self.shape.last().copied().unwrap_or(1).max(1);
        let blocks = self.values.chunks(row).flat_map(|row| row.chunks(BLOCK));
        let ordered = blocks.zip(&self.scales).flat_map(|(block, scale)| {
            let scale = scale.to_f32();
            block.iter().map(move |value| f32::from(*value) * scale)
        });
        let mut values = vec![0.0; self.values.len()];
        for (place, value) in places(&self.net_shape()).into_iter().zip(ordered) {
            values[place] = value;
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn convolutions_are_stored_with_input_channels_last() {
        let values: Vec<f32> = (0..2 * 3 * 4).map(|value| value as f32).collect();
        let quantized = Quantized::from_weight(&[2, 3, 2, 2], &values, Bits::Eight);
        assert_eq!(quantized.shape, [2, 2, 2, 3]);
        // Output 0, cell (0, 1), inputs 0, 1, 2 are 1, 5 and 9 of the net's order.
        let scale = quantized.scales[1].to_f32();
        let row: Vec<f32> = quantized.values[3..6].iter().map(|value| (f32::from(*value) * scale).round()).collect();
        assert_eq!(row, [1.0, 5.0, 9.0]);
    }

    proptest! {
        /// Half a step of the largest scale a block can have, and what rounding that scale to 16 bits adds; with
        /// 4 bits the largest value may be cut off besides, so there the mean error is what is held.
        #[test]
        fn values_come_back_within_a_step(values in proptest::collection::vec(-3.0f32..3.0, 2 * 70)) {
            let largest = values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            let back = |bits| Quantized::from_weight(&[70, 2], &values, bits).to_values();
            let eight = back(Bits::Eight);
            prop_assert!(eight.iter().zip(&values).all(|(back, value)| (back - value).abs() <= largest * (0.51 / 127.0 + 1e-3)));
            let squares: f32 = back(Bits::Four).iter().zip(&values).map(|(back, value)| (back - value).powi(2)).sum();
            // Uniform rounding by a step s leaves s²/12.
            let step = largest / 7.0;
            prop_assert!(squares / values.len() as f32 <= step * step / 12.0 * 1.5, "{}", squares);
        }
    }
}
