//! One run of a sampler: its state, and one step of it.

use burn::tensor::{Bool, Tensor};

use super::update::{Update, multistep};
use crate::{
    config::{SamplerKind, SamplerSettings, SettingsError},
    denoiser::Denoiser,
    noise::{self, Purpose},
    schedule,
};

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

/// The least range of log-SNRs that a sampler goes through from a guess: the multistep rules have no answer between two levels
/// that are the same.
const LEAST_RANGE: f64 = 0.1;

/// A run under way.
#[derive(Clone, Debug)]
pub struct Sampler {
    pub(super) settings: SamplerSettings,
    levels: Vec<f64>,
    /// What each sample's fresh noise is drawn by.
    numbers: Vec<u64>,
    pub(super) done: usize,
    pub(super) noisy: Tensor<4>,
    pub(super) estimate: Option<Tensor<4>>,
    /// For UniPC: the corrected state that the last step started from, and the estimate before the last.
    pub(super) corrected: Option<(Tensor<4>, Option<Tensor<4>>)>,
    known: Option<(Tensor<4>, Tensor<4, Bool>)>,
}

impl Sampler {
    /// Begins at `start`, values of N(0, 1) of shape `[batch, 3, height, width]`.
    ///
    /// # Errors
    /// Settings out of range.
    pub fn new(settings: &SamplerSettings, log_snr_range: [f64; 2], start: Tensor<4>, known: Option<Known>) -> Result<Self, SettingsError> {
        settings.validate_in(log_snr_range)?;
        let guess = settings.guess.zip(known.as_ref().and_then(|known| known.guess.clone()));
        let [low, high] = log_snr_range;
        let range = guess.as_ref().map_or(log_snr_range, |(log_snr, _)| [log_snr.min(high - LEAST_RANGE).max(low), high]);
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
            let ([_, channels, height, width], device) = (self.noisy.dims(), self.noisy.device());
            let (seed, step, each) = (self.settings.seed, self.done as u64, [channels, height, width]);
            let fresh = noise::gaussian_batch(&self.numbers, seed, Purpose::Step, step, each, &device);
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
