//! The 8-bit form of one weight: integers with a scale for every [`BLOCK`] input channels.
//! Convolutions are turned from [O, I, KH, KW] to [O, KH, KW, I], so that a kernel reads neighbouring
//! input channels from neighbouring bytes; linear weights, [I, O], to [O, I].

use half::f16;

/// Input channels that share a scale.
pub const BLOCK: usize = 32;

/// An 8-bit weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// [O, KH, KW, I] or [O, I].
    pub shape: Vec<usize>,
    /// −127 … 127, in that layout.
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

impl Quantized {
    /// From values in the net's layout. Each block's largest magnitude becomes ±127.
    pub fn from_weight(shape: &[usize], values: &[f32]) -> Self {
        let ordered: Vec<f32> = places(shape).into_iter().map(|place| values[place]).collect();
        let shape = stored_shape(shape);
        let row = shape.last().copied().unwrap_or(1).max(1);
        let mut quantized = Self { shape, values: Vec::with_capacity(ordered.len()), scales: Vec::new() };
        for block in ordered.chunks(row).flat_map(|row| row.chunks(BLOCK)) {
            let largest = block.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            // Rounded to what is stored, so that the integers belong to the scale that is read back.
            let scale = f16::from_f32((largest / 127.0).max(f16::MIN_POSITIVE.to_f32()));
            let divisor = scale.to_f32();
            quantized.values.extend(block.iter().map(|value| (value / divisor).round().clamp(-127.0, 127.0) as i8));
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
