//! Model files as the page fetches them: chunks named by their content, and the manifest.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::manifest::{Chunk, Manifest, ModelEntry};

/// Bytes of a chunk: small enough that a broken connection costs little where the host knows no ranges, large enough that the
/// number of requests does not matter.
pub const CHUNK: usize = 4 << 20;

/// Cuts all `.infill` files of a folder into chunks of `chunk` bytes in `target`, with `manifest.json` beside them.
///
/// # Errors
/// When a file cannot be read or written.
pub fn publish(folder: &Path, target: &Path, chunk: usize) -> Result<Manifest> {
    fs::create_dir_all(target).with_context(|| format!("cannot make {}", target.display()))?;
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot list {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "infill"))
        .collect();
    files.sort();
    let models = files.iter().map(|file| cut(file, target, chunk)).collect::<Result<_>>()?;
    let manifest = Manifest { models };
    write(&target.join("manifest.json"), &serde_json::to_vec_pretty(&manifest)?)?;
    Ok(manifest)
}

fn cut(file: &Path, target: &Path, chunk: usize) -> Result<ModelEntry> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut chunks = Vec::new();
    for piece in bytes.chunks(chunk) {
        let sha256 = hash(piece);
        let path = format!("{}.bin", &sha256[..16]);
        write(&target.join(&path), piece)?;
        chunks.push(Chunk { path, size: piece.len() as u64, sha256 });
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(ModelEntry { name, size: bytes.len() as u64, sha256: hash(&bytes), chunks })
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
