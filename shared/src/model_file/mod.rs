//! The model file: a safetensors container whose metadata holds the configuration and the training
//! record, so that the file alone is enough to sample. Bytes in, bytes out; files and downloads are
//! elsewhere, and optimizer state lives in the trainer's checkpoints.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use burn::module::Module;
use half::f16;
use infill_kernel::{
    self as kernel,
    quantize::{Bits, Quantized},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::{
    config::{ConfigError, ModelConfig},
    denoiser::Model,
    unet::{Unet, parameters},
};
use burn::tensor::Device;

/// What the metadata calls this kind of file.
const FORMAT: &str = "infill-model";
/// The version this code reads and writes.
pub const VERSION: u32 = 1;
/// Metadata key of everything below.
const KEY: &str = "infill";

/// Suffix of the tensor that holds the scales of a weight of 8 or 4 bits.
const SCALES: &str = ".scales";

/// How weights are stored. Norms and biases are always f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers with an f16 scale for every 32 input channels; convolutions as [O, KH, KW, I].
    Q8,
    /// 4-bit integers likewise, two in a byte, the first one in the low half. A weight with an odd number of input
    /// channels has 8 bits.
    Q4,
}

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

/// A weight as plain numbers under its name, in the net's own layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Dotted name.
    pub name: String,
    /// Shape; convolutions are [O, I, KH, KW].
    pub shape: Vec<usize>,
    /// Values, last dimension fastest.
    pub values: Vec<f32>,
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

/// A weight as the file has it.
#[derive(Clone)]
enum Content {
    Floats { shape: Vec<usize>, values: Vec<f32> },
    Quantized(Quantized),
}

impl Content {
    /// In the net's layout.
    fn shape(&self) -> Vec<usize> {
        match self {
            Self::Floats { shape, .. } => shape.clone(),
            Self::Quantized(quantized) => quantized.net_shape(),
        }
    }

    fn values(&self) -> Vec<f32> {
        match self {
            Self::Floats { values, .. } => values.clone(),
            Self::Quantized(quantized) => quantized.to_values(),
        }
    }
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

impl fmt::Debug for ModelFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the millions of weights.
        formatter.debug_struct("ModelFile").field("config", &self.config).field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

impl ModelFile {
    /// Writes a model file.
    ///
    /// # Errors
    /// Only when the container refuses the tensors (two of one name).
    pub fn encode(
        config: &ModelConfig,
        training: &TrainingRecord,
        weights: &[Weight],
        encoding: Encoding,
    ) -> Result<Vec<u8>, ModelFileError> {
        let header = Header { format: FORMAT.to_owned(), version: VERSION, encoding, config: config.clone(), training: training.clone() };
        let header = serde_json::to_string(&header).map_err(|error| ModelFileError::Encode(error.to_string()))?;
        let stored: Vec<Stored> = weights.iter().flat_map(|weight| store(weight, encoding)).collect();
        let views = stored
            .iter()
            .map(|stored| Ok((stored.name.clone(), TensorView::new(stored.dtype, stored.shape.clone(), &stored.bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|error| ModelFileError::Encode(error.to_string()))?;
        safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), header)])))
            .map_err(|error| ModelFileError::Encode(error.to_string()))
    }

    /// Reads a model file and checks it against its own configuration.
    ///
    /// # Errors
    /// Each way in which the bytes are no usable model has its own, see [`ModelFileError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(unreadable(bytes))?;
        let header = metadata
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(KEY))
            .ok_or_else(|| ModelFileError::NotAModel("it is a safetensors file without Infill's configuration".to_owned()))?;
        let header = read_header(header)?;
        header.config.validate()?;
        let tensors = SafeTensors::deserialize(bytes).map_err(unreadable(bytes))?;
        let weights = tensors
            .names()
            .into_iter()
            .filter(|name| !name.ends_with(SCALES))
            .map(|name| Ok((name.to_owned(), load(&tensors, name)?)))
            .collect::<Result<_, ModelFileError>>()?;
        Ok(Self { config: header.config, training: header.training, encoding: header.encoding, weights })
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

    /// How many numbers the net has.
    pub fn parameter_count(&self) -> usize {
        self.weights.values().map(|content| content.shape().iter().product::<usize>()).sum()
    }
}

fn read_header(text: &str) -> Result<Header, ModelFileError> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| ModelFileError::Damaged(error.to_string()))?;
    if value["format"] != FORMAT {
        return Err(ModelFileError::NotAModel(format!("its metadata says `{}`", value["format"])));
    }
    let found = value["version"].as_u64().unwrap_or(0);
    if found != u64::from(VERSION) {
        return Err(ModelFileError::Version { found, known: VERSION });
    }
    serde_json::from_value(value).map_err(|error| ModelFileError::Damaged(error.to_string()))
}

/// A file that begins as safetensors do but cannot be read is damaged; anything else is no model.
fn unreadable(bytes: &[u8]) -> impl Fn(safetensors::SafeTensorError) -> ModelFileError {
    let begins_right = bytes.len() > 9 && bytes[8] == b'{' && bytes[..8][4..] == [0; 4];
    move |error| match begins_right {
        true => ModelFileError::Damaged(error.to_string()),
        false => ModelFileError::NotAModel(error.to_string()),
    }
}

struct Stored {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn store(weight: &Weight, encoding: Encoding) -> Vec<Stored> {
    let stored = |suffix: &str, dtype, shape, bytes| Stored { name: format!("{}{suffix}", weight.name), dtype, shape, bytes };
    let floats = || weight.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let halves = |values: &[f32]| values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
    match encoding {
        _ if weight.shape.len() == 1 => vec![stored("", Dtype::F32, weight.shape.clone(), floats())],
        Encoding::F32 => vec![stored("", Dtype::F32, weight.shape.clone(), floats())],
        Encoding::F16 => vec![stored("", Dtype::F16, weight.shape.clone(), halves(&weight.values))],
        Encoding::Q8 | Encoding::Q4 => {
            let quantized = Quantized::from_weight(&weight.shape, &weight.values, bits(encoding, &weight.shape));
            let scales: Vec<u8> = quantized.scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
            let mut shape = quantized.shape.clone();
            let (dtype, bytes) = match quantized.bits {
                Bits::Eight => (Dtype::I8, quantized.values.iter().map(|value| value.cast_unsigned()).collect()),
                Bits::Four => {
                    if let Some(row) = shape.last_mut() {
                        *row /= 2;
                    }
                    (
                        Dtype::U8,
                        quantized.values.as_chunks::<2>().0.iter().map(|[low, high]| (low & 15 | high << 4).cast_unsigned()).collect(),
                    )
                }
            };
            vec![stored("", dtype, shape, bytes), stored(SCALES, Dtype::F16, quantized.scales_shape(), scales)]
        }
    }
}

/// Bits of a weight of this shape, [O, I, KH, KW] or [I, O].
fn bits(encoding: Encoding, shape: &[usize]) -> Bits {
    let input = if shape.len() == 2 { shape[0] } else { shape[1] };
    if encoding == Encoding::Q4 && input.is_multiple_of(2) { Bits::Four } else { Bits::Eight }
}

/// The two 4-bit integers of a byte.
fn pair(byte: u8) -> [i8; 2] {
    let byte = byte.cast_signed();
    [byte << 4 >> 4, byte >> 4]
}

fn load(tensors: &SafeTensors<'_>, name: &str) -> Result<Content, ModelFileError> {
    let damaged = |what: String| ModelFileError::Damaged(format!("weight `{name}` {what}"));
    let tensor = tensors.tensor(name).map_err(|error| damaged(error.to_string()))?;
    let (data, stored) = (tensor.data(), tensor.shape().to_vec());
    let quantized = |bits, shape: Vec<usize>, values: Vec<i8>| {
        let scales = tensors.tensor(&format!("{name}{SCALES}")).map_err(|error| damaged(error.to_string()))?;
        let quantized = Quantized { bits, shape, values, scales: halves(scales.data()).collect() };
        if scales.dtype() != Dtype::F16 || scales.shape() != quantized.scales_shape() {
            let wanted = quantized.scales_shape();
            return Err(damaged(format!("has scales {:?} {:?}, not F16 {wanted:?}", scales.dtype(), scales.shape())));
        }
        Ok(Content::Quantized(quantized))
    };
    match tensor.dtype() {
        Dtype::F32 => {
            let values = data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            Ok(Content::Floats { shape: stored, values })
        }
        Dtype::F16 => Ok(Content::Floats { shape: stored, values: halves(data).map(f16::to_f32).collect() }),
        Dtype::I8 => quantized(Bits::Eight, stored, data.iter().map(|byte| byte.cast_signed()).collect()),
        Dtype::U8 => {
            let mut shape = stored;
            if let Some(row) = shape.last_mut() {
                *row *= 2;
            }
            quantized(Bits::Four, shape, data.iter().copied().flat_map(pair).collect())
        }
        other => Err(damaged(format!("has the type {other:?}, not F32, F16, I8 or U8"))),
    }
}

fn halves(data: &[u8]) -> impl Iterator<Item = f16> {
    data.as_chunks::<2>().0.iter().map(|bytes| f16::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests;
