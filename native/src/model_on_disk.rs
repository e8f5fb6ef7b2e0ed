//! Which model file is used and how it is read. A checkpoint of a training stands for its averaged model.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use infill::{model_file::ModelFile, task::TaskKind};
use sha2::{Digest, Sha256};

use crate::{exit::input, files, formats::run_checkpoint};

/// Eight times the paper's model in 32 bits.
const MOST_BYTES: u64 = 16 << 30;

/// Where the models that come with the project are, below the working directory.
const SHIPPED: &str = "web/models";

/// The one that knows every task.
const GENERAL: &str = "nature.infill";

/// The one that repairs.
const REPAIR: &str = "repair.infill";

/// The model to use: the one named, else `INFILL_MODEL`, else the shipped one, below the working directory or beside the program. For
/// a task that a shipped model was trained for alone, that model.
///
/// # Errors
/// When none of them is there, naming where it was looked for.
pub fn locate(named: Option<&Path>, task: Option<TaskKind>) -> Result<PathBuf> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    if let Some(path) = std::env::var_os("INFILL_MODEL") {
        let path = PathBuf::from(path);
        if !path.is_file() {
            bail!(input(format!("INFILL_MODEL names {}, which is no file; set another, or give --model FILE", path.display())));
        }
        return Ok(path);
    }
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let folders = [Some(PathBuf::from(SHIPPED)), beside];
    let names = [(task == Some(TaskKind::Restore)).then_some(REPAIR), Some(GENERAL)];
    let in_folders = |name: &str| folders.iter().flatten().map(|folder| folder.join(name)).collect::<Vec<_>>();
    let places: Vec<PathBuf> = names.into_iter().flatten().flat_map(in_folders).collect();
    match places.iter().find(|place| place.is_file()) {
        Some(place) => Ok(place.clone()),
        None => {
            let looked: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
            bail!(input(format!("no model was found at {}; give --model FILE or set INFILL_MODEL", looked.join(" or "))))
        }
    }
}

/// Reads a model file, or the averaged model of a checkpoint.
///
/// # Errors
/// A file that is missing or no usable model, named.
pub fn read(path: &Path) -> Result<ModelFile> {
    Ok(read_bytes(path)?.0)
}

/// The same with the SHA-256 of the file in hexadecimal, for reports.
///
/// # Errors
/// As [`read`].
pub fn read_with_digest(path: &Path) -> Result<(ModelFile, String)> {
    let (file, bytes) = read_bytes(path)?;
    Ok((file, hex::encode(Sha256::digest(&bytes))))
}

fn read_bytes(path: &Path) -> Result<(ModelFile, Vec<u8>)> {
    let of_run = path.join("model.infill");
    if of_run.is_file() {
        bail!(input(format!("{} is a folder; name {}", path.display(), of_run.display())));
    }
    let bytes = files::read_at_most(path, MOST_BYTES)?;
    let parsed = match run_checkpoint::is_one(&bytes) {
        true => run_checkpoint::model(&bytes),
        false => ModelFile::parse(&bytes).map_err(Into::into),
    };
    let file = parsed.with_context(|| format!("cannot use {}", path.display())).map_err(input)?;
    tracing::debug!("read {}: {} parameters, {:?}", path.display(), file.parameter_count(), file.encoding);
    Ok((file, bytes))
}
