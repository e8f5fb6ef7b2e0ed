//! What a net costs, from its configuration alone: memory of training, arithmetic of an evaluation.

use super::walk::{PICTURE_CHANNELS, Step, Walk};
use crate::config::ModelConfig;

/// Floats kept for every parameter: weight, gradient, two moments, average.
const FLOATS_PER_PARAMETER: u64 = 5;

/// Feature maps that automatic differentiation keeps for a residual block, counted from the operations
/// of the block: norm (4 of input size), SiLU (2), convolution (1), norm (4), FiLM (2), SiLU (2), sum (1).
const MAPS_OF_INPUT: u64 = 7;
const MAPS_OF_OUTPUT: u64 = 10;

/// Bytes that training needs with `batch` pictures a step in f32, about: parameters with their
/// optimizer state, and what the backward pass needs of the forward pass.
pub fn training_bytes(config: &ModelConfig, parameters: usize, batch: usize) -> u64 {
    let activations = |step: &Step| {
        let side = config.unet.level_side(config.size, step.level) as u64;
        let cells = side * side;
        let maps = cells * (MAPS_OF_INPUT * step.input as u64 + MAPS_OF_OUTPUT * step.output as u64);
        let heads = (step.output / config.unet.head_channels.max(1)).max(1) as u64;
        // Scores, softmax and their products, and a dozen maps around them.
        let parts = config.unet.self_attention.windows().map_or(1, |windows| (windows * windows) as u64);
        let scores = cells * cells / parts;
        let attention = if step.attention.is_some() { 3 * heads * scores + 12 * cells * step.output as u64 } else { 0 };
        maps + attention
    };
    let activations: u64 = Walk::new(config).steps().map(activations).sum();
    (FLOATS_PER_PARAMETER * parameters as u64).saturating_add(activations.saturating_mul(batch as u64)).saturating_mul(4)
}

/// Floating-point operations of one evaluation for one picture of `size`: two for every multiplication and addition
/// of the convolutions and of attention. The rest is below a hundredth. Training takes three times as many.
pub fn forward_operations(config: &ModelConfig, size: usize) -> u64 {
    let convolutions = convolutions(config, size).into_iter().map(ConvolutionShape::operations);
    convolutions.chain(attentions(config, size).into_iter().map(AttentionShape::operations)).sum()
}

/// A convolution of a net, for measuring it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConvolutionShape {
    /// Pixels of a side of the feature map.
    pub size: usize,
    /// Taps of a row.
    pub side: usize,
    /// Channels that go in.
    pub input: usize,
    /// Channels that come out.
    pub output: usize,
}

impl ConvolutionShape {
    /// Floating-point operations for one picture, two for every multiplication and addition.
    pub fn operations(self) -> u64 {
        2 * (self.size * self.size * self.side * self.side * self.input * self.output) as u64
    }
}

/// An attention of a net with its linear layers, for measuring it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttentionShape {
    /// Pixels of a side of the feature map.
    pub size: usize,
    /// Channels.
    pub channels: usize,
    /// Heads that share them.
    pub heads: usize,
}

impl AttentionShape {
    /// Floating-point operations for one picture, two for every multiplication and addition.
    pub fn operations(self) -> u64 {
        let (cells, channels) = ((self.size * self.size) as u64, self.channels as u64);
        // Queries, keys, values and the projection; scores and mixing.
        2 * cells * channels * (4 * channels + 2 * cells)
    }
}

/// Every attention of one evaluation at pictures of `size`, as often as it occurs: one for each window of a map.
pub fn attentions(config: &ModelConfig, size: usize) -> Vec<AttentionShape> {
    let unet = &config.unet;
    let windows = unet.self_attention.windows().unwrap_or(1);
    let shape = |step: &Step| AttentionShape {
        size: unet.level_side(size, step.level) / windows,
        channels: step.output,
        heads: step.output / unet.head_channels,
    };
    let attending = Walk::new(config).steps().filter(|step| step.attention.is_some()).map(shape).collect::<Vec<_>>();
    attending.into_iter().flat_map(|shape| vec![shape; windows * windows]).collect()
}

/// Every convolution of one evaluation at pictures of `size`, as often as it occurs; the linear layers of attention
/// are counted with it.
pub fn convolutions(config: &ModelConfig, size: usize) -> Vec<ConvolutionShape> {
    let unet = &config.unet;
    let shape = |level: usize, side, input, output| ConvolutionShape { size: unet.level_side(size, level), side, input, output };
    let picture = PICTURE_CHANNELS * unet.patch * unet.patch;
    let mut shapes = vec![shape(0, 3, 2 * picture, unet.channels), shape(0, 3, unet.level_channels(0), picture)];
    for &Step { level, input, output, .. } in Walk::new(config).steps() {
        shapes.extend([shape(level, 3, input, output), shape(level, 3, output, output)]);
        if input != output {
            shapes.push(shape(level, 1, input, output));
        }
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SelfAttention;

    /// In a net of one level every weight of a convolution is used once a cell.
    #[test]
    fn arithmetic_follows_from_the_weights_of_the_net_itself() {
        let mut config = ModelConfig::preset("tiny").unwrap();
        config.unet.multipliers = vec![1];
        config.unet.attention = vec![8];
        let (cells, channels) = (64u64, 16u64);
        let net = crate::unet::Unet::new(&config, &burn::tensor::Device::flex());
        let shapes = crate::unet::parameters::shapes(&net);
        let weights: u64 =
            shapes.iter().filter(|(_, shape)| shape.len() == 4).map(|(_, shape)| shape.iter().product::<usize>() as u64).sum();
        let attending = shapes.iter().filter(|(name, _)| name.ends_with("qkv.weight")).count() as u64;
        let attention = attending * cells * channels * (4 * channels + 2 * cells);
        assert_eq!((forward_operations(&config, config.size), attending), (2 * (weights * cells + attention), 4));
        assert_eq!(attentions(&config, config.size), vec![AttentionShape { size: 8, channels: 16, heads: 1 }; 4]);
    }

    #[test]
    fn windows_cost_a_share_of_attention_and_blocks_in_its_place_their_convolutions() {
        let with = |self_attention| {
            let mut config = ModelConfig::preset("tiny").unwrap();
            (config.unet.multipliers, config.unet.attention) = (vec![1], vec![8]);
            config.unet.self_attention = self_attention;
            config
        };
        let cost = |self_attention| forward_operations(&with(self_attention), 16);
        let none = cost(SelfAttention::None);
        let (cells, channels) = (64u64, 16u64);
        let attention = |share| 2 * cells * channels * (4 * channels + 2 * cells / share);
        // Four blocks attend: one down, one in the middle, two up.
        assert_eq!(cost(SelfAttention::Global) - none, 4 * attention(1));
        assert_eq!(cost(SelfAttention::Local) - none, 4 * attention(4));
        assert_eq!(cost(SelfAttention::Residual) - none, 4 * 2 * (2 * cells * 9 * channels * channels));
        assert_eq!(cost(SelfAttention::Residual), cost(SelfAttention::Dilated));
        let memory = |self_attention| training_bytes(&with(self_attention), 0, 1);
        assert!(memory(SelfAttention::None) < memory(SelfAttention::Local) && memory(SelfAttention::Local) < memory(SelfAttention::Global));
    }

    #[test]
    fn memory_grows_with_the_batch_and_is_of_the_known_size() {
        let config = ModelConfig::preset("paper").unwrap();
        let at = |batch| training_bytes(&config, 552_814_083, batch) as f64 / 1e9;
        // Weights, gradients and optimizer state alone are 11 GB.
        assert!(at(0) > 11.0 && at(0) < 11.1);
        assert!((at(2) - at(1)) - (at(1) - at(0)) < 1e-6 && at(1) > at(0) + 1.0);
    }
}
