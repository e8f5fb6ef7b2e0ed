//! WebDataset shards: plain tar files with `KEY.webp` (or png, jpeg) beside `KEY.cls`. Members are
//! indexed once; nothing is unpacked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::names::{file_name, is_foreign, is_picture};

/// A tar file whose members can be read by offset.
#[derive(Debug)]
pub struct Shard {
    /// File name without its folder.
    pub name: String,
    path: PathBuf,
    /// The whole file, when it is kept in memory.
    bytes: Option<Vec<u8>>,
}

/// A picture inside a shard.
pub struct Member {
    /// Path inside the shard.
    pub name: String,
    /// First byte inside the shard.
    pub offset: u64,
    /// Compressed size in bytes.
    pub bytes: u64,
    /// What `KEY.cls` says.
    pub class: Option<String>,
}

/// Indexes a shard; `keep` holds its bytes in memory.
///
/// # Errors
/// The file cannot be read, is not a tar file, or ends before its last member does.
pub fn open(path: &Path, keep: bool) -> anyhow::Result<(Shard, Vec<Member>)> {
    let members = index(path).with_context(|| format!("tar shard {}", path.display()))?;
    let bytes = if keep { Some(std::fs::read(path).with_context(|| format!("reading {}", path.display()))?) } else { None };
    Ok((Shard { name: file_name(path), path: path.to_path_buf(), bytes }, members))
}

fn index(path: &Path) -> anyhow::Result<Vec<Member>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut archive = tar::Archive::new(BufReader::new(file));
    // The empty blocks that end an archive are not the file's end where archives were put one behind the other.
    archive.set_ignore_zeros(true);
    let mut members = Vec::new();
    let mut classes = BTreeMap::new();
    for entry in archive.entries_with_seek().context("it is not a tar file")? {
        let entry = entry.context("it is damaged or not a tar file")?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (offset, bytes) = (entry.raw_file_position(), entry.size());
        if offset.checked_add(bytes).is_none_or(|end| end > length) {
            bail!("it is truncated: {name} needs {bytes} bytes at {offset}, the file has {length}");
        }
        if name.split('/').any(is_foreign) {
            continue;
        }
        if name.ends_with(".cls") {
            let mut class = Vec::new();
            entry.take(4096).read_to_end(&mut class).with_context(|| format!("class {name}"))?;
            classes.insert(key(&name).to_owned(), String::from_utf8_lossy(&class).trim().to_owned());
        } else if is_picture(&name) {
            members.push(Member { name, offset, bytes, class: None });
        }
    }
    for member in &mut members {
        member.class = classes.get(key(&member.name)).cloned();
    }
    Ok(members)
}

/// WebDataset's key: the path up to the first dot of its last part.
fn key(name: &str) -> &str {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    name[start..].find('.').map_or(name, |dot| &name[..start + dot])
}

impl Shard {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of one member.
    ///
    /// # Errors
    /// The file changed or vanished since it was indexed.
    pub fn read(&self, offset: u64, bytes: u64) -> anyhow::Result<Cow<'_, [u8]>> {
        if let Some(all) = &self.bytes {
            let member = offset.checked_add(bytes).and_then(|end| all.get(offset as usize..end as usize));
            return Ok(Cow::Borrowed(member.context("the shard changed while it was read")?));
        }
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut member = vec![0; bytes as usize];
        file.read_exact(&mut member).context("the shard changed since it was indexed")?;
        Ok(Cow::Owned(member))
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn keys_end_at_the_first_dot_of_the_last_part() {
        assert_eq!(key("a/b.c/forest.0.webp"), "a/b.c/forest");
        assert_eq!(key("forest.webp"), "forest");
        assert_eq!(key("forest"), "forest");
    }
}
