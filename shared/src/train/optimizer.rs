//! Adam, global-norm clipping and the moving average, by parameter name. The update rule is burn's
//! Adam; its own module optimizer is not used because its state hangs on random ids, it clips every
//! parameter alone and it keeps no average.

use std::collections::HashMap;

use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, GradientsParams, Optimizer};
use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Device, Tensor},
};

use crate::unet::{NamedParameter, Unet, parameters};

/// What training keeps for one parameter, flattened.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Updates made.
    pub steps: usize,
    /// Adam's mean of gradients.
    pub moment_1: Tensor<1>,
    /// Adam's mean of squared gradients.
    pub moment_2: Tensor<1>,
    /// Moving average of the weights.
    pub average: Tensor<1>,
}

/// The numbers of one update.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub learning_rate: f64,
    pub average_decay: f64,
    pub clip_norm: f64,
}

/// Applies gradients; gives the new net and the global norm before clipping, `[1]`.
pub(super) fn update(unet: Unet, gradients: GradientsParams, slots: &mut HashMap<String, Slot>, change: Change) -> (Unet, Tensor<1>) {
    let mut norm = SquaredNorm { gradients: &gradients, sum: None };
    unet.visit(&mut norm);
    let norm = norm.sum.unwrap_or_else(|| Tensor::zeros([1], &parameters::device(&unet))).sqrt();
    // Stays on the device: min(1, clip/norm).
    let factor = (change.clip_norm > 0.0).then(|| norm.clone().add_scalar(1e-12).recip().mul_scalar(change.clip_norm).clamp_max(1.0));
    // β and ε as in the paper's Adam (arXiv 1412.6980); burn's own defaults differ in ε.
    let adam = AdamConfig::new().with_beta_1(0.9).with_beta_2(0.999).with_epsilon(1e-8).build();
    let mut update = Update { path: Vec::new(), gradients, slots, change, factor, adam };
    (unet.map(&mut update), norm)
}

struct SquaredNorm<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = (gradient.clone() * gradient).sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Update<'a> {
    path: Vec<String>,
    gradients: GradientsParams,
    slots: &'a mut HashMap<String, Slot>,
    change: Change,
    factor: Option<Tensor<1>>,
    adam: Adam,
}

impl ModuleMapper for Update<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return param;
        };
        let (id, tensor, _) = param.consume();
        let shape = tensor.dims();
        let weights: Tensor<1> = tensor.inner().flatten(0, D - 1);
        let mut gradient: Tensor<1> = gradient.flatten(0, D - 1);
        if let Some(factor) = &self.factor {
            gradient = gradient * factor.clone();
        }
        let name = self.path.join(".");
        let old = self.slots.remove(&name);
        let average = old.as_ref().map_or_else(|| weights.clone(), |slot| slot.average.clone());
        let state = old.map(|slot| AdamState::new(AdaptiveMomentumState::new(slot.steps, slot.moment_1, slot.moment_2)));
        let (weights, state) = self.adam.step(self.change.learning_rate, weights, gradient, state);
        let average = average.clone() + (weights.clone() - average).mul_scalar(1.0 - self.change.average_decay);
        if let Some(AdamState { momentum }) = state {
            let slot = Slot { steps: momentum.time, moment_1: momentum.moment_1, moment_2: momentum.moment_2, average };
            self.slots.insert(name, slot);
        }
        Param::initialized(id, Tensor::from_inner(weights.reshape(shape)).require_grad())
    }
}

/// The net with its averaged weights, without autodiff.
pub(super) fn averaged(unet: Unet, slots: &HashMap<String, Slot>) -> Unet {
    struct Averages<'a> {
        path: Vec<String>,
        slots: &'a HashMap<String, Slot>,
    }
    impl ModuleMapper for Averages<'_> {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let slot = self.slots.get(&self.path.join("."));
            let (id, tensor, _) = param.consume();
            let shape = tensor.dims();
            let value = slot.map_or_else(|| tensor.inner(), |slot| slot.average.clone().reshape(shape));
            Param::initialized(id, value)
        }
    }
    unet.valid().map(&mut Averages { path: Vec::new(), slots })
}

/// Moves a net to a device with autodiff, its weights ready to be trained.
pub(super) fn to_training(unet: Unet, device: &Device) -> Unet {
    unet.fork(device).train()
}

/// Weights and slots as named tensors.
pub(super) fn state(unet: &Unet, slots: &HashMap<String, Slot>) -> Vec<NamedParameter> {
    let mut state = Vec::new();
    for parameter in parameters::list(unet) {
        let named = |part: &str, values: Tensor<1>| NamedParameter {
            name: format!("{part}.{}", parameter.name),
            shape: parameter.shape.clone(),
            values,
        };
        if let Some(slot) = slots.get(&parameter.name) {
            state.push(named("moment_1", slot.moment_1.clone()));
            state.push(named("moment_2", slot.moment_2.clone()));
            state.push(named("average", slot.average.clone()));
        }
        state.push(named("weights", parameter.values.clone().inner()));
    }
    state
}
