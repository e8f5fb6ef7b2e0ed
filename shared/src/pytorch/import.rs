//! The steps from a checkpoint to a model that every program takes: what the file is, and its weights one after the other.

use std::collections::BTreeMap;

use burn::tensor::Device;

use super::{Architecture, Asked, PytorchError, names::SCHEDULE_BUFFERS};
use crate::config::ModelConfig;

/// Key of the metadata of safetensors that holds a model's configuration.
pub const CONFIG: &str = "infill-config";

impl Architecture {
    /// Of a checkpoint's names and shapes: with the configuration where it is known, else inferred, with γ's range as the checkpoint has it.
    ///
    /// # Errors
    /// As [`Architecture::infer`] and [`Architecture::with_config`], and what `read` says of a tensor.
    pub fn of_checkpoint<E: From<PytorchError>>(
        tensors: &BTreeMap<String, Vec<usize>>,
        known: Option<&ModelConfig>,
        asked: &Asked,
        read: impl FnOnce(&str) -> Result<Vec<f32>, E>,
        device: &Device,
    ) -> Result<Self, E> {
        const GAMMAS: &str = SCHEDULE_BUFFERS[0];
        if let Some(config) = known {
            return Ok(Self::with_config(tensors, config, device)?);
        }
        let mut asked = asked.clone();
        if tensors.contains_key(GAMMAS) {
            let levels = read(GAMMAS)?;
            asked.noise_levels = levels.first().zip(levels.last()).map(|(first, last)| [f64::from(*first), f64::from(*last)]);
        }
        Ok(Self::infer(tensors, &asked, device)?)
    }

    /// Whether the net was trained with a condition; one without fills nothing by itself.
    pub fn has_condition(&self) -> bool {
        let own = 2 * crate::unet::PICTURE_CHANNELS * self.config.unet.patch * self.config.unet.patch;
        self.inputs == own
    }
}
