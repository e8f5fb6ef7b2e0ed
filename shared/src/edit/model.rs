//! What an edit needs of a model.

use burn::tensor::{Device, Tensor};

use crate::{
    config::TaskKind,
    denoiser::{Conditioned, Denoiser, Model},
    unet::parameters,
};

/// What an edit needs of a model: a [`Denoiser`] for a condition.
pub trait EditModel {
    /// The denoiser under a condition.
    type Conditioned<'a>: Denoiser
    where
        Self: 'a;

    /// The denoiser under conditions `[windows, 3, size, size]`, with the masks `[windows, 1, size, size]` of what is to be
    /// filled where anything is known, and the task of each window.
    fn conditioned(&self, condition: Tensor<4>, mask: Option<Tensor<4>>, tasks: Vec<TaskKind>) -> Self::Conditioned<'_>;

    /// Where its tensors are.
    fn device(&self) -> Device;
}

impl EditModel for Model {
    type Conditioned<'a> = Conditioned<'a>;

    fn conditioned(&self, condition: Tensor<4>, mask: Option<Tensor<4>>, tasks: Vec<TaskKind>) -> Conditioned<'_> {
        Conditioned::new(self, condition, mask, tasks)
    }

    fn device(&self) -> Device {
        parameters::device(&self.unet)
    }
}
