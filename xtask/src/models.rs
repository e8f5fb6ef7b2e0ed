//! The models that the project ships, as the page fetches them: chunks named by their content, and the list. `infill export --web`
//! puts further models into a page that is built.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

pub use crate::manifest::{CHUNK, hash};
use crate::{
    manifest::{self, Manifest, ModelEntry, Words},
    page_files::write,
};

/// Beside the models: what the page says of each, by its name.
const WORDS: &str = "words.toml";

/// The model files of a folder, with their bytes, as the page lists them.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn listed(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| manifest::is_model(path)) {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        files.push((manifest::rank(manifest::tasks(&bytes).unwrap_or_default().len(), path), bytes));
    }
    files.sort();
    Ok(files.into_iter().map(|((_, path), bytes)| (path, bytes)).collect())
}

/// Cuts all `.infill` files of a folder into chunks of `chunk` bytes in `target`, with `manifest.json` beside them.
///
/// # Errors
/// When a file cannot be read or written.
pub fn publish(folder: &Path, target: &Path, chunk: usize) -> Result<Manifest> {
    fs::create_dir_all(target).with_context(|| format!("cannot make {}", target.display()))?;
    let mut words = words(folder)?;
    let mut manifest = Manifest::default();
    for (file, bytes) in listed(folder)? {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let (entry, pieces) = ModelEntry::cut(&name, words.remove(&*name).unwrap_or_default(), &bytes, chunk);
        for (chunk, piece) in entry.chunks.iter().zip(pieces) {
            write(&target.join(&chunk.path), piece)?;
        }
        manifest.put(entry, false);
    }
    write(&target.join("manifest.json"), &serde_json::to_vec_pretty(&manifest)?)?;
    Ok(manifest)
}

fn words(folder: &Path) -> Result<BTreeMap<String, Words>> {
    let path = folder.join(WORDS);
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no list of titles", path.display()))
}
