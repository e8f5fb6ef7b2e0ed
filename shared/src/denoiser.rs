//! What a sampler sees: something that estimates the clean picture. And a trained model as such a
//! thing. It knows the noise level's meaning and the net's prediction, not how levels are visited.

use burn::tensor::{Device, Tensor, TensorData};

use crate::{
    config::{ConfigError, ModelConfig, NoiseEmbedding},
    prediction::Input,
    schedule,
    unet::Unet,
};

/// Factor of the log-SNR before the sinusoids, so that neighbouring levels look different to the net.
const LOG_SNR_SCALE: f64 = 10.0;

/// Estimates clean pictures from noisy ones.
pub trait Denoiser {
    /// The expected clean picture given `noisy` at noise level γ ∈ (0, 1).
    ///
    /// # Shapes
    /// `[batch, 3, height, width]` → the same, about [−1, 1]
    fn denoise(&self, noisy: Tensor<4>, noise_level: f64) -> Tensor<4>;
}

/// A net and what it takes to use it.
#[derive(Clone, Debug)]
pub struct Model {
    /// How it was built and trained.
    pub config: ModelConfig,
    /// The net with its weights.
    pub unet: Unet,
}

impl Model {
    /// A model with random weights that depend on the seed alone.
    ///
    /// # Errors
    /// When no net can be built from the configuration.
    pub fn new(config: ModelConfig, seed: u64, device: &Device) -> Result<Self, ConfigError> {
        config.validate()?;
        let unet = Unet::new(&config, device).with_random_weights(seed);
        Ok(Self { config, unet })
    }

    /// What the net predicts, see [`Prediction`](crate::config::Prediction).
    ///
    /// # Shapes
    /// - condition, noisy: `[batch, 3, height, width]`
    /// - noise_levels: one γ a sample
    pub fn predict(&self, condition: Tensor<4>, noisy: Tensor<4>, noise_levels: &[f64]) -> Tensor<4> {
        let device = noisy.device();
        let noisy = self.precondition(&condition, noisy, noise_levels);
        let inputs: Vec<f32> = noise_levels
            .iter()
            .map(|level| match self.config.noise_embedding {
                NoiseEmbedding::LogSnr => (schedule::log_snr(*level) * LOG_SNR_SCALE) as f32,
                NoiseEmbedding::NoiseLevel => *level as f32,
            })
            .collect();
        let count = inputs.len();
        let levels = Tensor::<1>::from_data(TensorData::new(inputs, [count]), &device);
        self.unet.forward(condition, noisy, levels)
    }

    /// The noisy picture as the net wants it, see [`Prediction::input`](crate::config::Prediction::input).
    fn precondition(&self, condition: &Tensor<4>, noisy: Tensor<4>, noise_levels: &[f64]) -> Tensor<4> {
        let factors: Option<Vec<Input>> = noise_levels.iter().map(|level| self.config.prediction.input(*level)).collect();
        let Some(factors) = factors else {
            return noisy;
        };
        let column = |part: fn(&Input) -> f64| {
            let values: Vec<f32> = factors.iter().map(|factor| part(factor) as f32).collect();
            Tensor::<4>::from_data(TensorData::new(values, [factors.len(), 1, 1, 1]), &noisy.device())
        };
        let (of_noisy, of_condition) = (column(|factor| factor.noisy), column(|factor| factor.condition));
        noisy * of_noisy + condition.clone() * of_condition
    }
}

/// A model with the condition it works under: a [`Denoiser`].
#[derive(Clone, Debug)]
pub struct Conditioned<'a> {
    model: &'a Model,
    condition: Tensor<4>,
}

impl<'a> Conditioned<'a> {
    /// Condition: `[batch, 3, height, width]`.
    pub fn new(model: &'a Model, condition: Tensor<4>) -> Self {
        Self { model, condition }
    }
}

impl Denoiser for Conditioned<'_> {
    fn denoise(&self, noisy: Tensor<4>, noise_level: f64) -> Tensor<4> {
        let levels = vec![noise_level; noisy.dims()[0]];
        let output = self.model.predict(self.condition.clone(), noisy.clone(), &levels);
        let factors = self.model.config.prediction.estimate(noise_level);
        let estimate = noisy.mul_scalar(factors.noisy) + output.mul_scalar(factors.output);
        // For most predictions the factor is exactly 0, and noise in the condition must not be looked at.
        if factors.condition == 0.0 { estimate } else { estimate + self.condition.clone().mul_scalar(factors.condition) }
    }
}
