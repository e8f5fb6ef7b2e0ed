//! A checkpoint file: everything that a resumed run needs. It is written beside its place and renamed, so
//! that a crash or a full disk leaves the earlier ones whole.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, Result, bail};
use infill::{
    container::{self, Container, Stored, Weight},
    train::Trainer,
    unet::NamedParameter,
};

use super::{difference::differences, settings::TrainingSettings};
use crate::{
    files,
    formats::run_checkpoint::{self, KIND},
    pictures::DatasetRecord,
    readback,
};

type Header = run_checkpoint::Header<TrainingSettings, DatasetRecord>;

/// What a checkpoint says beside the trainer's state.
pub struct Seen {
    /// The pictures that the run trained on until then, where that is known.
    pub data: Option<DatasetRecord>,
    /// How often it has seen one.
    pub pictures: u64,
}

/// Reads tensors back to the host.
///
/// # Errors
/// When the device cannot give them.
pub fn read_weights(parameters: Vec<NamedParameter>) -> Result<Vec<Weight>> {
    parameters
        .into_iter()
        .map(|parameter| {
            let values = readback::values(parameter.values, &parameter.name)?;
            Ok(Weight { name: parameter.name, shape: parameter.shape, values })
        })
        .collect()
}

/// Writes the trainer's state.
///
/// # Errors
/// When the file cannot be written or a number of the state is not finite; nothing is left half-written.
pub fn write(path: &Path, trainer: &Trainer, settings: &TrainingSettings, seen: Seen, validation_loss: Option<f64>) -> Result<()> {
    let weights = read_weights(trainer.state())?;
    if let Some(weight) = weights.iter().find(|weight| weight.values.iter().any(|value| !value.is_finite())) {
        bail!("{} holds numbers that are not finite, and nothing can go on from such a checkpoint", weight.name);
    }
    let stored: Vec<Stored> = weights.iter().map(Stored::floats).collect();
    let checksum = run_checkpoint::checksum(stored.iter().map(|stored| (stored.name.as_str(), stored.bytes.as_slice())).collect());
    let (step, settings) = (trainer.step_count(), settings.clone());
    let Seen { data, pictures } = seen;
    let version = KIND.version;
    let header = Header { version, step, settings, validation_loss, data, pictures_seen: Some(pictures), crc32c: Some(checksum) };
    files::write_atomically(path, &container::write(KIND, &header, &stored)?)
}

/// Puts the trainer back to where a checkpoint was written, and says what had been seen until then.
///
/// # Errors
/// A file that is truncated, damaged, foreign, or of a run with another model or seed; the trainer is
/// unchanged then.
pub fn read(path: &Path, trainer: &mut Trainer) -> Result<Seen> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = open(&bytes)?;
    let header = &file.header;
    if header.settings.model != *trainer.model_config() {
        let different = differences(&header.settings.model, trainer.model_config())?;
        let different: Vec<String> =
            different.iter().map(|field| format!("{} is {} there and {} here", field.name, field.before, field.now)).collect();
        bail!("it is of another model than this run's: {}", different.join(", "));
    }
    if header.settings.train.seed != trainer.config().seed {
        bail!("it is of a run with the seed {}, this run's is {}", header.settings.train.seed, trainer.config().seed);
    }
    run_checkpoint::check(&file)?;
    let state: HashMap<String, Weight> = file.floats()?.into_iter().map(|weight| (weight.name.clone(), weight)).collect();
    if let Some(name) = state.values().find(|weight| weight.values.iter().any(|value| !value.is_finite())).map(|weight| &weight.name) {
        bail!("it is damaged: {name} holds numbers that are not finite");
    }
    trainer.resume(header.step, &state)?;
    // Before they were counted a run had one batch from its beginning to its end, as far as anybody knows.
    let pictures = header.pictures_seen.unwrap_or(header.step * header.settings.train.batch as u64);
    Ok(Seen { data: file.header.data, pictures })
}

/// The validation loss that a checkpoint was written with.
///
/// # Errors
/// A file that is no checkpoint.
pub fn validation_loss(path: &Path) -> Result<Option<f64>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(open(&bytes)?.header.validation_loss)
}

fn open(bytes: &[u8]) -> Result<Container<'_, Header>> {
    run_checkpoint::open(bytes)
}
