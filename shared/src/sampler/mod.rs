//! Samplers as steps: from noise to a picture, one evaluation of a [`Denoiser`] at a time. Callers
//! loop (command line) or yield (browser) between steps. Nothing here knows nets or tasks.

mod memory;
mod update;

use std::{fmt, str::FromStr};

use burn::tensor::{Bool, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::{
    denoiser::Denoiser,
    noise::{self, Purpose},
    schedule,
};
use update::{Update, multistep};

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
    type Err = SamplerError;

    fn from_str(text: &str) -> Result<Self, SamplerError> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| SamplerError::UnknownKind(text.to_owned()))
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
    /// Factor of all noise, from 0 to 1. Below 1 samples keep closer to what is most likely: less grain from a
    /// net that saw little, less variety, and at 0 always the same answer.
    #[serde(default = "full")]
    pub temperature: f64,
    /// Log-SNR at which sampling begins from a guess, where what is known comes with one ([`Known::guess`]), instead of
    /// from noise (SDEdit, arXiv 2108.01073). The larger, the more of the guess stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guess: Option<f64>,
    /// Seed of the noise.
    pub seed: u64,
}

/// The temperature of settings that were written before there was one.
fn full() -> f64 {
    1.0
}

impl SamplerSettings {
    /// Checks every number.
    ///
    /// # Errors
    /// Steps or η out of range.
    pub fn validate(&self) -> Result<(), SamplerError> {
        if !(1..=10_000).contains(&self.steps) {
            return Err(SamplerError::Steps(self.steps));
        }
        if !(0.0..=1.0).contains(&self.eta) {
            return Err(SamplerError::Eta(self.eta));
        }
        if !(0.0..=1.0).contains(&self.temperature) {
            return Err(SamplerError::Temperature(self.temperature));
        }
        if self.guess.is_some_and(|log_snr| !(-30.0..=30.0).contains(&log_snr)) {
            return Err(SamplerError::Guess(self.guess.unwrap_or_default()));
        }
        Ok(())
    }
}

impl Default for SamplerSettings {
    fn default() -> Self {
        Self { kind: SamplerKind::DpmSolver, steps: 20, eta: 0.0, temperature: 1.0, guess: None, seed: 0 }
    }
}

/// Settings that cannot be sampled with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SamplerError {
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
    /// Memory of another run.
    #[error("a run of {steps} steps cannot go on after {done} of them from values of shape {found:?}; it takes {wanted:?}: begin it anew")]
    Memory {
        /// Steps that are said to be done.
        done: usize,
        /// Steps in all.
        steps: usize,
        /// Shape of the values given.
        found: [usize; 4],
        /// Shape of the values that such a run leaves.
        wanted: [usize; 4],
    },
}

/// What is already known of the picture, and stays as it is.
#[derive(Clone, Debug)]
pub struct Known {
    /// The picture, `[batch, 3, height, width]` in [−1, 1]; its values under the mask do not matter.
    pub picture: Tensor<4>,
    /// `[batch, 1, height, width]`: above ½ where something is to be filled.
    pub mask: Tensor<4>,
    /// A picture `[batch, 3, height, width]` whose values under the mask sampling begins from where the settings say so
    /// ([`SamplerSettings::guess`]).
    pub guess: Option<Tensor<4>>,
}

/// A run under way.
#[derive(Clone, Debug)]
pub struct Sampler {
    settings: SamplerSettings,
    levels: Vec<f64>,
    /// What each sample's fresh noise is drawn by.
    numbers: Vec<u64>,
    done: usize,
    noisy: Tensor<4>,
    estimate: Option<Tensor<4>>,
    /// For UniPC: the corrected state that the last step started from, and the estimate before the last.
    corrected: Option<(Tensor<4>, Option<Tensor<4>>)>,
    known: Option<(Tensor<4>, Tensor<4, Bool>)>,
}

impl Sampler {
    /// Begins at `start`, values of N(0, 1) of shape `[batch, 3, height, width]`.
    ///
    /// # Errors
    /// Steps or η out of range.
    pub fn new(settings: &SamplerSettings, log_snr_range: [f64; 2], start: Tensor<4>, known: Option<Known>) -> Result<Self, SamplerError> {
        settings.validate()?;
        let guess = settings.guess.zip(known.as_ref().and_then(|known| known.guess.clone()));
        let [low, high] = log_snr_range;
        let range = guess.as_ref().map_or(log_snr_range, |(log_snr, _)| [log_snr.clamp(low, high), high]);
        let levels = match settings.kind {
            SamplerKind::Ancestral => schedule::inference_schedule(settings.steps, range),
            SamplerKind::Ddim | SamplerKind::DpmSolver | SamplerKind::UniPc => schedule::log_snr_grid(settings.steps, range),
        };
        let noise = start.mul_scalar(settings.temperature);
        let noisy = match guess {
            None => noise,
            Some((_, guess)) => {
                let level = levels[0];
                guess.mul_scalar(schedule::signal_scale(level)) + noise.mul_scalar(schedule::noise_scale(level))
            }
        };
        let shape = noisy.dims();
        let known = known.map(|known| (known.picture, known.mask.lower_equal_elem(0.5).expand(shape)));
        let mut sampler = Self {
            settings: settings.clone(),
            levels,
            numbers: (0..shape[0] as u64).collect(),
            done: 0,
            noisy,
            estimate: None,
            corrected: None,
            known,
        };
        sampler.noisy = sampler.keep_known(sampler.noisy.clone());
        Ok(sampler)
    }

    /// Gives every sample a number, by which it draws the same fresh noise in whatever batch it is. Without
    /// it they are numbered from 0.
    ///
    /// # Panics
    /// When there are not as many numbers as samples.
    #[must_use]
    pub fn numbered(mut self, numbers: Vec<u64>) -> Self {
        assert_eq!(numbers.len(), self.numbers.len(), "one number a sample");
        self.numbers = numbers;
        self
    }

    /// Evaluations of the denoiser in all.
    pub fn steps(&self) -> usize {
        self.levels.len()
    }

    /// Evaluations so far.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Whether nothing is left to do.
    pub fn is_finished(&self) -> bool {
        self.done == self.levels.len()
    }

    /// One evaluation of the denoiser. Does nothing once finished.
    pub fn step(&mut self, denoiser: &impl Denoiser) {
        let Some(&level) = self.levels.get(self.done) else {
            return;
        };
        // Estimates outside the range of pictures are cut, which keeps few-step samplers stable.
        let estimate = denoiser.denoise(self.noisy.clone(), level).clamp(-1.0, 1.0);
        let next = match self.levels.get(self.done + 1) {
            // At γ = 1 every rule gives the clean estimate itself.
            None => estimate.clone(),
            Some(&next_level) if self.settings.kind == SamplerKind::UniPc => self.correct_and_predict(next_level, &estimate),
            Some(&next_level) => {
                let update = match self.settings.kind {
                    SamplerKind::Ancestral => Update::ancestral(level, next_level),
                    SamplerKind::Ddim => Update::ddim(level, next_level, self.settings.eta),
                    SamplerKind::DpmSolver | SamplerKind::UniPc => {
                        let before = self.done.checked_sub(1).map(|index| self.levels[index]);
                        Update::dpm_solver(before, level, next_level)
                    }
                };
                self.apply(update, &estimate)
            }
        };
        self.noisy = self.keep_known(next);
        self.estimate = Some(estimate);
        self.done += 1;
    }

    /// A step of UniPC: the estimate at the state that was predicted corrects that state, and the next one
    /// is predicted from the corrected state.
    fn correct_and_predict(&mut self, next_level: f64, estimate: &Tensor<4>) -> Tensor<4> {
        let level = |back: usize| self.done.checked_sub(back).map(|index| self.levels[index]);
        let combine = |start: &Tensor<4>, from: f64, to: f64, points: &[(f64, &Tensor<4>)]| {
            let nodes: Vec<f64> = points.iter().map(|(level, _)| *level).collect();
            let (noisy, weights) = multistep(from, to, &nodes);
            let start = start.clone().mul_scalar(noisy);
            points.iter().zip(weights).fold(start, |sum, ((_, estimate), weight)| sum + (*estimate).clone().mul_scalar(weight))
        };
        let here = self.levels[self.done];
        let mut points = vec![(here, estimate)];
        if let (Some(level), Some(last)) = (level(1), &self.estimate) {
            points.push((level, last));
        }
        let corrected = match (&self.corrected, level(1)) {
            (Some((start, before)), Some(from)) => {
                let mut points = points.clone();
                if let (Some(level), Some(before)) = (level(2), before) {
                    points.push((level, before));
                }
                combine(start, from, here, &points)
            }
            _ => self.noisy.clone(),
        };
        let next = combine(&corrected, here, next_level, &points);
        self.corrected = Some((corrected, self.estimate.clone()));
        next
    }

    fn apply(&self, update: Update, estimate: &Tensor<4>) -> Tensor<4> {
        let mut next = self.noisy.clone().mul_scalar(update.noisy) + estimate.clone().mul_scalar(update.estimate);
        if let Some(previous) = &self.estimate
            && update.previous != 0.0
        {
            next = next + previous.clone().mul_scalar(update.previous);
        }
        if update.fresh != 0.0 {
            let (shape, device) = (self.noisy.dims(), self.noisy.device());
            let fresh = gaussian_of(&self.numbers, self.settings.seed, Purpose::Step, self.done as u64, shape, &device);
            next = next + fresh.mul_scalar(update.fresh * self.settings.temperature);
        }
        next
    }

    fn keep_known(&self, tensor: Tensor<4>) -> Tensor<4> {
        match &self.known {
            None => tensor,
            Some((picture, is_known)) => tensor.mask_where(is_known.clone(), picture.clone()),
        }
    }

    /// The clean picture as the last step saw it, `[batch, 3, height, width]`, for previews.
    pub fn estimate(&self) -> Option<Tensor<4>> {
        self.estimate.clone().map(|estimate| self.keep_known(estimate))
    }

    /// The state between steps: noisy where something is filled, clean where it is known.
    pub fn noisy(&self) -> Tensor<4> {
        self.noisy.clone()
    }

    /// The noise levels γ that are visited, from noisy to clean.
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The result once [`Sampler::is_finished`]; before that the state so far.
    pub fn finish(self) -> Tensor<4> {
        self.noisy
    }
}

/// Values of N(0, 1) for a whole batch, each sample from its own stream, the same on every backend.
pub fn gaussian(seed: u64, purpose: Purpose, step: u64, shape: [usize; 4], device: &Device) -> Tensor<4> {
    let numbers: Vec<u64> = (0..shape[0] as u64).collect();
    gaussian_of(&numbers, seed, purpose, step, shape, device)
}

fn gaussian_of(numbers: &[u64], seed: u64, purpose: Purpose, step: u64, shape: [usize; 4], device: &Device) -> Tensor<4> {
    let each = shape[1..].iter().product();
    let draw = |number: &u64| noise::gaussian(&mut noise::stream(seed, purpose, step, *number), each);
    let values: Vec<f32> = numbers.iter().flat_map(draw).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod tests;
