//! Self-attention over the cells of a feature map.

use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};
use infill_kernel::{self as kernel, layer::linear};

use super::norm::Norm;

/// Multi-head attention with a residual connection (ADM's attention block).
#[derive(Module, Debug)]
pub struct Attention {
    norm: Norm,
    /// Channels to (head, one of query, key and value, channel of the head), slow to fast: heads are
    /// split before the three, as in the published checkpoints.
    qkv: Linear,
    project: Linear,
    heads: usize,
}

impl Attention {
    /// With `channels / head_channels` heads.
    pub fn new(channels: usize, head_channels: usize, device: &Device) -> Self {
        Self {
            norm: Norm::new(channels, device),
            qkv: linear(channels, 3 * channels, device),
            project: linear(channels, channels, device),
            heads: channels / head_channels,
        }
    }

    /// # Shapes
    /// `[batch, channels, height, width]` → the same
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let layers = kernel::AttentionLayers { qkv: &self.qkv, project: &self.project, heads: self.heads };
        kernel::attention(&layers, self.norm.forward(input.clone()), input)
    }
}
