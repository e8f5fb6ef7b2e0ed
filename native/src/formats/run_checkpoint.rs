//! A checkpoint of a training as a file: what its header says, whether its tensors are as they were written, and the averaged
//! model in it. Going on from one is the training's business.

use anyhow::{Context, Result, bail};
use infill::{
    config::ModelConfig,
    container::{self, Container, ContainerError, Dtype, Kind, Weight},
    model_file::{ModelFile, TrainingRecord},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What the container is told.
pub const KIND: Kind = Kind { key: "infill-checkpoint", format: None, version: 1 };

/// Parts of a trainer's state: the averaged weights, and those of the last step.
const PARTS: [&str; 2] = ["average.", "weights."];

/// What a checkpoint says, with the settings of its run and a record of its pictures.
#[derive(Serialize, Deserialize)]
pub struct Header<S, D> {
    /// Of the format.
    pub version: u32,
    /// Steps made.
    pub step: u64,
    /// Of the run, as they were then.
    pub settings: S,
    /// Loss of the averaged model on the validation pictures, where there are any.
    pub validation_loss: Option<f64>,
    /// The pictures that the run trained on until then; files of earlier programs have none.
    pub data: Option<D>,
    /// Pictures seen by the run until then; files of earlier programs do not say it.
    pub pictures_seen: Option<u64>,
    /// CRC-32C of the tensors in the order of their names; files of earlier programs have none.
    pub crc32c: Option<u32>,
}

/// CRC-32C of tensors in the order of their names.
pub fn checksum(mut tensors: Vec<(&str, &[u8])>) -> u32 {
    tensors.sort_by_key(|(name, _)| *name);
    tensors.into_iter().fold(0, |sum, (_, bytes)| crc32c::crc32c_append(sum, bytes))
}

/// Opens a checkpoint.
///
/// # Errors
/// Bytes of another kind of file, truncated, or of another version.
pub fn open<S: DeserializeOwned, D: DeserializeOwned>(bytes: &[u8]) -> Result<Container<'_, Header<S, D>>> {
    Container::read(KIND, bytes).map_err(|error| match error {
        ContainerError::Foreign(_) | ContainerError::Damaged(_) => anyhow::Error::new(error).context("it is truncated or no checkpoint"),
        ContainerError::Version { .. } | ContainerError::Encode(_) => error.into(),
    })
}

/// Refuses tensors that are not those that were written.
///
/// # Errors
/// Another checksum than the header's.
pub fn check<S, D>(file: &Container<'_, Header<S, D>>) -> Result<()> {
    let tensors = file.names().into_iter().map(|name| Ok((name, file.tensor(name)?.2))).collect::<Result<_>>()?;
    let found = checksum(tensors);
    match file.header.crc32c.filter(|written| *written != found) {
        Some(written) => bail!("it is damaged: its tensors have the CRC-32C {found:08x}, and {written:08x} was written"),
        None => Ok(()),
    }
}

/// Whether bytes are meant to be a checkpoint, whole or not.
pub fn is_one(bytes: &[u8]) -> bool {
    Container::<Value>::read(KIND, bytes).is_ok()
}

/// What a run's settings say that belongs into a model file.
#[derive(Deserialize)]
struct Settings {
    model: ModelConfig,
    train: Value,
    run: Value,
}

/// The averaged model of a checkpoint, as `model.infill` of its run holds the last one.
///
/// # Errors
/// A damaged file, or one whose configuration makes no net.
pub fn model(bytes: &[u8]) -> Result<ModelFile> {
    let file = open::<Settings, Value>(bytes)?;
    check(&file)?;
    let Header { step, settings, data, pictures_seen, .. } = &file.header;
    settings.model.validate()?;
    let named = |name: &str| settings.train[name].as_u64().unwrap_or_default();
    let before = settings.run["pictures_seen_before"].as_u64().unwrap_or_default();
    let training = TrainingRecord {
        steps: *step,
        pictures_seen: before + pictures_seen.unwrap_or(step * named("batch")),
        seed: named("seed"),
        settings: settings.train.clone(),
        data: data.clone().unwrap_or_default(),
    };
    // Before the first step nothing is averaged.
    let part = PARTS.into_iter().find(|part| file.names().iter().any(|name| name.starts_with(part)));
    let part = part.context("it holds no weights")?;
    let weight = |(name, stored): (&str, &str)| {
        let (dtype, shape, bytes) = file.tensor(stored)?;
        if dtype != Dtype::F32 {
            bail!("its tensor `{stored}` has the type {dtype:?}, not F32");
        }
        Ok(Weight { name: name.to_owned(), shape, values: container::floats(bytes) })
    };
    let names = file.names();
    let weights = names.iter().filter_map(|stored| Some((stored.strip_prefix(part)?, *stored))).map(weight);
    Ok(ModelFile::from_weights(settings.model.clone(), training, weights.collect::<Result<Vec<_>>>()?))
}
