//! A checkpoint file: everything a resumed run needs, as safetensors. Written beside and renamed, so
//! that a crash or a full disk leaves the earlier ones whole.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, Result, bail};
use infill::{model_file::Weight, train::Trainer, unet::NamedParameter};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::files;

const KEY: &str = "infill-checkpoint";

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    step: u64,
    settings: Settings,
    /// Loss of the averaged model on the validation pictures, where there are any.
    #[serde(default)]
    validation_loss: Option<f64>,
    /// CRC-32C of the tensors in the order of their names; files of earlier programs have none.
    #[serde(default)]
    crc32c: Option<u32>,
}

/// Reads tensors back to the host.
///
/// # Errors
/// When the device cannot give them.
pub fn read_weights(parameters: Vec<NamedParameter>) -> Result<Vec<Weight>> {
    parameters
        .into_iter()
        .map(|parameter| {
            let data = parameter.values.into_data().convert::<f32>();
            let values = data.try_to_vec().map_err(|error| anyhow::anyhow!("cannot read {} from the device: {error:?}", parameter.name))?;
            Ok(Weight { name: parameter.name, shape: parameter.shape, values })
        })
        .collect()
}

/// Writes the trainer's state.
///
/// # Errors
/// When the file cannot be written or a number of the state is not finite; nothing is left half-written.
pub fn write(path: &Path, trainer: &Trainer, settings: &Settings, validation_loss: Option<f64>) -> Result<()> {
    let weights = read_weights(trainer.state())?;
    if let Some(weight) = weights.iter().find(|weight| weight.values.iter().any(|value| !value.is_finite())) {
        bail!("{} holds numbers that are not finite, and nothing can go on from such a checkpoint", weight.name);
    }
    let bytes: Vec<Vec<u8>> = weights.iter().map(|weight| weight.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let checksum = checksum(weights.iter().zip(&bytes).map(|(weight, bytes)| (weight.name.as_str(), bytes.as_slice())).collect());
    let header = Header { version: 1, step: trainer.step_count(), settings: settings.clone(), validation_loss, crc32c: Some(checksum) };
    let views = weights
        .iter()
        .zip(&bytes)
        .map(|(weight, bytes)| Ok((weight.name.as_str(), TensorView::new(Dtype::F32, weight.shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>>>()?;
    let metadata = HashMap::from([(KEY.to_owned(), serde_json::to_string(&header)?)]);
    files::write_atomically(path, &safetensors::serialize(views, Some(metadata))?)
}

fn checksum(mut tensors: Vec<(&str, &[u8])>) -> u32 {
    tensors.sort_by_key(|(name, _)| *name);
    tensors.into_iter().fold(0, |sum, (_, bytes)| crc32c::crc32c_append(sum, bytes))
}

/// Puts the trainer back to where a checkpoint was written.
///
/// # Errors
/// A file that is truncated, damaged, foreign, or of a run with another model or seed; the trainer is
/// unchanged then.
pub fn read(path: &Path, trainer: &mut Trainer) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let header = header(&bytes)?;
    if header.settings.model != *trainer.model_config() {
        bail!("it is of another model ({:?}) than this run's ({:?})", header.settings.model.unet, trainer.model_config().unet);
    }
    if header.settings.train.seed != trainer.config().seed {
        bail!("it is of a run with the seed {}, this run's is {}", header.settings.train.seed, trainer.config().seed);
    }
    let tensors = SafeTensors::deserialize(&bytes).context("it is truncated")?;
    let found = tensors.tensors();
    let found = checksum(found.iter().map(|(name, view)| (name.as_str(), view.data())).collect());
    if let Some(written) = header.crc32c.filter(|written| *written != found) {
        bail!("it is damaged: its tensors have the CRC-32C {found:08x}, and {written:08x} was written");
    }
    let mut state = HashMap::new();
    for (name, view) in tensors.tensors() {
        if view.dtype() != Dtype::F32 {
            bail!("its tensor {name} is {:?} and not F32", view.dtype());
        }
        let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        state.insert(name.clone(), Weight { name, shape: view.shape().to_vec(), values });
    }
    trainer.resume(header.step, &state)?;
    Ok(())
}

/// The validation loss that a checkpoint was written with.
///
/// # Errors
/// A file that is no checkpoint.
pub fn validation_loss(path: &Path) -> Result<Option<f64>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(header(&bytes)?.validation_loss)
}

fn header(bytes: &[u8]) -> Result<Header> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).context("it is truncated or no checkpoint")?;
    let header = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY)).context("it is no checkpoint of `infill train`")?;
    let header: Header = serde_json::from_str(header).context("its header cannot be read")?;
    if header.version != 1 {
        bail!("it has version {}, this program reads version 1", header.version);
    }
    Ok(header)
}
