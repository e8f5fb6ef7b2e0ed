//! Checkpoints of other programs: PyTorch's `.pth` and safetensors, read tensor by tensor, and safetensors for PyTorch, written. Nothing in them is executed: a pickle is read as
//! data, and one that holds anything but tensors is refused. What the tensors mean is `infill::pytorch`'s business.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use half::{bf16, f16};
use infill::{
    config::ModelConfig,
    container::{self, Kind, Stored},
    model_file::{ModelFile, VERSION, Weight},
    pytorch::{Architecture, DiffusersNet},
};
use pytorch_reader::{DType, FileFormat, PickleValue, PytorchReader};
use safetensors::tensor::Metadata;

/// The header of a safetensors file is no longer than this.
const LONGEST_HEADER: u64 = 100 << 20;

/// Key of the metadata of safetensors that holds a model's configuration.
const CONFIG: &str = "infill-config";

/// So many things that are no tensors are named.
const MOST_NAMED: usize = 5;

/// A checkpoint whose numbers are not read yet.
pub struct Checkpoint {
    path: PathBuf,
    shapes: BTreeMap<String, Vec<usize>>,
    source: Source,
    /// The format of a file of PyTorch before 1.6.
    old: Option<FileFormat>,
}

enum Source {
    Pytorch(HashMap<String, pytorch_reader::Tensor>),
    /// With the place of the first number.
    Safetensors(Box<Metadata>, u64),
}

impl Checkpoint {
    /// Opens a file and reads names and shapes.
    ///
    /// # Errors
    /// A file that is neither, damaged, or one that holds more than tensors.
    pub fn open(path: &Path) -> Result<Self> {
        let checkpoint = Self::open_of_any_age(path)?;
        if let Some(format) = &checkpoint.old {
            bail!(
                "cannot use {}: it is a {format:?} file, as PyTorch wrote them before 1.6; load it there and save it again with \
                 `torch.save`, or choose a newer file",
                path.display()
            );
        }
        Ok(checkpoint)
    }

    /// As [`Checkpoint::open`], and takes files of PyTorch before 1.6 too, as the standard nets' weights are.
    ///
    /// # Errors
    /// A file that is neither, damaged, or one that holds more than tensors.
    pub fn open_of_any_age(path: &Path) -> Result<Self> {
        let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut start = Vec::new();
        Read::by_ref(&mut file).take(9).read_to_end(&mut start)?;
        let opened = match start.as_slice() {
            [.., b'{'] if start.len() == 9 => safetensors_source(&mut file, &start),
            _ => pytorch_source(path),
        };
        let Opened { shapes, source, old } = opened.with_context(|| format!("cannot use {}", path.display()))?;
        Ok(Self { path: path.to_owned(), shapes, source, old })
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
        let Source::Safetensors(metadata, _) = &self.source else { return Ok(None) };
        let text = metadata.metadata().as_ref().and_then(|words| words.get(CONFIG));
        let named = || format!("the entry `{CONFIG}` of {} is no configuration of a model", self.path.display());
        text.map(|text| serde_json::from_str(text).with_context(named)).transpose()
    }

    /// A tensor's numbers, last dimension fastest.
    ///
    /// # Errors
    /// No tensor of that name, one that is cut off or holds no floats, numbers that are not finite.
    pub fn read(&self, name: &str) -> Result<Vec<f32>> {
        let values = self.values(name).with_context(|| format!("cannot use tensor `{name}` of {}", self.path.display()))?;
        match values.iter().position(|value| !value.is_finite()) {
            Some(place) => bail!("tensor `{name}` of {} holds {} at place {place}", self.path.display(), values[place]),
            None => Ok(values),
        }
    }

    fn values(&self, name: &str) -> Result<Vec<f32>> {
        let missing = "there is no such tensor";
        match &self.source {
            Source::Pytorch(tensors) => {
                let tensor = tensors.get(name).context(missing)?;
                floats(&tensor.read()?, name_of(tensor.dtype()))
            }
            Source::Safetensors(metadata, first) => {
                let info = metadata.info(name).context(missing)?;
                let (begin, end) = info.data_offsets;
                let mut bytes = vec![0; end - begin];
                let mut file = File::open(&self.path)?;
                file.seek(SeekFrom::Start(first + begin as u64))?;
                file.read_exact(&mut bytes)?;
                floats(&bytes, &format!("{:?}", info.dtype))
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

struct Opened {
    shapes: BTreeMap<String, Vec<usize>>,
    source: Source,
    old: Option<FileFormat>,
}

fn pytorch_source(path: &Path) -> Result<Opened> {
    let reader = PytorchReader::new(path)?;
    let old = Some(reader.metadata().format_type.clone()).filter(|format| *format != FileFormat::Zip);
    let mut others = Vec::new();
    find_others("", &PytorchReader::read_pickle_data(path, None)?, &mut others);
    if !others.is_empty() {
        others.sort();
        let more = others.len().saturating_sub(MOST_NAMED);
        others.truncate(MOST_NAMED);
        others.extend((more > 0).then(|| format!("{more} more")));
        bail!("it holds {} beside tensors; save the weights alone with `torch.save(model.state_dict(), …)`", others.join(", "));
    }
    if reader.is_empty() {
        bail!("it holds no tensors");
    }
    let tensors = reader.into_tensors();
    let shapes = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape().to_vec())).collect();
    Ok(Opened { shapes, source: Source::Pytorch(tensors), old })
}

/// What is no tensor, by name and kind.
fn find_others(name: &str, value: &PickleValue, others: &mut Vec<String>) {
    let kind = match value {
        PickleValue::Dict(entries) => {
            // PyTorch's versions of its own modules, which it writes beside a state dict.
            for (key, value) in entries.iter().filter(|(key, _)| !(name.is_empty() && key.as_str() == "_metadata")) {
                let within = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                find_others(&within, value, others);
            }
            return;
        }
        PickleValue::Unsupported(kind) if kind == "torch.Tensor" => return,
        PickleValue::Unsupported(kind) => kind.as_str(),
        PickleValue::None => "None",
        PickleValue::Bool(_) => "bool",
        PickleValue::Int(_) => "int",
        PickleValue::Float(_) => "float",
        PickleValue::String(_) => "str",
        PickleValue::List(_) => "list",
        PickleValue::Bytes(_) => "bytes",
    };
    others.push(if name.is_empty() { kind.to_owned() } else { format!("`{name}` ({kind})") });
}

/// `start`: the length of the header and its first character.
fn safetensors_source(file: &mut File, start: &[u8]) -> Result<Opened> {
    let length = start[..8].iter().rev().fold(0, |length, byte| length << 8 | u64::from(*byte));
    if length > LONGEST_HEADER {
        bail!("its header claims {length} bytes, and at most {LONGEST_HEADER} are read");
    }
    let mut header = start.to_vec();
    Read::by_ref(file).take(length.saturating_sub(1)).read_to_end(&mut header)?;
    let metadata: Metadata = serde_json::from_slice(&header[8..]).context("it is no safetensors file, or a damaged one")?;
    let first = 8 + length;
    let (found, wanted) = (file.metadata()?.len(), first + metadata.data_len() as u64);
    if found != wanted {
        bail!("it has {found} bytes and its header says {wanted}; fetch or copy it again");
    }
    let shapes = metadata.tensors().into_iter().map(|(name, info)| (name, info.shape.clone())).collect();
    Ok(Opened { shapes, source: Source::Safetensors(Box::new(metadata), first), old: None })
}

fn name_of(dtype: DType) -> &'static str {
    match dtype {
        DType::F64 => "F64",
        DType::F32 => "F32",
        DType::F16 => "F16",
        DType::BF16 => "BF16",
        _ => "integers",
    }
}

/// Numbers of a type from their bytes, little-endian.
fn floats(bytes: &[u8], dtype: &str) -> Result<Vec<f32>> {
    Ok(match dtype {
        "F32" => bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        "F64" => bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect(),
        "F16" => bytes.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect(),
        "BF16" => bytes.as_chunks().0.iter().map(|bytes| bf16::from_le_bytes(*bytes).to_f32()).collect(),
        other => bail!("holds {other}, and weights are F16, BF16, F32 or F64"),
    })
}
