//! What a net's output means: what it is given, what its target is, and how the clean picture follows from
//! its output. It knows no nets and no order of noise levels.
//!
//! Tensors are `[batch, 3, height, width]`; there is one noise level γ ∈ (0, 1) a sample.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::{residual::Residual, schedule, task::TaskKind};

/// What the net predicts from y = √γ·y0 + √(1−γ)·ε.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prediction {
    /// ε (paper, equation 3).
    Epsilon,
    /// v = √γ·ε − √(1−γ)·y0 (arXiv 2202.00512).
    Velocity,
    /// What is missing to the best estimate that condition and noisy picture give without a net, as numbers
    /// of variance 1 in every task; see [`Residual`]. A net whose output is 0 gives the condition back — the JPEG, the
    /// grey picture, the smooth fill — and all of training goes into bettering it.
    #[serde(rename = "task_residual")]
    Residual,
    /// What is missing to the condition, from the condition alone: no noise, one pass, and with a squared loss
    /// the expected picture. The paper's regression baseline (section 4), not a diffusion model.
    Regression,
}

/// What is known before the net is asked.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The condition x.
    pub condition: &'a Tensor<4>,
    /// The noisy picture y. Known pixels are exactly those of the condition.
    pub noisy: &'a Tensor<4>,
    /// One noise level a sample.
    pub noise_levels: &'a [f64],
    /// One task a sample. The net is not told; [`Residual`] knows by it what is missing.
    pub tasks: &'a [TaskKind],
}

impl Prediction {
    /// What the net is given for the noisy picture.
    pub fn input(self, given: Given<'_>) -> Tensor<4> {
        match self {
            Self::Epsilon | Self::Velocity => given.noisy.clone(),
            Self::Residual => Residual::new(given).input(),
            Self::Regression => given.noisy.zeros_like(),
        }
    }

    /// What the net is to give for a clean picture and the noise in the noisy one.
    pub fn target(self, given: Given<'_>, picture: &Tensor<4>, epsilon: &Tensor<4>) -> Tensor<4> {
        match self {
            Self::Epsilon => epsilon.clone(),
            Self::Velocity => {
                let (signal, noise) = given.scales();
                signal * epsilon.clone() - noise * picture.clone()
            }
            Self::Residual => Residual::new(given).target(picture),
            Self::Regression => picture.clone() - given.condition.clone(),
        }
    }

    /// The clean picture that follows from the net's output.
    pub fn estimate(self, given: Given<'_>, output: Tensor<4>) -> Tensor<4> {
        match self {
            // y0 = (y − √(1−γ)·ε) / √γ (paper, equation 4)
            Self::Epsilon => {
                let (signal, noise) = given.scales();
                (given.noisy.clone() - noise * output) / signal
            }
            // y0 = √γ·y − √(1−γ)·v
            Self::Velocity => {
                let (signal, noise) = given.scales();
                signal * given.noisy.clone() - noise * output
            }
            Self::Residual => Residual::new(given).estimate(output),
            Self::Regression => given.condition.clone() + output,
        }
    }

    /// The noise level that the net is told for one.
    pub fn told(self, noise_level: f64) -> f64 {
        match self {
            Self::Epsilon | Self::Velocity | Self::Residual => noise_level,
            // Always the same, that of log-SNR 0.
            Self::Regression => 0.5,
        }
    }

    /// How many evaluations a sampler makes that was asked for some: a net that sees no noise gives the
    /// same at every one.
    pub fn evaluations(self, asked: usize) -> usize {
        match self {
            Self::Epsilon | Self::Velocity | Self::Residual => asked,
            Self::Regression => asked.min(1),
        }
    }
}

impl Given<'_> {
    /// √γ and √(1−γ) of every sample, `[batch, 1, 1, 1]`.
    fn scales(&self) -> (Tensor<4>, Tensor<4>) {
        (self.column(schedule::signal_scale), self.column(schedule::noise_scale))
    }

    /// √γ·noisy + √(1−γ)·ε (paper, equation 2), for a `noisy` that is still clean.
    pub fn noised(&self, epsilon: &Tensor<4>) -> Tensor<4> {
        let (signal, noise) = self.scales();
        signal * self.noisy.clone() + noise * epsilon.clone()
    }

    /// A number for every sample, `[batch, 1, 1, 1]`.
    pub(crate) fn column(&self, of_level: impl Fn(f64) -> f64) -> Tensor<4> {
        let values: Vec<f32> = self.noise_levels.iter().map(|level| of_level(*level) as f32).collect();
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count, 1, 1, 1]), &self.noisy.device())
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::{noise::Purpose, sampler::gaussian};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// A net that gives its target gives the picture, whatever it predicts.
        #[test]
        fn the_target_gives_the_picture(low in -6.0f64..9.0, high in -6.0f64..9.0, seed in any::<u64>()) {
            let device = Device::flex();
            let draw = |step, scale: f64| gaussian(seed, Purpose::Evaluation, step, [2, 3, 16, 16], &device).mul_scalar(scale);
            let (condition, epsilon) = (draw(0, 0.5), draw(1, 1.0));
            let picture = condition.clone() + draw(2, 0.2);
            let noise_levels = [schedule::noise_level(low), schedule::noise_level(high)];
            let given = Given { condition: &condition, noisy: &condition, noise_levels: &noise_levels, tasks: &[TaskKind::Inpaint, TaskKind::Restore] };
            let noisy = Given { noisy: &picture, ..given }.noised(&epsilon);
            let given = Given { noisy: &noisy, ..given };
            for prediction in [Prediction::Epsilon, Prediction::Velocity, Prediction::Residual, Prediction::Regression] {
                let output = prediction.target(given, &picture, &epsilon);
                let furthest: f32 = (prediction.estimate(given, output) - picture.clone()).abs().max().into_scalar();
                // Where there is next to no signal ε loses digits of the picture.
                prop_assert!(furthest < 1e-4, "{:?}: {}", prediction, furthest);
            }
        }
    }
}
