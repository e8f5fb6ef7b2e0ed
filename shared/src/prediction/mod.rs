//! What a net's output means: what it is given, what its target is, and how the clean picture follows from
//! its output. It knows no nets and no order of noise levels.
//!
//! Tensors are `[batch, 3, height, width]`; there is one noise level γ ∈ (0, 1) a sample.

mod given;
mod residual;

use burn::tensor::Tensor;

use crate::config::Prediction;
pub use given::Given;
use residual::Residual;
pub use residual::{OCTAVES, octave, to_frequencies};

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
            // It sees no noise, so it is always told log-SNR 0.
            Self::Regression => 0.5,
        }
    }

    /// Whether another seed gives another answer.
    pub fn varies(self) -> bool {
        self != Self::Regression
    }

    /// How many evaluations a sampler makes when it is asked for so many. A net that sees no noise gives the same answer
    /// every time, so one is enough.
    pub fn evaluations(self, asked: usize) -> usize {
        match self {
            Self::Epsilon | Self::Velocity | Self::Residual => asked,
            Self::Regression => asked.min(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        config::TaskKind,
        noise::{Purpose, gaussian_batch},
        schedule,
    };

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// A net that gives its target gives the picture, whatever it predicts.
        #[test]
        fn the_target_gives_the_picture(low in -6.0f64..9.0, high in -6.0f64..9.0, seed in any::<u64>()) {
            let device = Device::flex();
            let draw = |step, scale: f64| gaussian_batch(&[0, 1], seed, Purpose::Evaluation, step, [3, 16, 16], &device).mul_scalar(scale);
            let (condition, epsilon) = (draw(0, 0.5), draw(1, 1.0));
            let picture = condition.clone() + draw(2, 0.2);
            let noise_levels = [schedule::noise_level(low), schedule::noise_level(high)];
            let given = Given { condition: &condition, noisy: &condition, mask: None, noise_levels: &noise_levels, tasks: &[TaskKind::Inpaint, TaskKind::Restore] };
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
