//! A model file together with what a report says of it.

use std::path::Path;

use anyhow::Context;
use infill::model_file::ModelFile;
use sha2::{Digest, Sha256};

pub use super::report::ModelSummary;
use crate::exit::input;

/// A model file and what a report says of it.
///
/// # Errors
/// A file that cannot be read or is no model.
pub fn read_model(path: &Path) -> anyhow::Result<(ModelFile, ModelSummary)> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
    let file = ModelFile::parse(&bytes).with_context(|| format!("cannot use {}", path.display())).map_err(input)?;
    let summary = ModelSummary {
        file: path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned()),
        sha256: hex::encode(Sha256::digest(&bytes)),
        size: file.config.size,
        parameters: file.parameter_count(),
        pictures_seen: file.training.pictures_seen,
    };
    Ok((file, summary))
}
