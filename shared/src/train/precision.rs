//! Mixed precision: a copy of the net in 16-bit numbers for forward and backward, while weights, gradients
//! and the optimizer stay in 32 bits; and the factor that keeps small gradients from vanishing in f16
//! (arXiv 1710.03740). Nothing is read back: whether a step overflowed is decided on the device.

use std::collections::HashMap;

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Bool, Device, FloatDType, Tensor, TensorData},
};
use serde::{Deserialize, Serialize};

use super::error::TrainError;
use crate::{
    container::Weight,
    unet::{NamedParameter, Unet},
};

/// In which numbers the net is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits throughout.
    #[default]
    F32,
    /// 16 bits with 5 of exponent: the fastest on most GPUs. The loss is scaled.
    F16,
    /// 16 bits with 8 of exponent: the range of f32, for devices that have it.
    Bf16,
}

impl Precision {
    /// The type of the net's feature maps.
    pub fn dtype(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::F16 => FloatDType::F16,
            Self::Bf16 => FloatDType::BF16,
        }
    }
}

/// The net with its matrices and convolutions in another precision, still connected to its own weights, so
/// that gradients arrive there in theirs. Norms keep f32, in which they are computed.
pub(super) fn cast(unet: Unet, precision: Precision) -> Unet {
    struct Cast {
        dtype: FloatDType,
        path: Vec<String>,
    }
    impl ModuleMapper for Cast {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if self.path.last().is_some_and(|name| name == "gamma" || name == "beta") {
                return param;
            }
            let (id, tensor, _) = param.consume();
            Param::initialized(id, tensor.cast(self.dtype))
        }
    }
    match precision {
        Precision::F32 => unet,
        Precision::F16 | Precision::Bf16 => unet.map(&mut Cast { dtype: precision.dtype(), path: Vec::new() }),
    }
}

/// The factor of the loss at the start; far more than any gradient needs, so that it soon falls to fit.
const FIRST_SCALE: f32 = 65536.0;

/// Steps without an overflow after which the factor is doubled.
const GROWTH_INTERVAL: f32 = 2000.0;

/// The dynamic loss scale, all on the device, `[1]` each.
#[derive(Clone, Debug)]
pub struct LossScale {
    /// The factor of the loss.
    pub scale: Tensor<1>,
    /// Steps since it last changed.
    pub since: Tensor<1>,
    /// Steps whose gradients were not finite, which changed nothing.
    pub skipped: Tensor<1>,
}

impl LossScale {
    /// As it is before the first step.
    pub(super) fn new(device: &Device) -> Self {
        let number = |value: f32| Tensor::<1>::from_data(TensorData::new(vec![value], [1]), device);
        Self { scale: number(FIRST_SCALE), since: number(0.0), skipped: number(0.0) }
    }

    /// After a step whose gradients had this global norm: halved when it is not finite, doubled after
    /// enough steps that were.
    pub(super) fn after(self, is_finite: &Tensor<1, Bool>) -> Self {
        let fine = is_finite.clone().float();
        let since = self.since + fine.clone();
        let grows = since.clone().greater_equal_elem(GROWTH_INTERVAL).float() * fine.clone();
        // ×2 where it grows, ×1 where the step was fine, ×½ where it was not.
        let factor = fine.clone().add_scalar(1.0).mul_scalar(0.5) + grows.clone();
        // Below 1 it could not help: what overflows then does so unscaled.
        let scale = (self.scale * factor).clamp(1.0, 16_777_216.0);
        Self { scale, since: since * fine.clone() * (grows.neg().add_scalar(1.0)), skipped: self.skipped + fine.neg().add_scalar(1.0) }
    }

    /// Its numbers under their names in a checkpoint.
    pub(super) fn state(&self) -> Vec<NamedParameter> {
        let named = |name: &str, values: &Tensor<1>| NamedParameter { name: name.to_owned(), shape: vec![1], values: values.clone() };
        vec![named(SCALE, &self.scale), named(SINCE, &self.since), named(SKIPPED, &self.skipped)]
    }

    /// From a checkpoint; one that was written without it begins anew.
    pub(super) fn resume(state: &HashMap<String, Weight>, device: &Device) -> Result<Self, TrainError> {
        if !state.contains_key(SCALE) {
            return Ok(Self::new(device));
        }
        let number = |name: &str| {
            let weight = state.get(name).ok_or_else(|| TrainError::Missing { name: name.to_owned() })?;
            match weight.values.as_slice() {
                [value] => Ok(Tensor::<1>::from_data(TensorData::new(vec![*value], [1]), device)),
                values => Err(TrainError::Shape { name: name.to_owned(), found: values.len(), wanted: 1 }),
            }
        };
        Ok(Self { scale: number(SCALE)?, since: number(SINCE)?, skipped: number(SKIPPED)? })
    }
}

const SCALE: &str = "loss_scale.scale";
const SINCE: &str = "loss_scale.since";
const SKIPPED: &str = "loss_scale.skipped";
