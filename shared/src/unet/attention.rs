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
    #[module(skip)]
    windows: usize,
}

impl Attention {
    /// With `channels / head_channels` heads, within each of `windows` × `windows` parts of the map.
    pub fn new(channels: usize, head_channels: usize, windows: usize, device: &Device) -> Self {
        Self {
            norm: Norm::new(channels, device),
            qkv: linear(channels, 3 * channels, device),
            project: linear(channels, channels, device),
            heads: channels / head_channels,
            windows,
        }
    }

    /// # Shapes
    /// `[batch, channels, height, width]` → the same; sides are multiples of the windows per side
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let layers = kernel::AttentionLayers { qkv: &self.qkv, project: &self.project, heads: self.heads };
        let normalized = self.norm.forward(input.clone());
        if self.windows == 1 {
            return kernel::attention(&layers, normalized, input);
        }
        let mixed = kernel::attention(&layers, into_windows(normalized, self.windows), into_windows(input, self.windows));
        out_of_windows(mixed, self.windows)
    }
}

/// Windows of a map, one after the other in the batch.
///
/// # Shapes
/// `[batch, channels, height, width]` → `[batch·windows², channels, height/windows, width/windows]`
fn into_windows(input: Tensor<4>, windows: usize) -> Tensor<4> {
    let [batch, channels, height, width] = input.dims();
    let (rows, columns) = (height / windows, width / windows);
    let split = input.reshape([batch, channels, windows, rows, windows, columns]).permute([0, 2, 4, 1, 3, 5]);
    split.reshape([batch * windows * windows, channels, rows, columns])
}

/// The inverse of [`into_windows`].
fn out_of_windows(input: Tensor<4>, windows: usize) -> Tensor<4> {
    let [count, channels, rows, columns] = input.dims();
    let batch = count / (windows * windows);
    let split = input.reshape([batch, windows, windows, channels, rows, columns]).permute([0, 3, 1, 4, 2, 5]);
    split.reshape([batch, channels, windows * rows, windows * columns])
}
