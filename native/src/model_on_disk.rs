//! Which model file is used and how it is read. A checkpoint of a training stands for its averaged model.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use infill::{manifest, model_file::ModelFile, task::TaskKind};
use sha2::{Digest, Sha256};

use crate::{exit::input, files, formats::run_checkpoint};

/// Eight times the paper's model in 32 bits.
const MOST_BYTES: u64 = 16 << 30;

/// Where the models that come with the project are, below the working directory.
const SHIPPED: &str = "web/models";

/// Headers end before this: those of the paper's model do by far.
const HEADER_BYTES: u64 = 4 << 20;

/// The model to use: the one named, else `INFILL_MODEL`, else one of the first folder that has any, below the working directory or beside
/// the program, by the page's rule: for a task the one that was trained for it and the fewest others, else the one of the most tasks.
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
    let folders: Vec<PathBuf> = [Some(PathBuf::from(SHIPPED)), beside].into_iter().flatten().collect();
    match folders.iter().find_map(|folder| chosen(folder, task)) {
        Some(path) => Ok(path),
        None => {
            let looked: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            bail!(input(format!(
                "no model (a file like nature.infill) was found in {}; give --model FILE or set INFILL_MODEL",
                looked.join(" or ")
            )))
        }
    }
}

/// The model of a folder for a task, or for no certain one. What cannot be read as a model counts as one that knows nothing: reading it will
/// say why.
fn chosen(folder: &Path, task: Option<TaskKind>) -> Option<PathBuf> {
    let files = folder.read_dir().ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut models: Vec<(Vec<TaskKind>, PathBuf)> =
        files.filter(|path| manifest::is_model(path)).map(|path| (tasks(&path).unwrap_or_default(), path)).collect();
    models.sort_by(|(one, first), (other, second)| manifest::rank(one.len(), first).cmp(&manifest::rank(other.len(), second)));
    let best = task.and_then(|task| task.best_trained(&models, |(tasks, _)| tasks));
    best.or(models.first()).map(|(_, path)| path.clone())
}

/// The tasks that a model file was trained on, by its header.
fn tasks(path: &Path) -> Option<Vec<TaskKind>> {
    let mut beginning = Vec::new();
    File::open(path).ok()?.take(HEADER_BYTES).read_to_end(&mut beginning).ok()?;
    Some(manifest::tasks(&beginning)?.iter().filter_map(|name| name.parse().ok()).collect())
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
