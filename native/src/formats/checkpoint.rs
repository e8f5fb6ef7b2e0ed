//! Checkpoints of other programs as files: `infill_pytorch_file` reads PyTorch's `.pth` and safetensors, and what PyTorch wrote before 1.6 is read here.
//! Safetensors for PyTorch are written. Nothing in a file is executed. What the tensors mean is `infill::pytorch`'s business.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use infill::{
    config::ModelConfig,
    container::{self, Kind, Stored},
    model_file::{ModelFile, VERSION, Weight},
    pytorch::{Architecture, CONFIG, DiffusersNet},
};
use infill_pytorch_file::{Checkpoint as Recent, Fault};
use pytorch_reader::{DType, PytorchReader};

/// A checkpoint whose numbers are not read yet.
pub struct Checkpoint {
    path: PathBuf,
    shapes: BTreeMap<String, Vec<usize>>,
    source: Source,
}

enum Source {
    Recent(Box<Recent<BufReader<File>>>),
    /// Of PyTorch before 1.6.
    Old(HashMap<String, pytorch_reader::Tensor>),
}

impl Checkpoint {
    /// Opens a file and reads names and shapes.
    ///
    /// # Errors
    /// A file that is neither, damaged, or one that holds more than tensors.
    pub fn open(path: &Path) -> Result<Self> {
        Self::recent(path)?.with_context(|| format!("cannot use {}", path.display()))
    }

    /// As [`Checkpoint::open`], and takes files of PyTorch before 1.6 too, as the standard nets' weights are.
    ///
    /// # Errors
    /// A file that is neither, damaged, or one that holds more than tensors.
    pub fn open_of_any_age(path: &Path) -> Result<Self> {
        let checkpoint = match Self::recent(path)? {
            Err(Fault::Old(_)) => old(path),
            opened => opened.map_err(Into::into),
        };
        checkpoint.with_context(|| format!("cannot use {}", path.display()))
    }

    fn recent(path: &Path) -> Result<Result<Self, Fault>> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let opened = Recent::open(BufReader::new(file));
        Ok(opened.map(|recent| Self { path: path.to_owned(), shapes: recent.shapes().clone(), source: Source::Recent(Box::new(recent)) }))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All tensors' shapes by their names.
    pub fn shapes(&self) -> &BTreeMap<String, Vec<usize>> {
        &self.shapes
    }

    /// What the file says of the model that its tensors are, if [`write`] made it or a program that keeps what it says.
    ///
    /// # Errors
    /// Something that is no configuration.
    pub fn config(&self) -> Result<Option<ModelConfig>> {
        let Source::Recent(recent) = &self.source else { return Ok(None) };
        let named = || format!("the entry `{CONFIG}` of {} is no configuration of a model", self.path.display());
        recent.word(CONFIG).map(|text| serde_json::from_str(text).with_context(named)).transpose()
    }

    /// A tensor's numbers, last dimension fastest.
    ///
    /// # Errors
    /// No tensor of that name, one that is cut off or holds no floats, numbers that are not finite.
    pub fn read(&self, name: &str) -> Result<Vec<f32>> {
        let named = || format!("cannot use {}", self.path.display());
        match &self.source {
            Source::Recent(recent) => recent.read(name).with_context(named),
            Source::Old(tensors) => {
                let tensor = tensors.get(name).with_context(|| format!("there is no tensor `{name}`")).with_context(named)?;
                let values = floats(tensor).with_context(|| format!("tensor `{name}`")).with_context(named)?;
                match values.iter().position(|value| !value.is_finite()) {
                    Some(place) => bail!("tensor `{name}` of {} holds {} at place {place}", self.path.display(), values[place]),
                    None => Ok(values),
                }
            }
        }
    }
}

/// A model's weights by the names of an architecture, as safetensors of 32-bit floats that say what the model is.
///
/// # Errors
/// A weight that the file lacks.
pub fn write(architecture: &Architecture, file: &ModelFile) -> Result<Vec<u8>> {
    let weights: BTreeMap<String, Weight> = file.weights().map(|weight| (weight.name.clone(), weight)).collect();
    let stored = architecture.entries.iter().map(|entry| {
        let weight = weights.get(entry.own_name()).with_context(|| format!("there is no weight `{}`", entry.own_name()))?;
        Ok(Stored::floats(&Weight { name: entry.name.clone(), shape: entry.shape.clone(), values: entry.export(weight) }))
    });
    let kind = Kind { key: CONFIG, format: None, version: VERSION };
    Ok(container::write(kind, &architecture.config, &stored.collect::<Result<Vec<_>>>()?)?)
}

/// A model's weights by the names of diffusers, as safetensors of 32-bit floats that say what the model is.
///
/// # Errors
/// A weight that the file lacks.
pub fn write_diffusers(net: &DiffusersNet, file: &ModelFile) -> Result<Vec<u8>> {
    let weights: BTreeMap<String, Weight> = file.weights().map(|weight| (weight.name.clone(), weight)).collect();
    let mut stored = Vec::new();
    for place in &net.places {
        let weight = weights.get(&place.own).with_context(|| format!("there is no weight `{}`", place.own))?;
        stored.extend(place.export(weight).iter().map(Stored::floats));
    }
    Ok(container::write(Kind { key: CONFIG, format: None, version: VERSION }, &net.config, &stored)?)
}

/// A file of PyTorch before 1.6.
fn old(path: &Path) -> Result<Checkpoint> {
    let tensors = PytorchReader::new(path)?.into_tensors();
    if tensors.is_empty() {
        bail!("it holds no tensors");
    }
    let shapes = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape().to_vec())).collect();
    Ok(Checkpoint { path: path.to_owned(), shapes, source: Source::Old(tensors) })
}

/// The numbers of a tensor of an old file.
fn floats(tensor: &pytorch_reader::Tensor) -> Result<Vec<f32>> {
    let kind = match tensor.dtype() {
        DType::F32 => infill_pytorch_file::Kind::F32,
        DType::F64 => infill_pytorch_file::Kind::F64,
        DType::F16 => infill_pytorch_file::Kind::F16,
        DType::BF16 => infill_pytorch_file::Kind::Bf16,
        other => bail!("holds {other:?}, and weights are F16, BF16, F32 or F64"),
    };
    Ok(kind.floats(&tensor.read()?))
}
