//! What can be chosen about sampling. The samplers themselves are in `sampler`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How to get from one noise level to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SamplerKind {
    /// The paper's ancestral sampler, with variance 1−α (paper, algorithm 2).
    Ancestral,
    /// DDIM with η (arXiv 2010.02502, equation 12).
    Ddim,
    /// DPM-Solver++(2M) (arXiv 2211.01095, algorithm 2).
    DpmSolver,
    /// UniPC of order 2 (arXiv 2302.04867): each estimate also corrects the step that led to it.
    UniPc,
}

impl SamplerKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ancestral, Self::Ddim, Self::DpmSolver, Self::UniPc];

    fn name(self) -> &'static str {
        match self {
            Self::Ancestral => "ancestral",
            Self::Ddim => "ddim",
            Self::DpmSolver => "dpm-solver",
            Self::UniPc => "uni-pc",
        }
    }
}

impl fmt::Display for SamplerKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for SamplerKind {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| SettingsError::UnknownKind(text.to_owned()))
    }
}

/// What can be chosen about sampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SamplerSettings {
    /// The update rule.
    pub kind: SamplerKind,
    /// Evaluations of the net.
    pub steps: usize,
    /// Share of fresh noise for DDIM: 0 is deterministic, 1 is ancestral.
    pub eta: f64,
    /// Factor of all noise, from 0 to 1. Below 1 samples keep closer to what is most likely: less grain, less
    /// variety, and at 0 always the same answer.
    #[serde(default = "full")]
    pub temperature: f64,
    /// Log-SNR at which sampling begins from the task's guess of what is missing, where the task has one, instead of from
    /// noise (SDEdit, arXiv 2108.01073). The larger, the more of the guess stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guess: Option<f64>,
    /// Seed of the noise.
    pub seed: u64,
}

/// The temperature where settings name none: older files do not.
fn full() -> f64 {
    1.0
}

impl SamplerSettings {
    /// Checks every number.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        if !(1..=10_000).contains(&self.steps) {
            return Err(SettingsError::Steps(self.steps));
        }
        if !(0.0..=1.0).contains(&self.eta) {
            return Err(SettingsError::Eta(self.eta));
        }
        if !(0.0..=1.0).contains(&self.temperature) {
            return Err(SettingsError::Temperature(self.temperature));
        }
        if self.guess.is_some_and(|log_snr| !(-30.0..=30.0).contains(&log_snr)) {
            return Err(SettingsError::Guess(self.guess.unwrap_or_default()));
        }
        Ok(())
    }
}

impl SamplerSettings {
    /// Checks every number for a model of this range of log-SNRs.
    ///
    /// # Errors
    /// As [`SamplerSettings::validate`], or a guess at or above the cleanest level of the model, from which there is no step.
    pub fn validate_in(&self, [_, high]: [f64; 2]) -> Result<(), SettingsError> {
        self.validate()?;
        match self.guess {
            Some(guess) if guess >= high => Err(SettingsError::CleanGuess { guess, high }),
            _ => Ok(()),
        }
    }
}

impl Default for SamplerSettings {
    fn default() -> Self {
        Self { kind: SamplerKind::DpmSolver, steps: 20, eta: 0.0, temperature: 1.0, guess: None, seed: 0 }
    }
}

/// Settings that cannot be sampled with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// No such sampler.
    #[error("no sampler is called `{0}`; there are ancestral, ddim, dpm-solver, uni-pc")]
    UnknownKind(String),
    /// Too few or too many steps.
    #[error("{0} steps cannot be sampled; choose 1 to 10000")]
    Steps(usize),
    /// η outside [0, 1].
    #[error("η is {0}; choose 0 (deterministic) to 1 (ancestral)")]
    Eta(f64),
    /// A temperature outside [0, 1].
    #[error("the temperature is {0}; choose 0 (the most likely) to 1 (as varied as the net)")]
    Temperature(f64),
    /// A guess without a noise level.
    #[error("a guess at a log-SNR of {0}; choose -30 (nothing of it stays) to 30 (all of it)")]
    Guess(f64),
    /// A guess at a level that is cleaner than all of the model's.
    #[error("a guess at a log-SNR of {guess} leaves nothing to sample; this model's levels end at {high}: choose less")]
    CleanGuess {
        /// The guess.
        guess: f64,
        /// The model's cleanest level.
        high: f64,
    },
}

/// What suits a task: how many evaluations of the net, how much noise, and where sampling begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Evaluations of the net.
    pub steps: usize,
    /// Factor of all noise, 0 to 1.
    pub temperature: f64,
    /// Log-SNR at which sampling begins from the task's guess of what is missing; without it, from pure noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guess: Option<f64>,
}

impl fmt::Display for Sampling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = if self.steps == 1 { "step" } else { "steps" };
        write!(formatter, "{} {steps} at temperature {}", self.steps, self.temperature)?;
        self.guess.map_or(Ok(()), |log_snr| write!(formatter, " from a guess at log-SNR {log_snr}"))
    }
}

impl Default for Sampling {
    fn default() -> Self {
        let SamplerSettings { steps, temperature, guess, .. } = SamplerSettings::default();
        Self { steps, temperature, guess }
    }
}
