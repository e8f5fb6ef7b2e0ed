//! The model file: a container whose header holds the configuration and the training record, so that the file alone is
//! enough to sample. Bytes in, bytes out; files and downloads are elsewhere, and the state of an optimizer is in the
//! trainer's checkpoints.

mod content;
mod grow;

use std::{borrow::Borrow, collections::BTreeMap, fmt};

use burn::{module::Module, tensor::Device};
use infill_kernel as kernel;
use serde::{Deserialize, Serialize};

pub use crate::container::Weight;
use crate::{
    config::{ConfigError, ModelConfig},
    container::{self, Container, ContainerError, Kind, Stored},
    denoiser::Model,
    unet::{Unet, parameters},
};
use content::Content;
pub use content::Encoding;
pub use grow::GrowError;

/// What the metadata calls this kind of file.
const FORMAT: &str = "infill-model";
/// The version this code reads and writes.
pub const VERSION: u32 = 1;
/// Key of a file's metadata that makes it a model.
pub const KEY: &str = "infill";
/// What the container is told.
const KIND: Kind = Kind { key: KEY, format: Some(FORMAT), version: VERSION };

/// What a model was trained on, and how. Free to hold what the trainer knows; sampling ignores it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Optimizer steps.
    pub steps: u64,
    /// Pictures seen, those of the model that training began from included.
    pub pictures_seen: u64,
    /// Seed of the run.
    pub seed: u64,
    /// The training settings, as the run directory has them.
    pub settings: serde_json::Value,
    /// The data: sources, counts, checksums.
    pub data: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    encoding: Encoding,
    config: ModelConfig,
    training: TrainingRecord,
}

/// A parsed model file.
#[derive(Clone)]
pub struct ModelFile {
    /// What the model is.
    pub config: ModelConfig,
    /// How it came about.
    pub training: TrainingRecord,
    /// How its weights are stored.
    pub encoding: Encoding,
    weights: BTreeMap<String, Content>,
}

/// Bytes that are no usable model.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// Not this kind of file.
    #[error("this is not an Infill model: {0}; choose a file written by `infill train` or `infill export`")]
    NotAModel(String),
    /// Cut short or damaged.
    #[error("the model file is damaged: {0}; fetch or copy it again")]
    Damaged(String),
    /// Written by another version.
    #[error("the model file has version {found}, this program reads version {known}; update the program or export the model again")]
    Version {
        /// The file's.
        found: u64,
        /// The program's.
        known: u32,
    },
    /// A configuration that makes no net.
    #[error("the model file's configuration is unusable: {0}")]
    Config(#[from] ConfigError),
    /// A weight that is missing or has another shape.
    #[error("the model file's weight `{name}` has shape {found}, the net wants {wanted}; the file does not fit its own configuration")]
    Weight {
        /// Its name.
        name: String,
        /// What the file has.
        found: String,
        /// What the net wants.
        wanted: String,
    },
    /// Could not be written.
    #[error("the model could not be encoded: {0}")]
    Encode(String),
}

impl From<ContainerError> for ModelFileError {
    fn from(error: ContainerError) -> Self {
        match error {
            ContainerError::Foreign(what) => Self::NotAModel(what),
            ContainerError::Damaged(what) => Self::Damaged(what),
            ContainerError::Version { found, known } => Self::Version { found, known },
            ContainerError::Encode(what) => Self::Encode(what),
        }
    }
}

impl fmt::Debug for ModelFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the millions of weights.
        formatter.debug_struct("ModelFile").field("config", &self.config).field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

impl ModelFile {
    /// Writes a model file. Weights may be made one after the other, so that they need not be in memory all at once.
    ///
    /// # Errors
    /// Only when the container refuses the tensors (two of one name).
    pub fn encode(
        config: &ModelConfig,
        training: &TrainingRecord,
        weights: impl IntoIterator<Item: Borrow<Weight>>,
        encoding: Encoding,
    ) -> Result<Vec<u8>, ModelFileError> {
        let header = Header { format: FORMAT.to_owned(), version: VERSION, encoding, config: config.clone(), training: training.clone() };
        let store = |weight: &Weight| Content::of(weight, encoding).store(&weight.name, encoding);
        let stored: Vec<Stored> = weights.into_iter().flat_map(|weight| store(weight.borrow())).collect();
        Ok(container::write(KIND, &header, &stored)?)
    }

    /// Reads a model file and checks it against its own configuration.
    ///
    /// # Errors
    /// Each way in which the bytes are no usable model has its own, see [`ModelFileError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let file: Container<'_, Header> = Container::read(KIND, bytes)?;
        file.header.config.validate()?;
        let weights = file
            .names()
            .into_iter()
            .filter(|name| !content::is_part_of_another(name))
            .map(|name| Ok((name.to_owned(), Content::load(&file, name)?)))
            .collect::<Result<_, ModelFileError>>()?;
        let Header { config, training, encoding, .. } = file.header;
        Ok(Self { config, training, encoding, weights })
    }

    /// A file of weights that were in no model file before, as floats.
    pub fn from_weights(config: ModelConfig, training: TrainingRecord, weights: Vec<Weight>) -> Self {
        let weights = weights.into_iter().map(|Weight { name, shape, values }| (name, Content::Floats { shape, values })).collect();
        Self { config, training, encoding: Encoding::F32, weights }
    }

    /// A file of weights that come one after the other, each in the encoding before the next is asked for.
    ///
    /// # Errors
    /// The first that the weights bring.
    pub fn from_each<E>(
        config: ModelConfig,
        training: TrainingRecord,
        weights: impl IntoIterator<Item = Result<Weight, E>>,
        encoding: Encoding,
    ) -> Result<Self, E> {
        let content = |weight: Result<Weight, E>| weight.map(|weight| (weight.name.clone(), Content::of(&weight, encoding)));
        let weights = weights.into_iter().map(content).collect::<Result<_, E>>()?;
        Ok(Self { config, training, encoding, weights })
    }

    /// The model with these weights, on a device.
    ///
    /// # Errors
    /// A weight that the configuration's net wants is missing or has another shape.
    pub fn to_model(&self, device: &Device) -> Result<Model, ModelFileError> {
        self.build(device, |content| kernel::Values::Floats(content.values()))
    }

    /// The same for sampling alone, with weights as the device's kernels read them fastest: those of 8 or 4 bits stay
    /// so in a GPU's memory ([`kernel::weight`]). Such a model cannot be trained.
    ///
    /// # Errors
    /// As [`ModelFile::to_model`].
    pub fn to_sampling_model(&self, device: &Device) -> Result<Model, ModelFileError> {
        self.build(device, |content| match content {
            Content::Floats { values, .. } => kernel::Values::Fixed(values.clone()),
            Content::Quantized(quantized) => kernel::Values::Quantized(quantized.clone()),
        })
    }

    fn build(&self, device: &Device, values: impl Fn(&Content) -> kernel::Values) -> Result<Model, ModelFileError> {
        let mut wrong = None;
        let mut replace = parameters::Replace::new(|name: &str, shape: &[usize]| {
            let content = self.weights.get(name);
            let found = content.map(Content::shape);
            if let Some(content) = content.filter(|_| found.as_deref() == Some(shape)) {
                return Some(values(content));
            }
            wrong.get_or_insert_with(|| ModelFileError::Weight {
                name: name.to_owned(),
                found: found.map_or("none".to_owned(), |shape| format!("{shape:?}")),
                wanted: format!("{shape:?}"),
            });
            None
        });
        let unet = Unet::new(&self.config, device).map(&mut replace);
        match wrong {
            Some(error) => Err(error),
            None => Ok(Model { config: self.config.clone(), unet }),
        }
    }

    /// The weights as floats, by name.
    pub fn weights(&self) -> impl Iterator<Item = Weight> {
        self.weights.iter().map(|(name, content)| Weight { name: name.clone(), shape: content.shape(), values: content.values() })
    }

    /// The model for pictures `factor` times as wide and high, with patches as many times larger; its weights are floats.
    ///
    /// # Errors
    /// A factor below 2, or a recipe other than residuals and log-SNR.
    pub fn grown(&self, factor: usize) -> Result<Self, GrowError> {
        let config = grow::configuration(&self.config, factor)?;
        let grown = self.weights().map(|weight| grow::weight(&self.config, factor, weight));
        Ok(Self::from_weights(config, self.training.clone(), grown.collect()))
    }

    /// How many numbers the net has.
    pub fn parameter_count(&self) -> usize {
        self.weights.values().map(|content| content.shape().iter().product::<usize>()).sum()
    }
}

#[cfg(test)]
mod tests;
