//! Files of a built page, named by their content.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::manifest::hash;

/// Names a file by its content and returns the name.
///
/// # Errors
/// When there is no such file, or it cannot be written.
pub fn rename(dist: &Path, from: &str, stem: &str, ending: &str) -> Result<String> {
    let path = dist.join(from);
    let bytes = fs::read(&path).with_context(|| format!("the build left no {}", path.display()))?;
    let name = write_named(dist, stem, ending, &bytes)?;
    fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    Ok(name)
}

/// Writes a file that is named by its content and returns the name.
///
/// # Errors
/// When it cannot be written.
pub fn write_named(dist: &Path, stem: &str, ending: &str, bytes: &[u8]) -> Result<String> {
    let name = format!("{stem}-{}{ending}", &hash(bytes)[..16]);
    write(&dist.join(&name), bytes)?;
    Ok(name)
}

/// Replaces a text in a file.
///
/// # Errors
/// When the file lacks it, or cannot be read or written.
pub fn replace(dist: &Path, file: &str, old: &str, new: &str) -> Result<()> {
    let path = dist.join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(text.contains(old), "{file} does not contain `{old}`");
    write(&path, text.replace(old, new).as_bytes())
}

/// Whether a file is for hosts or search engines and no visitor asks for it: another file compressed, or what to send along.
pub fn is_for_hosts(name: &str) -> bool {
    ["_headers", "robots.txt"].contains(&name) || [".br", ".gz"].iter().any(|ending| name.ends_with(ending))
}

/// Writes a file.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
