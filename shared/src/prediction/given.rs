//! What is known before the net is asked.

use burn::tensor::{Bool, Tensor, TensorData};

use crate::{config::TaskKind, schedule};

/// What is known of a batch before the net is asked.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The condition x, `[batch, 3, height, width]`.
    pub condition: &'a Tensor<4>,
    /// The noisy picture y, of the same shape. Known pixels are those of the condition, bit for bit.
    pub noisy: &'a Tensor<4>,
    /// `[batch, 1, height, width]`: above ½ where something is to be filled. `None` where nothing is known.
    pub mask: Option<&'a Tensor<4>>,
    /// One noise level a sample.
    pub noise_levels: &'a [f64],
    /// One task a sample. The net is not told; `Prediction::Residual` scales its target by it.
    pub tasks: &'a [TaskKind],
}

impl Given<'_> {
    /// √γ and √(1−γ) of every sample, `[batch, 1, 1, 1]`.
    pub(super) fn scales(&self) -> (Tensor<4>, Tensor<4>) {
        (self.column(schedule::signal_scale), self.column(schedule::noise_scale))
    }

    /// √γ·noisy + √(1−γ)·ε (paper, equation 2), for a `noisy` that is still clean.
    pub fn noised(&self, epsilon: &Tensor<4>) -> Tensor<4> {
        let (signal, noise) = self.scales();
        signal * self.noisy.clone() + noise * epsilon.clone()
    }

    /// A number for every sample, `[batch, 1, 1, 1]`.
    pub(super) fn column(&self, of_level: impl Fn(f64) -> f64) -> Tensor<4> {
        let values: Vec<f32> = self.noise_levels.iter().map(|level| of_level(*level) as f32).collect();
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count, 1, 1, 1]), &self.noisy.device())
    }

    /// Where the picture is known, `[batch, 3, height, width]`, if it is anywhere.
    pub(super) fn known(&self) -> Option<Tensor<4, Bool>> {
        self.mask.map(|mask| mask.clone().lower_equal_elem(0.5).expand(self.noisy.dims()))
    }
}
