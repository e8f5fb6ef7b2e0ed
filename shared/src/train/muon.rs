//! Muon for the weights inside the net: momentum whose matrix is made orthogonal before it is added, so that every direction
//! moves as far (Jordan 2024). burn's own Muon does that to matrices; this file says which weights it gets and in which shape.

use burn::{
    optim::{AdjustLrFn, Muon, MuonConfig, Optimizer, momentum::MomentumConfig},
    tensor::Tensor,
};

/// Share of the momentum that stays from step to step (Jordan 2024).
const MOMENTUM: f64 = 0.95;

/// The rule for one step.
pub(super) struct Orthogonal {
    rule: Muon,
}

impl Orthogonal {
    /// With steps as long as Adam's at the same learning rate (arXiv 2502.16982, equation 4).
    pub fn new() -> Self {
        // The momentum is kept here, because burn does not give its own out, and a checkpoint needs it.
        let none = MomentumConfig { momentum: 0.0, dampening: 0.0, nesterov: false };
        Self { rule: MuonConfig::new().with_momentum(none).with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW).build() }
    }

    /// Whether a parameter is updated so: matrices and convolutions, but for those that take numbers in from outside or
    /// give them out, whose rows have no common scale.
    pub fn takes(name: &str, shape: &[usize]) -> bool {
        shape.len() > 1 && !["stem.", "head.", "embedding."].iter().any(|outside| name.starts_with(outside))
    }

    /// New weights and momentum, all flattened; a convolution is a matrix of its outputs by everything that goes into one.
    pub fn step(
        &self,
        learning_rate: f64,
        weights: Tensor<1>,
        gradient: Tensor<1>,
        momentum: Option<Tensor<1>>,
        shape: &[usize],
    ) -> (Tensor<1>, Tensor<1>) {
        let momentum = match momentum {
            Some(momentum) => momentum.mul_scalar(MOMENTUM) + gradient.clone(),
            None => gradient.clone(),
        };
        // Nesterov's.
        let ahead = gradient + momentum.clone().mul_scalar(MOMENTUM);
        let matrix = |values: Tensor<1>| -> Tensor<2> { values.reshape([shape[0] as i32, -1]) };
        let (weights, _) = self.rule.step(learning_rate, matrix(weights), matrix(ahead), None);
        (weights.flatten(0, 1), momentum)
    }
}
