//! The group norm of all blocks.

use burn::{
    module::Module,
    nn::GroupNorm,
    tensor::{Device, Tensor},
};
use infill_kernel::{self as kernel, ScaleShift, layer};

/// Groups of a group norm over `channels` channels: 32, or the largest smaller number that divides them.
pub fn groups(channels: usize) -> usize {
    (1..=32).rev().find(|groups| channels.is_multiple_of(*groups)).unwrap_or(1)
}

/// Group norm with as many groups as [`groups`] says.
#[derive(Module, Debug)]
pub struct Norm {
    inner: GroupNorm,
}

impl Norm {
    /// For `channels` channels; ε is 1e-5.
    pub fn new(channels: usize, device: &Device) -> Self {
        Self { inner: layer::norm(groups(channels), channels, device) }
    }

    /// The norm alone.
    ///
    /// # Shapes
    /// `[batch, channels, height, width]` → the same
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        kernel::normalize(&self.inner, input)
    }

    /// With SiLU, at half the resolution.
    ///
    /// # Shapes
    /// `[batch, channels, height, width]` → `[batch, channels, height/2, width/2]`
    pub fn activate_halved(&self, input: Tensor<4>) -> Tensor<4> {
        kernel::activate_halved(&self.inner, input)
    }

    /// With SiLU, and FiLM before it.
    ///
    /// # Shapes
    /// As [`Norm::forward`].
    pub fn activate(&self, input: Tensor<4>, film: Option<ScaleShift>) -> Tensor<4> {
        kernel::activate(&self.inner, input, film)
    }
}
