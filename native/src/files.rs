//! Writing files so that nothing is lost: beside, flushed, then renamed.

use std::{
    fmt, fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::exit::input;

/// Reads a file of at most so many bytes, which is asked before memory is taken. A pipe or a device is read up to there.
///
/// # Errors
/// A file that cannot be read or is larger.
pub fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>> {
    let failed = || format!("cannot read {}", path.display());
    if path.is_dir() {
        return Err(input(format!("{} is a folder; name a file in it", path.display())));
    }
    let file = fs::File::open(path).with_context(failed).map_err(input)?;
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    if length > most {
        return Err(too_large(path.display(), length, most));
    }
    take_at_most(file, path.display(), most)
}

/// Reads what comes, of at most so many bytes.
///
/// # Errors
/// What cannot be read, or more.
pub fn take_at_most(from: impl Read, name: impl fmt::Display, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {name}")).map_err(input)?;
    if bytes.len() as u64 > most { Err(too_large(name, bytes.len() as u64, most)) } else { Ok(bytes) }
}

fn too_large(name: impl fmt::Display, found: u64, most: u64) -> anyhow::Error {
    input(format!("{name} has {found} bytes or more, and at most {most} are read"))
}

/// How files begin that are not finished. One that a killed program left behind is known by it.
const UNFINISHED: &str = ".infill-";

/// Links are followed so many times, so that a circle ends.
const LINKS: usize = 40;

/// Writes `bytes` to `path`, or leaves what was there. A link is written through; a file that is replaced keeps its mode, and a new
/// one has the mode that the umask gives it.
///
/// # Errors
/// When the folder is missing or full, or cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let target = behind_links(path)?;
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        // A device or a pipe is no file that could be replaced.
        return fs::write(&target, bytes).with_context(failed);
    }
    let folder = folder_of(&target);
    let mut file = beside(folder).with_context(|| format!("cannot write into the folder {}", folder.display()))?;
    file.write_all(bytes).with_context(failed)?;
    if let Some(old) = old {
        // Another's file on a file system without modes is written all the same.
        let _ = fs::set_permissions(file.path(), old.permissions());
    }
    file.as_file().sync_all().with_context(failed)?;
    file.persist(&target).with_context(|| format!("cannot put {} into place", path.display()))?;
    tracing::debug!("wrote {} ({} bytes)", path.display(), bytes.len());
    sync_folder(folder).with_context(failed)
}

/// A file of its own in the folder, with the mode of any new file: 0666 without what the umask takes.
fn beside(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Where a path leads to when its last part is a link, whether or not there is something.
fn behind_links(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = folder_of(&path).join(to),
            Err(_) => return Ok(path),
        }
    }
    bail!(input(format!("the links of {} lead in a circle", path.display())))
}

/// Makes the folder that a file is to be in.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display())).map_err(input)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Brings a folder's list of names to the disk: without it a file that was renamed may be gone after a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    match fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        // A folder that may be written but not listed, or a file system that knows no such thing.
        Err(error) if matches!(error.kind(), std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::InvalidInput) => Ok(()),
        other => other,
    }
}

/// Other systems have no handle of a folder to flush.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Removes what a program that was killed has not finished in a folder that nobody else writes to now.
pub fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            tracing::info!("{} was never finished and is removed", entry.path().display());
            let _ = fs::remove_file(entry.path());
        }
    }
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
    sync_folder(folder_of(to)).with_context(|| format!("cannot write {}", to.display()))
}

/// Refuses to overwrite, and finds a missing folder before hours of work. `option` is the one that named the output.
///
/// # Errors
/// The output exists and `force` is off, or its folder does not exist.
pub fn check_output(path: &Path, force: bool, option: &str) -> Result<()> {
    if path.exists() && !force {
        bail!(input(format!("{} exists already; give --force to overwrite it, or another {option}", path.display())));
    }
    if path.is_dir() {
        bail!(input(format!("{} is a folder; name a file in it", path.display())));
    }
    let target = behind_links(path)?;
    let folder = folder_of(&target);
    if !folder.is_dir() {
        bail!(input(format!("the folder {} does not exist; make it, or choose another {option}", folder.display())));
    }
    if !target.exists()
        && let Err(error) = beside(folder)
    {
        bail!(input(format!("nothing can be written into the folder {} ({error}); choose another {option}", folder.display())));
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_mode_and_a_new_one_is_as_any_other() {
        let folder = TempDir::new().unwrap();
        let [other, new, old] = ["other", "new", "old"].map(|name| folder.path().join(name));
        fs::write(&other, "by the system").unwrap();
        write_atomically(&new, b"by us").unwrap();
        assert_eq!(mode(&new), mode(&other));
        fs::write(&old, "private").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
        write_atomically(&old, b"still private").unwrap();
        assert_eq!((mode(&old), fs::read(&old).unwrap().as_slice()), (0o640, b"still private".as_slice()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn links_are_written_through_and_circles_are_named() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        fs::write(path("sub/real"), "old").unwrap();
        symlink("sub/real", path("one")).unwrap();
        symlink("one", path("two")).unwrap();
        symlink("sub/not yet", path("dangling")).unwrap();
        write_atomically(&path("two"), b"new").unwrap();
        write_atomically(&path("dangling"), b"made").unwrap();
        assert!(["one", "two", "dangling"].iter().all(|name| path(name).is_symlink()));
        assert_eq!((fs::read(path("sub/real")).unwrap(), fs::read(path("sub/not yet")).unwrap()), (b"new".to_vec(), b"made".to_vec()));
        symlink("circle", path("circle")).unwrap();
        assert!(write_atomically(&path("circle"), b"never").unwrap_err().to_string().contains("circle"));
        symlink("/dev/null", path("nowhere")).unwrap();
        write_atomically(&path("nowhere"), b"gone").unwrap();
        assert!(path("nowhere").is_symlink());
        symlink("no/such/folder", path("lost")).unwrap();
        assert!(
            check_output(&path("lost"), false, "--svg")
                .unwrap_err()
                .to_string()
                .ends_with("no/such does not exist; make it, or choose another --svg")
        );
        assert!(check_output(&path("sub"), true, "--output").unwrap_err().to_string().contains("is a folder"));
    }

    #[test]
    fn a_file_without_end_is_read_no_further_than_is_of_use() {
        assert!(read_at_most(Path::new("/dev/zero"), 1000).unwrap_err().to_string().contains("1000"));
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, [7; 1000]).unwrap();
        assert_eq!(read_at_most(&path, 1000).unwrap(), [7; 1000]);
        assert!(read_at_most(&path, 999).unwrap_err().to_string().contains("has 1000 bytes"));
        assert!(read_at_most(folder.path(), 999).is_err());
    }

    #[test]
    fn what_was_not_finished_is_known_and_removed() {
        let folder = TempDir::new().unwrap();
        let (_, left) = beside(folder.path()).unwrap().keep().unwrap();
        fs::write(folder.path().join(".hidden"), "somebody's").unwrap();
        remove_unfinished(folder.path());
        assert!(!left.exists() && folder.path().join(".hidden").exists());
    }
}
