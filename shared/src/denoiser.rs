//! What a sampler sees: something that estimates the clean picture. And a trained model as such a
//! thing. It knows the noise level's meaning and the net's prediction, not how levels are visited.

use burn::tensor::{Device, Tensor, TensorData};

use crate::{
    config::{ConfigError, ModelConfig, NoiseEmbedding, TaskKind},
    prediction::Given,
    schedule,
    unet::Unet,
};

/// Factor of the log-SNR before the sinusoids, so that neighbouring levels look different to the net.
pub const LOG_SNR_SCALE: f64 = 10.0;

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
    pub fn predict(&self, given: Given<'_>) -> Tensor<4> {
        let told = given.noise_levels.iter().map(|level| self.config.prediction.told(*level));
        let inputs: Vec<f32> = told
            .map(|level| match self.config.noise_embedding {
                NoiseEmbedding::LogSnr => (schedule::log_snr(level) * LOG_SNR_SCALE) as f32,
                NoiseEmbedding::NoiseLevel => level as f32,
                NoiseEmbedding::Step => schedule::guided_diffusion_step(level) as f32,
            })
            .collect();
        let count = inputs.len();
        let levels = Tensor::<1>::from_data(TensorData::new(inputs, [count]), &given.noisy.device());
        self.unet.forward(given.condition.clone(), self.config.prediction.input(given), levels)
    }
}

/// A model with what it is asked: a [`Denoiser`].
#[derive(Clone, Debug)]
pub struct Conditioned<'a> {
    model: &'a Model,
    condition: Tensor<4>,
    mask: Option<Tensor<4>>,
    tasks: Vec<TaskKind>,
}

impl<'a> Conditioned<'a> {
    /// The model under the condition `[batch, 3, height, width]`, with the mask `[batch, 1, height, width]` of what is to
    /// be filled where anything is known, and the task of each sample.
    ///
    /// # Panics
    /// When there are not as many tasks as samples.
    pub fn new(model: &'a Model, condition: Tensor<4>, mask: Option<Tensor<4>>, tasks: Vec<TaskKind>) -> Self {
        assert_eq!(tasks.len(), condition.dims()[0], "one task a sample");
        Self { model, condition, mask, tasks }
    }
}

impl Denoiser for Conditioned<'_> {
    fn denoise(&self, noisy: Tensor<4>, noise_level: f64) -> Tensor<4> {
        let noise_levels = vec![noise_level; noisy.dims()[0]];
        let (condition, mask) = (&self.condition, self.mask.as_ref());
        let given = Given { condition, noisy: &noisy, mask, noise_levels: &noise_levels, tasks: &self.tasks };
        self.model.config.prediction.estimate(given, self.model.predict(given))
    }
}
