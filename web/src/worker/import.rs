//! A checkpoint of PyTorch that the visitor gave, as a model of 8 bits. The file stays in the browser's memory, and each tensor is read
//! when its turn comes, so that the worker's own memory holds little more than the finished model.

use std::io::{self, Read, Seek, SeekFrom};

use burn::tensor::Device;
use infill::{
    config::ModelConfig,
    model_file::{Encoding, KEY, ModelFile, TrainingRecord},
    pytorch::{Architecture, Asked, CONFIG, PytorchError},
};
use infill_pytorch_file::{Checkpoint, Fault};
use js_sys::Uint8Array;

use super::scope::now;
use crate::message::Assumed;

/// Milliseconds between two messages about progress.
const REPORT_EVERY: f64 = 100.0;

/// Why a checkpoint is not used.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error(transparent)]
    File(#[from] Fault),
    /// The net.
    #[error(transparent)]
    Net(#[from] PytorchError),
    /// What the file says of the net.
    #[error("its entry `{CONFIG}` is no configuration of a model: {0}")]
    Config(serde_json::Error),
    /// A net that fills nothing.
    #[error("it was trained without a condition and fills nothing by itself; train it with `infill train --init` first")]
    Unconditional,
}

/// A file in the browser's memory.
pub struct BrowserBytes {
    bytes: Uint8Array,
    place: u64,
}

impl Read for BrowserBytes {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let whole = self.bytes.length();
        let begin = u32::try_from(self.place).unwrap_or(whole).min(whole);
        let count = into.len().min((whole - begin) as usize);
        self.bytes.subarray(begin, begin + count as u32).copy_to(&mut into[..count]);
        self.place += count as u64;
        Ok(count)
    }
}

impl Seek for BrowserBytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => u64::from(self.bytes.length()).checked_add_signed(by),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

/// The file as a checkpoint of PyTorch; `None` for what is not meant as one, which a model file is not.
///
/// # Errors
/// A checkpoint that is damaged, of an old format, or holds more than tensors.
pub fn checkpoint(bytes: &Uint8Array) -> Result<Option<Checkpoint<BrowserBytes>>, ImportError> {
    // A safetensors file begins with the length of a text in braces; a model file is one.
    let safetensors = bytes.length() > 8 && bytes.get_index(8) == b'{';
    match Checkpoint::open(BrowserBytes { bytes: bytes.clone(), place: 0 }) {
        Ok(checkpoint) => Ok(Some(checkpoint).filter(|checkpoint| checkpoint.word(KEY).is_none())),
        Err(Fault::Foreign) => Ok(None),
        Err(_) if safetensors => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

/// The model in 8 bits, and what was assumed of it. `report` hears how many numbers are done, of how many.
///
/// # Errors
/// Another net, one without a condition, or a tensor that cannot be read.
pub fn import(
    checkpoint: &Checkpoint<BrowserBytes>,
    name: &str,
    report: impl Fn(u64, u64),
    device: &Device,
) -> Result<(ModelFile, Option<Assumed>), ImportError> {
    let known: Option<ModelConfig> = checkpoint.word(CONFIG).map(serde_json::from_str).transpose().map_err(ImportError::Config)?;
    let read = |name: &str| checkpoint.read(name).map_err(ImportError::from);
    let architecture = Architecture::of_checkpoint(checkpoint.shapes(), known.as_ref(), &Asked::default(), read, device)?;
    if !architecture.has_condition() {
        return Err(ImportError::Unconditional);
    }
    let count = |shape: &[usize]| shape.iter().product::<usize>() as u64;
    let total = architecture.entries.iter().map(|entry| count(&entry.shape)).sum();
    let (mut done, mut reported) = (0, f64::NEG_INFINITY);
    let weights = architecture.entries.iter().map(|entry| {
        if now() - reported >= REPORT_EVERY {
            reported = now();
            report(done, total);
        }
        done += count(&entry.shape);
        read(&entry.name).map(|values| entry.import(values))
    });
    let record = TrainingRecord { data: serde_json::json!({ "imported_from": name }), ..TrainingRecord::default() };
    let file = ModelFile::from_each(architecture.config.clone(), record, weights, Encoding::Q8)?;
    let assumed = Assumed { size: file.config.size, head_channels: file.config.unet.head_channels };
    Ok((file, Some(assumed).filter(|_| known.is_none())))
}
