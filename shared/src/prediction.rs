//! What a net's output means: how its target follows from picture and noise, and how the clean picture
//! follows from its output. All of it is linear, so coefficients say everything. It knows no tensors.

use serde::{Deserialize, Serialize};

use crate::schedule;

/// What the net predicts from y = √γ·y0 + √(1−γ)·ε.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prediction {
    /// ε (paper, equation 3).
    Epsilon,
    /// v = √γ·ε − √(1−γ)·y0 (arXiv 2202.00512).
    Velocity,
    /// What is missing to the best estimate that the condition x and y give without a net, as a number of
    /// variance 1. That estimate takes y0 − x for independent N(0, s²) with s = [`RESIDUAL_DEVIATION`]
    /// (the preconditioning of arXiv 2206.00364, centred on x in place of 0). So a net whose output is 0
    /// gives the condition back — the JPEG, the grey picture, the smooth fill — and all of training goes
    /// into bettering it.
    Residual,
}

/// Standard deviation of y0 − x that [`Prediction::Residual`] assumes, for pictures in [−1, 1]. On
/// landscapes and flowers of 64 px it is 0.1 (JPEG of quality 20) to 0.4 (half of the picture missing).
pub const RESIDUAL_DEVIATION: f64 = 0.25;

/// target = epsilon·ε + picture·y0 + condition·x
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Factor of the noise.
    pub epsilon: f64,
    /// Factor of the clean picture.
    pub picture: f64,
    /// Factor of the condition.
    pub condition: f64,
}

/// What the net is given for the noisy picture: noisy·y + condition·x
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// Factor of the noisy picture.
    pub noisy: f64,
    /// Factor of the condition.
    pub condition: f64,
}

/// y0 = noisy·y + output·(the net's output) + condition·x
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Factor of the noisy picture.
    pub noisy: f64,
    /// Factor of the net's output. Its square turns a squared error of the output into one of the picture.
    pub output: f64,
    /// Factor of the condition.
    pub condition: f64,
}

impl Prediction {
    /// What the net is given at noise level γ ∈ (0, 1); `None` where it is the noisy picture itself.
    pub fn input(self, noise_level: f64) -> Option<Input> {
        match self {
            Self::Epsilon | Self::Velocity => None,
            // What y says beyond x, with variance 1: next to x it would be lost at the clean levels.
            Self::Residual => {
                let spread = spread(noise_level);
                Some(Input { noisy: 1.0 / spread, condition: -schedule::signal_scale(noise_level) / spread })
            }
        }
    }

    /// What the net is to give at noise level γ ∈ (0, 1).
    pub fn target(self, noise_level: f64) -> Target {
        let (signal, noise) = (schedule::signal_scale(noise_level), schedule::noise_scale(noise_level));
        match self {
            Self::Epsilon => Target { epsilon: 1.0, picture: 0.0, condition: 0.0 },
            Self::Velocity => Target { epsilon: signal, picture: -noise, condition: 0.0 },
            Self::Residual => {
                let spread = spread(noise_level);
                let rest = noise / (RESIDUAL_DEVIATION * spread);
                Target { epsilon: -signal * RESIDUAL_DEVIATION / spread, picture: rest, condition: -rest }
            }
        }
    }

    /// How the clean picture follows from the net's output at noise level γ ∈ (0, 1).
    pub fn estimate(self, noise_level: f64) -> Estimate {
        let (signal, noise) = (schedule::signal_scale(noise_level), schedule::noise_scale(noise_level));
        match self {
            // y0 = (y − √(1−γ)·ε) / √γ (paper, equation 4)
            Self::Epsilon => Estimate { noisy: 1.0 / signal, output: -noise / signal, condition: 0.0 },
            Self::Velocity => Estimate { noisy: signal, output: -noise, condition: 0.0 },
            Self::Residual => {
                let spread = spread(noise_level);
                let gain = signal * (RESIDUAL_DEVIATION / spread).powi(2);
                Estimate { noisy: gain, output: RESIDUAL_DEVIATION * noise / spread, condition: 1.0 - gain * signal }
            }
        }
    }
}

/// Standard deviation of y − √γ·x.
fn spread(noise_level: f64) -> f64 {
    (noise_level * RESIDUAL_DEVIATION.powi(2) + 1.0 - noise_level).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A net that gives its target gives the picture, whatever it predicts.
        #[test]
        fn the_target_gives_the_picture(log_snr in -9.0f64..9.0, picture in -1.0f64..1.0, epsilon in -4.0f64..4.0, condition in -1.0f64..1.0) {
            let level = schedule::noise_level(log_snr);
            let noisy = schedule::signal_scale(level) * picture + schedule::noise_scale(level) * epsilon;
            for prediction in [Prediction::Epsilon, Prediction::Velocity, Prediction::Residual] {
                let (target, estimate) = (prediction.target(level), prediction.estimate(level));
                let output = target.epsilon * epsilon + target.picture * picture + target.condition * condition;
                let found = estimate.noisy * noisy + estimate.output * output + estimate.condition * condition;
                prop_assert!((found - picture).abs() < 1e-9, "{prediction:?}: {found} is not {picture}");
            }
        }

        /// The residual's target has variance 1 when y0 − x has the variance assumed, at every level.
        #[test]
        fn the_residual_target_has_unit_variance(log_snr in -9.0f64..9.0) {
            let target = Prediction::Residual.target(schedule::noise_level(log_snr));
            prop_assert_eq!(target.picture, -target.condition);
            let variance = target.epsilon.powi(2) + (target.picture * RESIDUAL_DEVIATION).powi(2);
            prop_assert!((variance - 1.0).abs() < 1e-9, "{}", variance);
        }

        /// So has what the net is given, which does not depend on the condition otherwise.
        #[test]
        fn the_residual_input_has_unit_variance(log_snr in -9.0f64..9.0) {
            let level = schedule::noise_level(log_snr);
            let input = Prediction::Residual.input(level).unwrap();
            let of_picture = input.noisy * schedule::signal_scale(level);
            prop_assert!((of_picture + input.condition).abs() < 1e-12);
            let variance = (of_picture * RESIDUAL_DEVIATION).powi(2) + (input.noisy * schedule::noise_scale(level)).powi(2);
            prop_assert!((variance - 1.0).abs() < 1e-9, "{}", variance);
        }
    }

    #[test]
    fn an_untrained_residual_net_gives_the_condition_back_where_all_is_noise() {
        let estimate = Prediction::Residual.estimate(schedule::noise_level(-12.0));
        assert!((estimate.condition - 1.0).abs() < 1e-4 && estimate.noisy.abs() < 1e-3, "{estimate:?}");
    }
}
