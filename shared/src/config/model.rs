//! What a model is: the one description from which the net is built, checked and counted.
//! It holds no weights and makes no tensors; `unet` builds from it and `model_file` stores it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    HoleCondition, NoiseEmbedding, PAPER_LOG_SNR_RANGE, Prediction, SamplerKind, SamplerSettings, Sampling, TaskKind, UnetConfig, bounds,
    error::ConfigError,
};

/// Steps of a net that predicts ε: an ε that is a little off gains nothing by more (`sampler_choice` among the examples).
const EPSILON_STEPS: usize = 16;

/// Log-SNR of the guess that a mean is asked from where samples begin from one that shines through, above 0: what is asked once says such a
/// guess again, of an extension that begins from the mirrored picture its ghosts. From pure noise it is nearer to the truth, and flat. Between
/// both, PSNR and patches of `infill evaluate --photos` were traded for each other (frame, joins held at 0.01 or 0.02: 2 gave 16.43 dB and 8.87,
/// −1 16.64 and 9.28, −2 16.77 and 9.74, noise 16.89 and 11.18).
const MEAN_GUESS: f64 = -2.0;

/// Everything needed to build a model and to use it as it was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Side of the square pictures the model was trained on, in pixels.
    pub size: usize,
    /// The net itself.
    pub unet: UnetConfig,
    /// How the net is told the noise level.
    pub noise_embedding: NoiseEmbedding,
    /// What the net's output means.
    pub prediction: Prediction,
    /// What the condition shows in a hole.
    #[serde(default)]
    pub hole: HoleCondition,
    /// Smallest and largest log-SNR, ln(γ/(1−γ)), seen in training; samplers stay inside.
    pub log_snr_range: [f64; 2],
    /// The tasks it was trained on.
    pub tasks: Vec<TaskKind>,
    /// How to sample each task where nobody says otherwise, as it was measured for this model.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sampling: BTreeMap<TaskKind, Sampling>,
}

/// Names that [`ModelConfig::preset`] knows.
pub const PRESETS: [&str; 4] = ["paper", "browser", "nature", "tiny"];

impl ModelConfig {
    /// A ready configuration: `paper` (552,814,083 parameters at 256², arXiv 2111.05826), `browser`
    /// (19.2 M at 128²), `nature` (the shipped model), `tiny` (for tests).
    ///
    /// # Errors
    /// [`ConfigError::UnknownPreset`] names the presets that exist.
    pub fn preset(name: &str) -> Result<Self, ConfigError> {
        let own = |size, unet| Self {
            size,
            unet,
            noise_embedding: NoiseEmbedding::LogSnr,
            prediction: Prediction::Residual,
            hole: HoleCondition::Smooth,
            log_snr_range: [-9.0, 9.0],
            tasks: TaskKind::ALL.to_vec(),
            sampling: BTreeMap::new(),
        };
        Ok(match name {
            "paper" => Self {
                size: 256,
                unet: UnetConfig::new(1, 256, &[1, 1, 2, 2, 4, 4], 2, &[32, 16, 8], 64),
                noise_embedding: NoiseEmbedding::NoiseLevel,
                prediction: Prediction::Epsilon,
                hole: HoleCondition::Noise,
                log_snr_range: PAPER_LOG_SNR_RANGE,
                tasks: TaskKind::ALL.to_vec(),
                sampling: BTreeMap::new(),
            },
            "browser" => own(128, UnetConfig::new(2, 64, &[1, 2, 3, 3], 2, &[16, 8], 64)),
            "nature" => own(64, UnetConfig::new(2, 64, &[1, 2, 2], 1, &[16, 8], 64)),
            "tiny" => own(16, UnetConfig::new(2, 16, &[1, 2], 1, &[4], 16)),
            _ => {
                return Err(ConfigError::UnknownPreset { name: name.to_owned(), known: PRESETS.join(", ") });
            }
        })
    }

    /// How to sample a task where nobody says otherwise.
    pub fn sampling(&self, task: TaskKind) -> Sampling {
        let default = Sampling::default();
        let steps = if self.prediction == Prediction::Epsilon { EPSILON_STEPS } else { default.steps };
        self.sampling.get(&task).copied().unwrap_or(Sampling { steps, ..default })
    }

    /// How the first answer is sampled where detail from the picture itself follows and nobody says otherwise. A hole is led by the
    /// mean of all that the net holds possible: a single evaluation of a net that says what is missing to an estimate, from a guess that
    /// hardly shines through the noise ([`MEAN_GUESS`]). Every further answer is led by a sample of its own
    /// ([`Self::sampling`]), and so is the first of whoever asks for several `steps`.
    pub fn leading(&self, task: TaskKind, steps: Option<usize>) -> Sampling {
        let own = self.sampling(task);
        if task.has_hole() && self.prediction == Prediction::Residual && steps.is_none_or(|steps| steps == 1) {
            Sampling { steps: 1, guess: own.guess.map(|guess| if guess > 0.0 { MEAN_GUESS } else { guess }), ..own }
        } else {
            own
        }
    }

    /// Whether another seed gives another answer to a task whose holes get detail: the net's answer varies, or only the detail does.
    pub fn varies(&self, task: TaskKind) -> bool {
        self.prediction.varies() || task.has_hole()
    }

    /// The sampler where nobody says otherwise.
    pub fn sampler(&self) -> SamplerKind {
        if self.prediction == Prediction::Epsilon { SamplerKind::UniPc } else { SamplerSettings::default().kind }
    }

    /// The same net as the paper would have trained it: ε from the raw noise level, noise in holes, every
    /// pixel for itself, over the paper's range of noise levels.
    #[must_use]
    pub fn with_paper_recipe(self) -> Self {
        Self {
            unet: UnetConfig { patch: 1, ..self.unet },
            noise_embedding: NoiseEmbedding::NoiseLevel,
            prediction: Prediction::Epsilon,
            hole: HoleCondition::Noise,
            log_snr_range: PAPER_LOG_SNR_RANGE,
            ..self
        }
    }

    /// The same net as the paper's regression baseline: it is shown no noise, not in holes either, and
    /// predicts the picture in one pass.
    #[must_use]
    pub fn with_regression(self) -> Self {
        Self { prediction: Prediction::Regression, hole: HoleCondition::Smooth, ..self }
    }

    /// Checks that a net can be built from this configuration.
    ///
    /// # Errors
    /// The first setting that does not fit, with what it does not fit and what to choose.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let unet = &self.unet;
        bounds::check_unet(unet, self.size)?;
        bounds::check_log_snr_range(self.log_snr_range)?;
        if !self.size.is_multiple_of(unet.divisor()) {
            return Err(ConfigError::Size { size: self.size, divisor: unet.divisor() });
        }
        if !(0.0..1.0).contains(&unet.dropout) {
            return Err(ConfigError::Mismatch {
                what: "dropout",
                value: unet.dropout.to_string(),
                other: "a probability below 1".to_owned(),
                way_out: "choose 0 or more and less than 1",
            });
        }
        let starts_from_condition = matches!(self.prediction, Prediction::Residual | Prediction::Regression);
        if starts_from_condition && self.hole == HoleCondition::Noise {
            return Err(ConfigError::Mismatch {
                what: "prediction",
                value: format!("{:?}", self.prediction).to_lowercase(),
                other: "holes that show noise, which is no estimate of the picture".to_owned(),
                way_out: "choose hole = \"smooth\"",
            });
        }
        for (task, sampling) in &self.sampling {
            let settings = SamplerSettings {
                steps: sampling.steps,
                temperature: sampling.temperature,
                guess: sampling.guess,
                ..SamplerSettings::default()
            };
            if settings.validate_in(self.log_snr_range).is_err() {
                return Err(ConfigError::Mismatch {
                    what: "sampling",
                    value: format!("{sampling} for {task}"),
                    other: "what can be sampled with".to_owned(),
                    way_out: "choose 1 to 10000 steps, a temperature from 0 to 1 and a log-SNR from -30 to below the largest of the model",
                });
            }
        }
        if self.tasks.len() > TaskKind::ALL.len() {
            return Err(ConfigError::Mismatch {
                what: "tasks",
                value: format!("a list of {}", self.tasks.len()),
                other: format!("the {} tasks that there are", TaskKind::ALL.len()),
                way_out: "choose each at most once",
            });
        }
        self.validate_attention()
    }

    fn validate_attention(&self) -> Result<(), ConfigError> {
        let unet = &self.unet;
        if unet.self_attention.windows().is_none() {
            return Ok(());
        }
        for level in 0..unet.multipliers.len() {
            let attends = unet.attends(self.size, level) || level + 1 == unet.multipliers.len();
            let channels = unet.level_channels(level);
            if attends && !channels.is_multiple_of(unet.head_channels) {
                return Err(ConfigError::Mismatch {
                    what: "head_channels",
                    value: unet.head_channels.to_string(),
                    other: format!("the {channels} channels of level {level}, which attends"),
                    way_out: "choose a divisor of the channels",
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_valid_and_unknown_ones_are_named() {
        for name in PRESETS {
            ModelConfig::preset(name).unwrap().validate().unwrap();
        }
        let message = ModelConfig::preset("huge").unwrap_err().to_string();
        assert!(message.contains("huge") && message.contains("browser"), "{message}");
    }

    #[test]
    fn the_papers_recipe_leaves_the_papers_preset_as_it_is() {
        let paper = ModelConfig::preset("paper").unwrap();
        assert_eq!(paper.clone().with_paper_recipe(), paper);
        let own = ModelConfig::preset("browser").unwrap().with_paper_recipe();
        own.validate().unwrap();
        assert_eq!((own.unet.patch, own.prediction, own.hole), (1, Prediction::Epsilon, HoleCondition::Noise));
    }

    #[test]
    fn sampling_is_the_model_s_own_or_the_default_and_nonsense_is_refused() {
        let mut config = ModelConfig::preset("tiny").unwrap();
        let few = Sampling { steps: 4, temperature: 0.5, guess: Some(1.0) };
        config.sampling.insert(TaskKind::Restore, few);
        config.validate().unwrap();
        assert_eq!((config.sampling(TaskKind::Restore), config.sampling(TaskKind::Inpaint)), (few, Sampling::default()));
        assert_eq!(config.sampler(), SamplerKind::DpmSolver);
        let noise = ModelConfig { prediction: Prediction::Epsilon, ..config.clone() };
        assert_eq!((noise.sampler(), noise.sampling(TaskKind::Inpaint).steps), (SamplerKind::UniPc, EPSILON_STEPS));
        assert_eq!(noise.sampling(TaskKind::Restore), few);
        let smooth = ModelConfig { prediction: Prediction::Residual, ..config.clone() };
        assert_eq!(smooth.leading(TaskKind::Inpaint, None), Sampling { steps: 1, ..smooth.sampling(TaskKind::Inpaint) });
        let mut mirrored = smooth.clone();
        mirrored.sampling.insert(TaskKind::Uncrop, Sampling { guess: Some(2.0), ..few });
        assert_eq!(mirrored.leading(TaskKind::Uncrop, None), Sampling { steps: 1, guess: Some(MEAN_GUESS), ..few });
        assert_eq!((smooth.leading(TaskKind::Restore, None), noise.leading(TaskKind::Inpaint, None).steps), (few, EPSILON_STEPS));
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<ModelConfig>(&text).unwrap(), config);
        config.sampling.insert(TaskKind::Restore, Sampling { steps: 4, temperature: 2.0, guess: None });
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains("restore") && message.contains('2'), "{message}");
    }

    #[test]
    fn a_net_of_one_answer_varies_where_detail_does() {
        let net = ModelConfig::preset("tiny").unwrap();
        assert_eq!(TaskKind::ALL.map(|task| net.varies(task)), [true; 4]);
        let regression = net.with_regression();
        assert_eq!(TaskKind::ALL.map(|task| regression.varies(task)), [true, true, false, false]);
    }

    #[test]
    fn attention_follows_the_actual_resolution() {
        let paper = ModelConfig::preset("paper").unwrap();
        let attending: Vec<usize> = (0..6).filter(|level| paper.unet.attends(256, *level)).collect();
        assert_eq!(attending, [3, 4, 5]);
        assert!(!paper.unet.attends(128, 5), "at half the size the last level has 4 cells a side");
    }

    /// A file may say anything; whatever no net can be of is refused before something is built.
    #[test]
    fn a_configuration_of_any_numbers_is_refused_or_small_enough_to_build() {
        let changes: [fn(&mut ModelConfig); 18] = [
            |config| config.size = usize::MAX,
            |config| config.size = 1 << 20,
            |config| config.unet.patch = 1 << 60,
            |config| config.unet.channels = 15,
            |config| config.unet.channels = usize::MAX - 1,
            |config| config.unet.blocks = usize::MAX,
            |config| config.unet.head_channels = usize::MAX,
            |config| config.unet.multipliers = vec![usize::MAX],
            |config| config.unet.multipliers = vec![1; 100_000],
            |config| config.unet.multipliers = vec![],
            |config| config.unet.attention = vec![4; 100_000],
            |config| {
                config.size = 1024;
                config.unet.multipliers = vec![1];
            },
            |config| config.log_snr_range = [-9.0, 40.0],
            |config| config.log_snr_range = [-700.0, 9.0],
            |config| config.log_snr_range = [f64::NAN, 9.0],
            |config| config.log_snr_range = [1.0, 1.0],
            |config| config.tasks = vec![TaskKind::Inpaint; 1000],
            |config| config.sampling = BTreeMap::from([(TaskKind::Inpaint, Sampling { guess: Some(9.0), ..Sampling::default() })]),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut config = ModelConfig::preset("tiny").unwrap();
            change(&mut config);
            let message = config.validate().expect_err(&format!("change {number}")).to_string();
            assert!(message.contains("choose") || message.contains("for example"), "{message}");
        }
    }

    #[test]
    fn bad_settings_name_both_values() {
        let mut config = ModelConfig::preset("tiny").unwrap();
        config.size = 18;
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains("18") && message.contains('4'), "{message}");
        let mut config = ModelConfig::preset("tiny").unwrap();
        config.unet.head_channels = 7;
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains('7') && message.contains("32"), "{message}");
    }
}
