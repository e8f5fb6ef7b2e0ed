//! Pictures as files in a folder, walked with its subfolders in sorted order.

use std::path::{Path, PathBuf};

use anyhow::Context;
use walkdir::WalkDir;

use super::names::is_picture;

/// A picture file, found but not read.
pub struct File {
    /// Path from the folder, with `/` between its parts.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// The folder itself and the picture files in it; for a single file, its folder and itself.
///
/// # Errors
/// A folder that cannot be read.
pub fn open(path: &Path) -> anyhow::Result<(PathBuf, Vec<File>)> {
    let root = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry.with_context(|| format!("reading {}", path.display()))?;
        let name: Vec<_> = entry
            .path()
            .strip_prefix(root)
            .unwrap_or(entry.path())
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .filter(|part| part != ".")
            .collect();
        let name = name.join("/");
        if entry.file_type().is_file() && is_picture(&name) {
            let bytes = entry.metadata().with_context(|| format!("reading {name}"))?.len();
            files.push(File { name, bytes });
        }
    }
    Ok((root.to_path_buf(), files))
}
