//! One tensor between their layout and ours.

use crate::{container::Weight, unet::PICTURE_CHANNELS};

/// How a weight lies there. Biases, scales and shifts lie the same, but for what a head has more outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As here.
    Same,
    /// A linear layer: [output, input] there, [input, output] here.
    Transposed,
    /// A convolution over one cell: [output, input, 1] there, a linear layer [input, output] here.
    Pointwise,
    /// The first convolution, whose input may be the noisy picture alone there.
    Stem,
    /// The last convolution, which may give variances after the picture there.
    Head,
}

/// A tensor there and the weight that it becomes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name there.
    pub name: String,
    /// Its shape there.
    pub shape: Vec<usize>,
    /// The weight's name here.
    ours: String,
    /// The weight's shape here.
    own_shape: Vec<usize>,
    layout: Layout,
}

impl Entry {
    /// `channels`: what goes into their first convolution, and what comes out of their last.
    pub fn new(name: String, ours: String, own_shape: Vec<usize>, layout: Layout, channels: [usize; 2]) -> Self {
        let mut shape = own_shape.clone();
        match layout {
            Layout::Transposed if shape.len() == 2 => shape.reverse(),
            Layout::Pointwise if shape.len() == 2 => shape = vec![own_shape[1], own_shape[0], 1],
            Layout::Stem if shape.len() == 4 => shape[1] = channels[0],
            Layout::Head => shape[0] = channels[1],
            _ => (),
        }
        Self { name, shape, ours, own_shape, layout }
    }

    /// The weight here of their numbers, which must be as many as their shape says.
    pub fn import(&self, values: Vec<f32>) -> Weight {
        let values = match self.layout {
            Layout::Transposed | Layout::Pointwise if self.own_shape.len() == 2 => transposed(&values, self.own_shape[0]),
            Layout::Stem if self.own_shape.len() == 4 => self.with_condition(values),
            Layout::Head => values[..self.own_shape.iter().product()].to_vec(),
            _ => values,
        };
        Weight { name: self.ours.clone(), shape: self.own_shape.clone(), values }
    }

    /// Their numbers of the weight here, which must be of this entry's name and shape.
    pub fn export(&self, weight: &Weight) -> Vec<f32> {
        match self.layout {
            Layout::Transposed | Layout::Pointwise if self.own_shape.len() == 2 => transposed(&weight.values, self.own_shape[1]),
            _ => weight.values.clone(),
        }
    }

    /// The weight's name here.
    pub fn own_name(&self) -> &str {
        &self.ours
    }

    /// A first convolution that sees the condition before the noisy picture. One that never saw a condition ignores it.
    fn with_condition(&self, values: Vec<f32>) -> Vec<f32> {
        let (inputs, cells) = (self.own_shape[1], self.own_shape[2] * self.own_shape[3]);
        if self.shape[1] == inputs {
            return values;
        }
        let unseen = vec![0.0; (inputs - PICTURE_CHANNELS) * cells];
        values.chunks_exact(PICTURE_CHANNELS * cells).flat_map(|output| unseen.iter().chain(output).copied()).collect()
    }
}

/// `[rows, columns]` of what lies as [columns, rows].
pub fn transposed(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len() / rows.max(1);
    (0..values.len()).map(|place| values[place % columns * rows + place / columns]).collect()
}
