//! Self-attention over the cells of a feature map.

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, FloatDType, Tensor, activation::softmax},
};

use super::block::Norm;
use crate::kernel;

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
            qkv: LinearConfig::new(channels, 3 * channels).init(device),
            project: LinearConfig::new(channels, channels).init(device),
            heads: channels / head_channels,
        }
    }

    /// # Shapes
    /// `[batch, channels, height, width]` → the same
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = input.dims();
        let (cells, head) = (height * width, channels / self.heads);
        let tokens = self.norm.forward(input.clone()).reshape([batch, channels, cells]).swap_dims(1, 2);
        let qkv = self.qkv.forward(tokens).reshape([batch, cells, self.heads, 3 * head]).swap_dims(1, 2);
        let part = |index: usize| qkv.clone().narrow(3, index * head, head);
        // The scale is split between both factors, which keeps f16 in range.
        let scale = (head as f64).powf(-0.25);
        let scores = part(0).mul_scalar(scale).matmul(part(1).mul_scalar(scale).swap_dims(2, 3));
        let precision = kernel::dtype(&scores);
        // A sum over all cells, which 16 bits would round away.
        let weights = softmax(scores.cast(FloatDType::F32), 3).cast(precision);
        let mixed = weights.matmul(part(2)).swap_dims(1, 2).reshape([batch, cells, channels]);
        let output = self.project.forward(mixed).swap_dims(1, 2).reshape([batch, channels, height, width]);
        input + output
    }
}
