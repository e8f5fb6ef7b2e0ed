//! Pictures as files in a folder, walked with its subfolders in sorted order.

use std::path::{Path, PathBuf};

use anyhow::Context;
use walkdir::{DirEntry, WalkDir};

use super::names::{is_foreign, is_picture};

/// A picture file, found but not read.
pub struct File {
    /// Path from the folder, with `/` between its parts; what is no UTF-8 in it is replaced.
    pub name: String,
    /// The same path as the system has it.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
}

/// The folder itself and the picture files in it; for a single file, its folder and itself. Hidden files and folders, and those
/// that systems keep for themselves, are passed over. So are links to nowhere or to a folder around them, and what may not be read,
/// each with a warning.
///
/// # Errors
/// The folder itself cannot be read.
pub fn open(path: &Path) -> anyhow::Result<(PathBuf, Vec<File>)> {
    let root = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let mut files = Vec::new();
    let ours = |entry: &DirEntry| entry.depth() == 0 || !is_foreign(&entry.file_name().to_string_lossy());
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter().filter_entry(ours) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.depth() == 0 => return Err(error).with_context(|| format!("reading {}", path.display())),
            Err(error) => {
                tracing::warn!("passed over: {error}");
                continue;
            }
        };
        let inside = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let name: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).filter(|part| part != ".").collect();
        let name = name.join("/");
        if !entry.file_type().is_file() || !is_picture(&name) {
            continue;
        }
        match entry.metadata() {
            Ok(metadata) => files.push(File { path: inside.to_owned(), bytes: metadata.len(), name }),
            Err(error) => tracing::warn!("passed over: {error}"),
        }
    }
    Ok((root.to_path_buf(), files))
}
