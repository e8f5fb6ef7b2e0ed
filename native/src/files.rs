//! Writing files so that nothing is lost: beside, flushed, then renamed.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result, bail};

use crate::exit::input;

/// Writes `bytes` to `path`, or leaves what was there.
///
/// # Errors
/// When the folder is missing or full, or cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(|| format!("cannot write into the folder {}", folder.display()))?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    file.as_file().sync_all().with_context(|| format!("cannot write {}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is private; what replaces a user's file is as readable as a new one.
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).with_context(|| format!("cannot put {} into place", path.display()))?;
    Ok(())
}

/// Puts the content of `from` to `to`, by a hard link where the file system has them, which takes no space.
///
/// # Errors
/// When `from` cannot be read or the folder of `to` not written.
pub fn copy_atomically(from: &Path, to: &Path) -> Result<()> {
    let beside = to.with_extension("new");
    let _ = fs::remove_file(&beside);
    if fs::hard_link(from, &beside).is_err() {
        fs::copy(from, &beside).with_context(|| format!("cannot copy {} to {}", from.display(), beside.display()))?;
        fs::File::open(&beside)?.sync_all().with_context(|| format!("cannot write {}", beside.display()))?;
    }
    fs::rename(&beside, to).with_context(|| format!("cannot put {} into place", to.display()))?;
    // Where both were links to one file already, renaming did nothing.
    let _ = fs::remove_file(&beside);
    Ok(())
}

/// Refuses to overwrite, and finds a missing folder before hours of work.
///
/// # Errors
/// The output exists and `force` is off, or its folder does not exist.
pub fn check_output(path: &Path, force: bool) -> Result<()> {
    if path.exists() && !force {
        bail!(input(format!("{} exists already; give --force to overwrite it, or another --output", path.display())));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!(input(format!("the folder {} does not exist; make it, or choose another --output", folder.display())));
    }
    Ok(())
}
