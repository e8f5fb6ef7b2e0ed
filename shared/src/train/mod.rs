//! Training as `step(batch)`: noise, loss, gradients, Adam and the moving average, on one device.
//! Where batches come from, what is written where, and when to stop is the caller's business; so is
//! reading the loss, which stays on the device.

mod batch;
mod loss;
mod optimizer;

use std::collections::HashMap;

use burn::{
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use serde::{Deserialize, Serialize};

use crate::{
    config::{ModelConfig, Prediction},
    denoiser::Model,
    model_file::Weight,
    schedule::LevelDistribution,
    task::Example,
    unet::parameters,
};
use batch::{Batch, Gradients};
pub use loss::{LossWeighting, loss_weight, masked_loss};
pub use optimizer::Slot;

/// What can be chosen about training. The defaults are for short runs from nothing; the paper's are
/// in the comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Every random number follows from it.
    pub seed: u64,
    /// Pictures a step (paper: 1024).
    pub batch: usize,
    /// Pictures computed at once; a larger batch is made of several, whose gradients are averaged. 0 is
    /// the whole batch.
    pub micro_batch: usize,
    /// Adam's rate after the warm-up (paper: 1e-4).
    pub learning_rate: f64,
    /// Steps over which the rate rises from 0 (paper: 10,000).
    pub warm_up_steps: u64,
    /// Steps over which the rate falls to a tenth at the end of the run, if any; 0 keeps it constant.
    pub decay_steps: u64,
    /// Step at which the fall ends.
    pub total_steps: u64,
    /// p of the loss |error|^p, 1 or 2 (paper: 2).
    pub loss_power: u8,
    /// How errors at different noise levels weigh (paper: equal).
    pub loss_weighting: LossWeighting,
    /// The cap of that weight, at least 1.
    pub snr_cap: f64,
    /// Which noise levels are drawn.
    pub levels: LevelDistribution,
    /// Decay of the moving average after its warm-up, which is min(decay, (1+n)/(10+n)).
    pub ema_decay: f64,
    /// Gradients of a larger global norm are scaled down to this; 0 leaves them (paper).
    pub clip_norm: f64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            batch: 16,
            micro_batch: 0,
            learning_rate: 5e-4,
            warm_up_steps: 200,
            decay_steps: 0,
            total_steps: 10_000,
            loss_power: 2,
            loss_weighting: LossWeighting::Equal,
            snr_cap: 5.0,
            levels: LevelDistribution::Logistic,
            ema_decay: 0.9999,
            clip_norm: 1.0,
        }
    }
}

/// Settings that cannot be trained with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// A number out of its range.
    #[error("{what} is {value}; choose {wanted}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// A model that cannot be built.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// A checkpoint that lacks something.
    #[error("the checkpoint has no {name}; use an earlier checkpoint")]
    Missing {
        /// Name of the tensor.
        name: String,
    },
    /// A checkpoint with a tensor of another net.
    #[error("{name} of the checkpoint holds {found} numbers, this net's {wanted}; use a checkpoint of this run")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Numbers in the checkpoint.
        found: usize,
        /// Numbers that the net has there.
        wanted: usize,
    },
    /// A batch of another shape than the model's.
    #[error("a sample has {found} numbers, the model of {size} px wants {wanted}")]
    Sample {
        /// What came.
        found: usize,
        /// The model's side.
        size: usize,
        /// What it wants.
        wanted: usize,
    },
}

/// The step whose noise the validation loss is computed with; no training reaches it.
const VALIDATION: u64 = u64::MAX;

/// What one step did. The tensors are still on the device.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// The step just made, counted from 0.
    pub step: u64,
    /// Mean weighted loss, `[1]`.
    pub loss: Tensor<1>,
    /// Global norm of the gradients before clipping, `[1]`.
    pub gradient_norm: Tensor<1>,
    /// The learning rate used.
    pub learning_rate: f64,
}

/// A model in training with the state of its optimizer and its moving average.
pub struct Trainer {
    config: TrainConfig,
    model: Model,
    slots: HashMap<String, Slot>,
    step: u64,
    device: Device,
}

impl Trainer {
    /// Starts from random weights, or from those of `initial`.
    ///
    /// # Errors
    /// Settings or a model configuration that cannot be used.
    pub fn new(config: TrainConfig, model: ModelConfig, initial: Option<Model>, device: &Device) -> Result<Self, TrainError> {
        config.validate()?;
        if model.prediction == Prediction::Residual && config.loss_weighting != LossWeighting::Equal {
            let (what, value) = ("loss_weighting", format!("{:?} with a residual prediction", config.loss_weighting));
            return Err(TrainError::Setting { what, value, wanted: "equal, because a residual's errors are weighed already" });
        }
        let device = device.clone().autodiff();
        let model = match initial {
            Some(initial) => Model { config: model, unet: optimizer::to_training(initial.unet, &device) },
            None => Model::new(model, config.seed, &device)?,
        };
        Ok(Self { config, model, slots: HashMap::new(), step: 0, device })
    }

    /// Steps made so far.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// What is trained.
    pub fn model_config(&self) -> &ModelConfig {
        &self.model.config
    }

    /// One step on `examples`, the batch of step [`Trainer::step_count`].
    ///
    /// # Errors
    /// A sample of another size than the model's.
    pub fn step(&mut self, examples: &[Example]) -> Result<StepReport, TrainError> {
        let batch = Batch { config: &self.config, model: &self.model.config, step: self.step, examples, device: &self.device };
        batch.check()?;
        if self.model.config.unet.dropout > 0.0 {
            // burn draws dropout from the device; seeding it anew makes a resumed step draw the same.
            self.device.seed(self.config.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.step);
        }
        let Gradients { loss, of_parameters } = batch.gradients(&self.model.unet, self.side_by_side());
        let learning_rate = self.config.learning_rate_at(self.step);
        let gradient_norm = self.update(of_parameters, learning_rate);
        let report = StepReport { step: self.step, loss, gradient_norm, learning_rate };
        self.step += 1;
        Ok(report)
    }

    /// Parts of a batch that are computed at a time. On a CPU that is one for each processor, which keeps
    /// them busier than what each operation can share out; dropout draws from the device, so there it
    /// must be one.
    fn side_by_side(&self) -> usize {
        if crate::kernel::is_cpu(&self.device) && self.model.config.unet.dropout == 0.0 { crate::kernel::threads() } else { 1 }
    }

    /// The averaged model, for sampling.
    pub fn average(&self) -> Model {
        let unet = self.model.unet.clone();
        Model { config: self.model.config.clone(), unet: optimizer::averaged(unet, &self.slots) }
    }

    /// Everything a resumed run needs, as tensors under names: `weights.*`, `average.*`,
    /// `moment_1.*`, `moment_2.*`. The caller reads them.
    pub fn state(&self) -> Vec<crate::unet::NamedParameter> {
        optimizer::state(&self.model.unet, &self.slots)
    }

    /// The loss of the averaged model on `examples`, `[1]`, with the same noise and noise levels at every call.
    ///
    /// # Errors
    /// A sample of another size than the model's.
    pub fn validation_loss(&self, examples: &[Example]) -> Result<Tensor<1>, TrainError> {
        let device = self.device.clone().inner();
        let batch = Batch { config: &self.config, model: &self.model.config, step: VALIDATION, examples, device: &device };
        batch.check()?;
        Ok(batch.loss_alone(&self.average()))
    }

    /// Goes back to a state that [`Trainer::state`] gave, after `step` steps.
    ///
    /// # Errors
    /// When a tensor is missing or of another net; the trainer is unchanged then.
    pub fn restore(&mut self, step: u64, state: &HashMap<String, Weight>) -> Result<(), TrainError> {
        self.check_sizes(state)?;
        let mut missing = None;
        let mut find = |name: String| {
            let found = state.get(&name).map(|weight| weight.values.clone());
            if found.is_none() {
                missing.get_or_insert(name);
            }
            found
        };
        let mut replace = parameters::Replace::new(|name: &str, _: &[usize]| find(format!("weights.{name}")));
        let unet = burn::module::Module::map(self.model.unet.clone(), &mut replace);
        let device = self.device.clone().inner();
        let names: Vec<String> = parameters::shapes(&self.model.unet).into_iter().map(|(name, _)| name).collect();
        // Before the first step there is no optimizer state to find.
        let slots = names.into_iter().filter(|_| step > 0).filter_map(|name| {
            let mut part = |part: &str| {
                find(format!("{part}.{name}")).map(|values| {
                    let count = values.len();
                    Tensor::<1>::from_data(TensorData::new(values, [count]), &device)
                })
            };
            let slot = Slot { steps: step as usize, moment_1: part("moment_1")?, moment_2: part("moment_2")?, average: part("average")? };
            Some((name, slot))
        });
        let slots = slots.collect();
        if let Some(name) = missing {
            return Err(TrainError::Missing { name });
        }
        self.model.unet = unet;
        self.slots = slots;
        self.step = step;
        Ok(())
    }

    /// Refuses what has another size than the net's own.
    fn check_sizes(&self, state: &HashMap<String, Weight>) -> Result<(), TrainError> {
        for (name, shape) in parameters::shapes(&self.model.unet) {
            let wanted = shape.iter().product();
            for part in ["weights", "moment_1", "moment_2", "average"] {
                let name = format!("{part}.{name}");
                if let Some(found) = state.get(&name).map(|weight| weight.values.len()).filter(|found| *found != wanted) {
                    return Err(TrainError::Shape { name, found, wanted });
                }
            }
        }
        Ok(())
    }

    fn update(&mut self, gradients: GradientsParams, learning_rate: f64) -> Tensor<1> {
        let average_decay = self.config.ema_decay.min((1.0 + self.step as f64) / (10.0 + self.step as f64));
        let change = optimizer::Change { learning_rate, average_decay, clip_norm: self.config.clip_norm };
        let (unet, norm) = optimizer::update(self.model.unet.clone(), gradients, &mut self.slots, change);
        self.model.unet = unet;
        norm
    }
}

impl TrainConfig {
    /// The paper's recipe, but for the batch and the length of the run.
    pub fn paper() -> Self {
        Self {
            learning_rate: 1e-4,
            warm_up_steps: 10_000,
            loss_weighting: LossWeighting::Equal,
            levels: LevelDistribution::Paper,
            clip_norm: 0.0,
            ..Self::default()
        }
    }

    /// Checks every number.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn validate(&self) -> Result<(), TrainError> {
        let checks = [
            (self.batch > 0, "batch", self.batch.to_string(), "1 or more"),
            (
                self.learning_rate > 0.0 && self.learning_rate < 1.0,
                "learning_rate",
                self.learning_rate.to_string(),
                "a number between 0 and 1",
            ),
            (matches!(self.loss_power, 1 | 2), "loss_power", self.loss_power.to_string(), "1 or 2"),
            ((0.0..1.0).contains(&self.ema_decay), "ema_decay", self.ema_decay.to_string(), "0 or more and less than 1"),
            (self.snr_cap >= 1.0, "snr_cap", self.snr_cap.to_string(), "1 or more"),
            (self.clip_norm >= 0.0, "clip_norm", self.clip_norm.to_string(), "0 or more"),
        ];
        match checks.into_iter().find(|(fine, ..)| !fine) {
            Some((_, what, value, wanted)) => Err(TrainError::Setting { what, value, wanted }),
            None => Ok(()),
        }
    }

    /// The learning rate of a step: linear warm-up, constant, and a linear fall to a tenth.
    pub fn learning_rate_at(&self, step: u64) -> f64 {
        let warm = ((step + 1) as f64 / self.warm_up_steps.max(1) as f64).min(1.0);
        let left = self.total_steps.saturating_sub(step) as f64;
        let fall = match self.decay_steps {
            0 => 1.0,
            steps => 0.1 + 0.9 * (left / steps as f64).min(1.0),
        };
        self.learning_rate * warm * fall
    }
}

#[cfg(test)]
mod tests;
