//! Adam or Muon, global-norm clipping and the moving average, by parameter name. The update rules are burn's; its own module
//! optimizer is not used because its state hangs on random ids, it clips every parameter alone and it keeps no average.

use std::collections::HashMap;

use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, GradientsParams, Optimizer};
use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Bool, Device, Tensor},
};

use super::{LossScale, config::OptimizerKind, muon::Orthogonal};
use crate::unet::{NamedParameter, Unet, parameters};

/// What training keeps for one parameter, flattened.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Updates made.
    pub steps: usize,
    /// Adam's mean of gradients, or Muon's momentum.
    pub moment_1: Tensor<1>,
    /// Adam's mean of squared gradients; zeros under Muon.
    pub moment_2: Tensor<1>,
    /// Moving average of the weights.
    pub average: Tensor<1>,
    /// Averages over a power of time, as many as the settings ask for.
    pub powers: Vec<Tensor<1>>,
}

/// What the average over a power of time of this number is called in a trainer's state.
pub(super) fn power_part(number: usize) -> String {
    format!("power_average_{number}")
}

impl Slot {
    /// This one after a step that counts, else the one before it; `weights` are those of then.
    fn or_as_before(self, before: Option<Self>, weights: &Tensor<1>, counts: &Tensor<1, Bool>) -> Self {
        let before = before.unwrap_or_else(|| Self {
            steps: 0,
            moment_1: weights.zeros_like(),
            moment_2: weights.zeros_like(),
            average: weights.clone(),
            powers: vec![weights.clone(); self.powers.len()],
        });
        let powers = self.powers.into_iter().zip(before.powers).map(|(power, before)| either(counts, power, before));
        Self {
            powers: powers.collect(),
            steps: self.steps,
            moment_1: either(counts, self.moment_1, before.moment_1),
            moment_2: either(counts, self.moment_2, before.moment_2),
            average: either(counts, self.average, before.average),
        }
    }
}

/// The new values where the step counts, else the old ones.
fn either(counts: &Tensor<1, Bool>, new: Tensor<1>, old: Tensor<1>) -> Tensor<1> {
    let counts = counts.clone().expand(new.dims());
    old.mask_where(counts, new)
}

/// The numbers of one update.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub learning_rate: f64,
    pub average_decay: f64,
    /// Of the averages over a power of time.
    pub power_decays: Vec<f64>,
    pub clip_norm: f64,
    /// How weights inside the net are updated; others always by Adam.
    pub optimizer: OptimizerKind,
    /// That the gradients carry, if any.
    pub loss_scale: Option<LossScale>,
}

/// What an update gives.
pub(super) struct Updated {
    pub unet: Unet,
    /// Of the gradients before clipping, `[1]`.
    pub norm: Tensor<1>,
    /// As it is after the step.
    pub loss_scale: Option<LossScale>,
}

/// Applies gradients. Where they carry a scale and are not finite, everything stays as it is but for the
/// scale and Adam's count of steps.
pub(super) fn update(unet: Unet, gradients: GradientsParams, slots: &mut HashMap<String, Slot>, change: Change) -> Updated {
    let mut norm = SquaredNorm { gradients: &gradients, sum: None };
    unet.visit(&mut norm);
    let norm = norm.sum.unwrap_or_else(|| Tensor::zeros([1], &parameters::device(&unet))).sqrt();
    let norm = match &change.loss_scale {
        Some(LossScale { scale, .. }) => norm / scale.clone(),
        None => norm,
    };
    // Stays on the device: min(1, clip/norm).
    let clip = (change.clip_norm > 0.0).then(|| norm.clone().add_scalar(1e-12).recip().mul_scalar(change.clip_norm).clamp_max(1.0));
    let factor = match (clip, &change.loss_scale) {
        (clip, None) => clip,
        (None, Some(LossScale { scale, .. })) => Some(scale.clone().recip()),
        (Some(clip), Some(LossScale { scale, .. })) => Some(clip / scale.clone()),
    };
    let is_finite = change.loss_scale.as_ref().map(|_| norm.clone().is_finite());
    let loss_scale = change.loss_scale.clone().zip(is_finite.clone()).map(|(scale, is_finite)| scale.after(&is_finite));
    // β and ε as in the paper's Adam (arXiv 1412.6980); burn's own defaults differ in ε.
    let adam = AdamConfig::new().with_beta_1(0.9).with_beta_2(0.999).with_epsilon(1e-8).build();
    let orthogonal = (change.optimizer == OptimizerKind::Muon).then(Orthogonal::new);
    let mut update = Update { path: Vec::new(), gradients, slots, change, factor, is_finite, adam, orthogonal };
    Updated { unet: unet.map(&mut update), norm, loss_scale }
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
    /// Whether the step counts, where it may not.
    is_finite: Option<Tensor<1, Bool>>,
    adam: Adam,
    orthogonal: Option<Orthogonal>,
}

impl Update<'_> {
    /// The weights after a step, with what is kept of it; averages are still those of before.
    fn step(&self, name: &str, shape: &[usize], weights: Tensor<1>, gradient: Tensor<1>, old: Option<Slot>) -> (Tensor<1>, Slot) {
        let learning_rate = self.change.learning_rate;
        let average = old.as_ref().map_or_else(|| weights.clone(), |slot| slot.average.clone());
        let powers = old.as_ref().map_or_else(|| vec![weights.clone(); self.change.power_decays.len()], |slot| slot.powers.clone());
        if let Some(orthogonal) = self.orthogonal.as_ref().filter(|_| Orthogonal::takes(name, shape)) {
            let (steps, momentum, moment_2) = match old {
                Some(slot) => (slot.steps, Some(slot.moment_1), slot.moment_2),
                None => (0, None, weights.zeros_like()),
            };
            let (weights, moment_1) = orthogonal.step(learning_rate, weights, gradient, momentum, shape);
            return (weights, Slot { steps: steps + 1, moment_1, moment_2, average, powers });
        }
        let state = old.map(|slot| AdamState::new(AdaptiveMomentumState::new(slot.steps, slot.moment_1, slot.moment_2)));
        let (weights, state) = self.adam.step(learning_rate, weights, gradient, state);
        // burn's Adam always gives its state.
        let momentum = state.expect("Adam's state after a step").momentum;
        (weights, Slot { steps: momentum.time, moment_1: momentum.moment_1, moment_2: momentum.moment_2, average, powers })
    }
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
        let (shape, device) = (tensor.dims(), tensor.device());
        let weights: Tensor<1> = tensor.inner().flatten(0, D - 1);
        let mut gradient: Tensor<1> = gradient.flatten(0, D - 1);
        if let Some(factor) = &self.factor {
            gradient = gradient * factor.clone();
        }
        let name = self.path.join(".");
        let old = self.slots.remove(&name);
        // Held only where they may be needed: what nothing else holds is changed in place.
        let before = self.is_finite.is_some().then(|| (weights.clone(), old.clone()));
        let (mut weights, mut slot) = self.step(&name, &shape, weights, gradient, old);
        slot.average = slot.average.clone() + (weights.clone() - slot.average).mul_scalar(1.0 - self.change.average_decay);
        for (power, decay) in slot.powers.iter_mut().zip(&self.change.power_decays) {
            *power = power.clone() + (weights.clone() - power.clone()).mul_scalar(1.0 - decay);
        }
        if let (Some(is_finite), Some((old_weights, old))) = (&self.is_finite, before) {
            slot = slot.or_as_before(old, &old_weights, is_finite);
            weights = either(is_finite, weights, old_weights);
        }
        self.slots.insert(name, slot);
        Param::initialized(id, tracked(weights.reshape(shape), &device).require_grad())
    }
}

/// A tensor as one of a device with autodiff, with that device's way of keeping what the way back needs.
pub(super) fn tracked<const D: usize>(tensor: Tensor<D>, device: &Device) -> Tensor<D> {
    let tensor = Tensor::from_inner(tensor);
    match device.gradient_checkpointing_strategy() {
        Some(strategy) => tensor.with_gradient_checkpointing_strategy(strategy),
        None => tensor,
    }
}

/// The net with averaged weights, those that `pick` names, without autodiff.
pub(super) fn averaged(unet: Unet, slots: &HashMap<String, Slot>, pick: impl Fn(&Slot) -> &Tensor<1>) -> Unet {
    struct Averages<'a, P> {
        path: Vec<String>,
        slots: &'a HashMap<String, Slot>,
        pick: P,
    }
    impl<P: Fn(&Slot) -> &Tensor<1>> ModuleMapper for Averages<'_, P> {
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
            let value = slot.map_or_else(|| tensor.inner(), |slot| (self.pick)(slot).clone().reshape(shape));
            Param::initialized(id, value)
        }
    }
    unet.valid().map(&mut Averages { path: Vec::new(), slots, pick })
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
            state.extend(slot.powers.iter().enumerate().map(|(number, power)| named(&power_part(number), power.clone())));
        }
        state.push(named("weights", parameter.values.clone().inner()));
    }
    state
}
