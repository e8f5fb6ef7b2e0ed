//! Training as `step(batch)`: noise, loss, gradients, Adam or Muon and the moving average, on one device or with a
//! batch shared out to several.
//! Where batches come from, what is written where, and when to stop is the caller's business; so is
//! reading the loss, which stays on the device.

mod batch;
mod config;
mod error;
mod frequencies;
mod loss;
mod measure;
mod muon;
mod optimizer;
pub mod power_average;
mod precision;

use std::collections::HashMap;

use burn::{
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};

use crate::{config::ModelConfig, container::Weight, denoiser::Model, task::Example, unet::parameters};
use batch::{Batch, Gradients, Worker};
pub use config::{NotProgressive, OptimizerKind, Progressive, TrainConfig};
pub use error::TrainError;
pub use frequencies::LossFrequencies;
pub use loss::{LossWeighting, MaskedLoss, loss_weight, masked_loss};
pub use measure::clean_error;
pub use optimizer::Slot;
pub use precision::{LossScale, Precision};

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
    /// With f16: the scale of the next step's loss, and how many steps were skipped so far.
    pub loss_scale: Option<LossScale>,
}

/// A model in training with the state of its optimizer and its moving average.
pub struct Trainer {
    config: TrainConfig,
    model: Model,
    slots: HashMap<String, Slot>,
    loss_scale: Option<LossScale>,
    step: u64,
    /// Where the weights are.
    device: Device,
    /// All that compute, `device` first.
    devices: Vec<Device>,
}

impl Trainer {
    /// Starts from random weights, or from those of `initial`.
    ///
    /// # Errors
    /// Settings or a model configuration that cannot be used.
    pub fn new(config: TrainConfig, model: ModelConfig, initial: Option<Model>, device: &Device) -> Result<Self, TrainError> {
        config.validate_for(&model)?;
        let loss_scale = (config.precision == Precision::F16).then(|| LossScale::new(&device.clone().inner()));
        let device = to_autodiff(device, &config);
        let model = match initial {
            Some(initial) => Model { config: model, unet: optimizer::to_training(initial.unet, &device) },
            None => Model::new(model, config.seed, &device)?,
        };
        Ok(Self { config, model, slots: HashMap::new(), loss_scale, step: 0, devices: vec![device.clone()], device })
    }

    /// Shares every batch out to `others` too: each computes the gradients of its part with a replica of the
    /// weights that is made anew at every step. They are summed in this order, so that devices that compute
    /// alike give, bit for bit, what one gives that computes the same parts as micro-batches.
    #[must_use]
    pub fn with_devices(mut self, others: &[Device]) -> Self {
        self.devices.extend(others.iter().map(|device| to_autodiff(device, &self.config)));
        self
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
    /// A sample of another size than this step's, or fewer of them than devices.
    pub fn step(&mut self, examples: &[Example]) -> Result<StepReport, TrainError> {
        let loss_scale = self.loss_scale.as_ref().map(|state| &state.scale);
        let batch = Batch { config: &self.config, model: &self.model.config, step: self.step, examples, loss_scale };
        batch.check()?;
        let Gradients { loss, of_parameters } = batch.gradients(&self.model.unet, &self.workers())?;
        let learning_rate = self.config.learning_rate_at(self.step);
        let gradient_norm = self.update(of_parameters, learning_rate);
        let report = StepReport { step: self.step, loss, gradient_norm, learning_rate, loss_scale: self.loss_scale.clone() };
        self.step += 1;
        Ok(report)
    }

    /// The devices, and how many parts of its share each computes at a time. On a CPU that is one for each
    /// processor, which keeps them busier than what each operation can share out; dropout draws from the
    /// device, so there it must be one.
    fn workers(&self) -> Vec<Worker> {
        let of_cpu = |device: &Device| infill_kernel::is_cpu(device) && self.model.config.unet.dropout == 0.0;
        let cpus = self.devices.iter().filter(|device| of_cpu(device)).count().max(1);
        let side_by_side = |device: &Device| if of_cpu(device) { (infill_kernel::threads() / cpus).max(1) } else { 1 };
        self.devices.iter().map(|device| Worker { device: device.clone(), side_by_side: side_by_side(device) }).collect()
    }

    /// The averaged model, for sampling.
    pub fn average(&self) -> Model {
        let unet = self.model.unet.clone();
        Model { config: self.model.config.clone(), unet: optimizer::averaged(unet, &self.slots, |slot| &slot.average) }
    }

    /// The averages over a power of time, each with its relative length ([`TrainConfig::ema_lengths`]).
    pub fn power_averages(&self) -> Vec<(f64, Model)> {
        let average = |(number, length): (usize, &f64)| {
            let unet = optimizer::averaged(self.model.unet.clone(), &self.slots, |slot| &slot.powers[number]);
            (*length, Model { config: self.model.config.clone(), unet })
        };
        self.config.ema_lengths.iter().enumerate().map(average).collect()
    }

    /// Everything a resumed run needs, as tensors under names: `weights.*`, `average.*`,
    /// `moment_1.*`, `moment_2.*`, with f16 also `loss_scale.*`, with more averages `power_average_0.*` and so on. The caller reads them.
    pub fn state(&self) -> Vec<crate::unet::NamedParameter> {
        let mut state = optimizer::state(&self.model.unet, &self.slots);
        state.extend(self.loss_scale.iter().flat_map(LossScale::state));
        state
    }

    /// The loss of the averaged model on `examples`, `[1]`, with the same noise and noise levels at every call.
    ///
    /// # Errors
    /// A sample of another size than the model's.
    pub fn validation_loss(&self, examples: &[Example]) -> Result<Tensor<1>, TrainError> {
        let device = self.device.clone().inner();
        let batch = Batch { config: &self.config, model: &self.model.config, step: VALIDATION, examples, loss_scale: None };
        batch.check()?;
        Ok(batch.loss_alone(&self.average(), &device))
    }

    /// Goes back to a state that [`Trainer::state`] gave, after `step` steps.
    ///
    /// # Errors
    /// When a tensor is missing or of another net; the trainer is unchanged then.
    pub fn resume(&mut self, step: u64, state: &HashMap<String, Weight>) -> Result<(), TrainError> {
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
        let loss_scale = self.loss_scale.as_ref().map(|_| LossScale::resume(state, &device)).transpose()?;
        let names: Vec<String> = parameters::shapes(&self.model.unet).into_iter().map(|(name, _)| name).collect();
        // Before the first step there is no optimizer state to find.
        let slots = names.into_iter().filter(|_| step > 0).filter_map(|name| {
            let mut part = |part: &str| {
                find(format!("{part}.{name}")).map(|values| {
                    let count = values.len();
                    Tensor::<1>::from_data(TensorData::new(values, [count]), &device)
                })
            };
            let (moment_1, moment_2, average) = (part("moment_1")?, part("moment_2")?, part("average")?);
            let powers = (0..self.config.ema_lengths.len()).map(|number| part(&optimizer::power_part(number))).collect::<Option<_>>()?;
            Some((name, Slot { steps: step as usize, moment_1, moment_2, average, powers }))
        });
        let slots = slots.collect();
        if let Some(name) = missing {
            return Err(TrainError::Missing { name });
        }
        self.model.unet = unet;
        self.slots = slots;
        self.loss_scale = loss_scale;
        self.step = step;
        Ok(())
    }

    /// Refuses what has another size than the net's own.
    fn check_sizes(&self, state: &HashMap<String, Weight>) -> Result<(), TrainError> {
        let powers: Vec<String> = (0..self.config.ema_lengths.len()).map(optimizer::power_part).collect();
        let parts: Vec<&str> =
            ["weights", "moment_1", "moment_2", "average"].into_iter().chain(powers.iter().map(String::as_str)).collect();
        for (name, shape) in parameters::shapes(&self.model.unet) {
            let wanted = shape.iter().product();
            for part in &parts {
                let name = format!("{part}.{name}");
                if let Some(found) = state.get(&name).map(|weight| weight.values.len()).filter(|found| *found != wanted) {
                    return Err(TrainError::Shape { name, found, wanted });
                }
            }
        }
        Ok(())
    }

    fn update(&mut self, gradients: GradientsParams, learning_rate: f64) -> Tensor<1> {
        let change = optimizer::Change {
            learning_rate,
            average_decay: self.config.ema_decay_at(self.step),
            power_decays: self.config.power_decays_at(self.step),
            clip_norm: self.config.clip_norm,
            optimizer: self.config.optimizer,
            loss_scale: self.loss_scale.take(),
        };
        let updated = optimizer::update(self.model.unet.clone(), gradients, &mut self.slots, change);
        self.model.unet = updated.unet;
        self.loss_scale = updated.loss_scale;
        updated.norm
    }
}

/// A device with autodiff as the settings want it.
fn to_autodiff(device: &Device, config: &TrainConfig) -> Device {
    let device = device.clone().autodiff();
    if config.gradient_checkpointing { device.gradient_checkpointing() } else { device }
}

#[cfg(test)]
mod tests;
