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
/// When the file cannot be written; nothing is left half-written.
pub fn write(path: &Path, trainer: &Trainer, settings: &Settings) -> Result<()> {
    let header = Header { version: 1, step: trainer.step_count(), settings: settings.clone() };
    let weights = read_weights(trainer.state())?;
    let bytes: Vec<Vec<u8>> = weights.iter().map(|weight| weight.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = weights
        .iter()
        .zip(&bytes)
        .map(|(weight, bytes)| Ok((weight.name.as_str(), TensorView::new(Dtype::F32, weight.shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>>>()?;
    let metadata = HashMap::from([(KEY.to_owned(), serde_json::to_string(&header)?)]);
    files::write_atomically(path, &safetensors::serialize(views, Some(metadata))?)
}

/// Puts the trainer back to where a checkpoint was written.
///
/// # Errors
/// A file that is truncated, foreign, or of a run with other settings that change what is learned.
pub fn read(path: &Path, trainer: &mut Trainer) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).context("it is truncated or no checkpoint")?;
    let header = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY)).context("it is no checkpoint of `infill train`")?;
    let header: Header = serde_json::from_str(header).context("its header cannot be read")?;
    if header.version != 1 {
        bail!("it has version {}, this program reads version 1", header.version);
    }
    if header.settings.model != *trainer.model_config() {
        bail!("it is of another model ({:?}) than this run's ({:?})", header.settings.model.unet, trainer.model_config().unet);
    }
    let tensors = SafeTensors::deserialize(&bytes).context("it is truncated")?;
    let mut state = HashMap::new();
    for (name, view) in tensors.tensors() {
        let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        state.insert(name.clone(), Weight { name, shape: view.shape().to_vec(), values });
    }
    trainer.restore(header.step, &state)?;
    Ok(())
}
