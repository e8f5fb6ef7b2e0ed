//! A model file together with what a report says of it.

use std::path::Path;

use infill::model_file::ModelFile;

pub use super::report::ModelSummary;
use crate::model_on_disk;

/// A model file and what a report says of it.
///
/// # Errors
/// A file that cannot be read or is no model.
pub fn read_model(path: &Path) -> anyhow::Result<(ModelFile, ModelSummary)> {
    let (file, sha256) = model_on_disk::read_with_digest(path)?;
    let summary = ModelSummary {
        file: path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned()),
        sha256,
        size: file.config.size,
        parameters: file.parameter_count(),
        pictures_seen: file.training.pictures_seen,
    };
    Ok((file, summary))
}
