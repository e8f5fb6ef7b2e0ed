//! An index of pictures in folders and tar shards. It finds and decodes pictures; batches are made from it elsewhere.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use glob::Pattern;
use infill::picture::Picture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::names::file_name;
use super::picture_file::{MOST_BYTES, PictureFile};
use super::{folder, shards, sources::expand};
use crate::{
    exit::{input, usage},
    files,
};

/// Compressed bytes of shards are kept in memory up to this many in all; beyond, they are read when
/// they are needed.
const SHARD_MEMORY: u64 = 1 << 30;

/// An index of pictures, in an order that depends on the sources alone.
#[derive(Debug)]
pub struct Dataset {
    sources: Vec<Source>,
    entries: Vec<Entry>,
}

/// Where pictures come from.
#[derive(Debug)]
enum Source {
    /// A folder, or a single picture.
    Folder { name: String, root: PathBuf },
    /// A tar file.
    Shard(shards::Shard),
}

/// One picture of the index.
#[derive(Debug)]
struct Entry {
    source: usize,
    /// Path inside the source, with `/` between its parts.
    member: String,
    /// The same as the system has it, in folders.
    path: PathBuf,
    /// Compressed size in bytes.
    bytes: u64,
    /// First byte inside a shard; 0 in folders.
    offset: u64,
    class: Option<String>,
}

/// What a model was trained on, for its file and its run directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Pictures in all.
    pub pictures: usize,
    /// SHA-256, in hexadecimal, of every picture's source, path and size in bytes, in order.
    pub index_sha256: String,
    /// Each source with what it holds.
    pub sources: Vec<SourceRecord>,
}

impl DatasetRecord {
    /// In what this set differs from the one that a run began with; `None` when it does not.
    pub fn difference(&self, before: &Self) -> Option<String> {
        if self.index_sha256 == before.index_sha256 {
            return None;
        }
        let of = |record: &Self| {
            let sources = record.sources.iter().map(|source| format!("{} with {}", source.name, source.pictures));
            format!("{} pictures ({})", record.pictures, sources.collect::<Vec<_>>().join(", "))
        };
        let which = if of(self) == of(before) { "; their names or sizes are others" } else { "" };
        Some(format!("there are {} now and were {}{which}", of(self), of(before)))
    }

    /// The names of sources that a record of pictures trained on has too, with as many pictures: the same, as far as a model file
    /// says it.
    pub fn sources_in(&self, trained: &Self) -> Vec<String> {
        let known = |source: &&SourceRecord| trained.sources.contains(source);
        self.sources.iter().filter(known).map(|source| source.name.clone()).collect()
    }
}

/// One source of a [`DatasetRecord`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// Name of the folder or shard, without the path to it.
    pub name: String,
    /// Pictures in it.
    pub pictures: usize,
    /// Pictures of each class, where classes are given.
    pub classes: BTreeMap<String, usize>,
}

impl Dataset {
    /// Indexes folders (walked, sorted), tar shards (members that are pictures, `KEY.cls` beside
    /// them is the class) and single pictures. Patterns like `data/*-train-*.tar` are expanded.
    ///
    /// # Errors
    /// A source that does not exist or cannot be read, a pattern that matches nothing, a truncated
    /// shard, or no picture in all of them; each names the source.
    pub fn open(sources: &[String]) -> anyhow::Result<Dataset> {
        Dataset::index(sources).map_err(input)
    }

    /// The same without pictures whose name ([`Dataset::name`]) matches one of the patterns, in which `*` stands for slashes too.
    ///
    /// # Errors
    /// Also a text that is no pattern, and patterns that leave nothing.
    pub fn open_without(sources: &[String], excluded: &[String]) -> anyhow::Result<Dataset> {
        let mut dataset = Dataset::open(sources)?;
        for text in excluded {
            let pattern = Pattern::new(text).with_context(|| format!("`{text}` is no pattern")).map_err(usage)?;
            let stays: Vec<bool> = (0..dataset.len()).map(|index| !pattern.matches(&dataset.name(index))).collect();
            if stays.iter().all(|stays| *stays) {
                tracing::warn!("`{text}` excludes no picture; names are such as {}", dataset.name(0));
            }
            let mut stays = stays.into_iter();
            dataset.entries.retain(|_| stays.next().unwrap_or(true));
            if dataset.entries.is_empty() {
                return Err(input(format!("nothing is left without `{text}`; exclude less")));
            }
        }
        Ok(dataset)
    }

    /// How many pictures each shard has, and each folder directly in a source, in the order of their names.
    pub fn by_folder(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            let name = match &self.sources[entry.source] {
                Source::Folder { name, .. } => {
                    entry.member.split_once('/').map_or_else(|| name.clone(), |(folder, _)| format!("{name}/{folder}"))
                }
                Source::Shard(shard) => shard.name.clone(),
            };
            *counts.entry(name).or_default() += 1;
        }
        counts
    }

    fn index(sources: &[String]) -> anyhow::Result<Dataset> {
        let mut dataset = Dataset { sources: Vec::new(), entries: Vec::new() };
        let paths = expand(sources)?;
        let shard_bytes: u64 =
            paths.iter().filter(|path| is_shard(path)).filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum();
        for path in &paths {
            dataset.add(path, shard_bytes <= SHARD_MEMORY)?;
        }
        if dataset.entries.is_empty() {
            bail!(
                "no picture (png, jpeg, webp, bmp, gif or tiff) in {}; give folders of pictures or tar shards that hold some{}",
                sources.join(", "),
                hint(&paths),
            );
        }
        Ok(dataset)
    }

    fn add(&mut self, path: &Path, keep: bool) -> anyhow::Result<()> {
        let source = self.sources.len();
        if is_shard(path) {
            let (shard, members) = shards::open(path, keep)?;
            self.sources.push(Source::Shard(shard));
            self.entries.extend(members.into_iter().map(|member| Entry {
                source,
                member: member.name,
                path: PathBuf::new(),
                bytes: member.bytes,
                offset: member.offset,
                class: member.class,
            }));
        } else {
            let (root, files) = folder::open(path)?;
            self.sources.push(Source::Folder { name: file_name(&root), root });
            self.entries.extend(files.into_iter().map(|file| Entry {
                source,
                member: file.name,
                path: file.path,
                bytes: file.bytes,
                offset: 0,
                class: None,
            }));
        }
        Ok(())
    }

    /// How many pictures there are; never 0.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The name of a picture for messages, like `landscapes-train-000.tar:forest_0001.webp`.
    pub fn name(&self, index: usize) -> String {
        let entry = &self.entries[index];
        match &self.sources[entry.source] {
            Source::Folder { name, .. } => format!("{name}/{}", entry.member),
            Source::Shard(shard) => format!("{}:{}", shard.name, entry.member),
        }
    }

    /// The class of a picture, where its shard gives one; in a folder, the name of the subfolder it is in.
    pub fn class(&self, index: usize) -> Option<&str> {
        let entry = &self.entries[index];
        match &self.sources[entry.source] {
            Source::Shard(_) => entry.class.as_deref(),
            Source::Folder { .. } => entry.member.split_once('/').map(|(class, _)| class),
        }
    }

    /// How many of another set's pictures are this one's too: the same file, or the same place of the same shard.
    pub fn in_common(&self, other: &Self) -> usize {
        let known: HashSet<PathBuf> = (0..self.len()).map(|index| self.place(index)).collect();
        (0..other.len()).filter(|index| known.contains(&other.place(*index))).count()
    }

    /// Where a picture is, whatever way leads there.
    fn place(&self, index: usize) -> PathBuf {
        let entry = &self.entries[index];
        let (path, member) = match &self.sources[entry.source] {
            Source::Folder { root, .. } => (root.join(&entry.path), None),
            Source::Shard(shard) => (shard.path().to_owned(), Some(&entry.member)),
        };
        let path = path.canonicalize().unwrap_or(path);
        member.map_or_else(|| path.clone(), |member| path.join(member))
    }

    /// Reads and decodes one picture: 8-bit RGB, upright.
    ///
    /// # Errors
    /// The file cannot be read or is not a whole picture; the error names it.
    pub fn decode(&self, index: usize) -> anyhow::Result<Picture> {
        let entry = &self.entries[index];
        let decode = |bytes: &[u8]| PictureFile::decode(bytes)?.over_white();
        let decoded = match &self.sources[entry.source] {
            Source::Folder { root, .. } => {
                let path = root.join(&entry.path);
                files::read_at_most(&path, MOST_BYTES).and_then(|bytes| decode(&bytes))
            }
            Source::Shard(shard) => shard.read(entry.offset, entry.bytes).and_then(|bytes| decode(&bytes)),
        };
        decoded.with_context(|| format!("picture {}", self.name(index)))
    }

    /// What the set holds, for the record of a training.
    pub fn describe(&self) -> DatasetRecord {
        let mut digest = Sha256::new();
        let mut sources: Vec<SourceRecord> = self
            .sources
            .iter()
            .map(|source| SourceRecord {
                name: match source {
                    Source::Folder { name, .. } => name.clone(),
                    Source::Shard(shard) => shard.name.clone(),
                },
                pictures: 0,
                classes: BTreeMap::new(),
            })
            .collect();
        for (index, entry) in self.entries.iter().enumerate() {
            digest.update(format!("{}\t{}\n", self.name(index), entry.bytes));
            let record = &mut sources[entry.source];
            record.pictures += 1;
            if let Some(class) = &entry.class {
                *record.classes.entry(class.clone()).or_default() += 1;
            }
        }
        let index_sha256 = hex::encode(digest.finalize());
        DatasetRecord { pictures: self.entries.len(), index_sha256, sources }
    }
}

/// The picture files of a folder and its subfolders, sorted.
///
/// # Errors
/// A folder that cannot be read.
pub fn picture_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (root, files) = folder::open(folder)?;
    Ok(files.into_iter().map(|file| root.join(file.path)).collect())
}

/// A tar file by its name; folders are never shards.
fn is_shard(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tar"))
}

/// Shards are not taken from inside folders, so that a folder's validation shards are never trained
/// on by accident; says so where it is the likely mistake.
fn hint(paths: &[PathBuf]) -> &'static str {
    let holds_shards =
        |folder: &PathBuf| std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| is_shard(&entry.path())));
    if paths.iter().any(holds_shards) {
        " (the tar shards inside a folder are used only when named, as in `FOLDER/*-train-*.tar`)"
    } else {
        ""
    }
}
