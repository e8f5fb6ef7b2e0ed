//! A model from a file of its own: a model file, or a checkpoint of PyTorch with what was assumed of it.

use burn::tensor::Device;
use infill::{
    denoiser::Model,
    model_file::{ModelFile, ModelFileError},
};
use js_sys::Uint8Array;

use super::import::{self, ImportError};
use crate::message::Assumed;

/// The file of a model, to be read again.
#[derive(Clone)]
pub struct ModelBytes {
    /// The file's name without its ending.
    pub name: String,
    /// Its bytes, in the browser's memory.
    pub bytes: Uint8Array,
}

/// The model on the device, and what was assumed of it. `report` hears how many of a checkpoint's numbers are done, of how many.
///
/// # Errors
/// A file that is no model, or not one that can be used.
pub fn read(name: &str, bytes: &Uint8Array, report: impl Fn(u64, u64), device: &Device) -> Result<(Model, Option<Assumed>), OwnModelError> {
    let (file, assumed) = match import::checkpoint(bytes)? {
        Some(checkpoint) => import::import(&checkpoint, name, report, device)?,
        None => (ModelFile::parse(&bytes.to_vec())?, None),
    };
    Ok((file.to_sampling_model(device)?, assumed))
}

/// Why a model of the visitor's own is not used.
#[derive(Debug, thiserror::Error)]
pub enum OwnModelError {
    /// Nothing came.
    #[error("the file did not arrive")]
    Empty,
    /// There is no device yet.
    #[error("the page is still starting; try again in a moment")]
    NoDevice,
    /// It is no model file, or one that cannot be used.
    #[error(transparent)]
    File(#[from] ModelFileError),
    /// It is a checkpoint that cannot be used.
    #[error(transparent)]
    Import(#[from] ImportError),
}
