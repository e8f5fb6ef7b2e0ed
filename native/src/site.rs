//! A page that is built and hosted as a folder, into which a model is put: chunks, and the list of models. A visitor finds the old
//! list or the new one, and all chunks of either.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use infill::manifest::{CHUNK, Manifest, ModelEntry, Words, hash};

use crate::{exit::input, files};

/// No list of models is longer.
const LONGEST_LIST: u64 = 16 << 20;

/// A model for a page.
pub struct NewModel<'a> {
    /// Its short name; a model of that name is replaced.
    pub name: &'a str,
    /// What people read of it; what is left out stays as it was.
    pub words: Words,
    /// Its file.
    pub bytes: &'a [u8],
    /// Whether the page begins with it.
    pub first: bool,
}

/// What a folder holds of a page, before anything is written.
pub struct Site {
    folder: std::path::PathBuf,
    list: Manifest,
}

impl Site {
    /// Opens the folder of a page.
    ///
    /// # Errors
    /// A folder that holds no page, or a list of models that cannot be read.
    pub fn open(site: &Path) -> Result<Self> {
        if !site.join("index.html").is_file() {
            bail!(input(format!("{} holds no page; name the folder that `cargo xtask web` wrote, web/dist", site.display())));
        }
        let folder = site.join("models");
        let path = folder.join("manifest.json");
        let list = if path.exists() {
            let bytes = files::read_at_most(&path, LONGEST_LIST)?;
            serde_json::from_slice(&bytes).with_context(|| format!("{} is no list of models", path.display())).map_err(input)?
        } else {
            Manifest::default()
        };
        Ok(Self { folder, list })
    }

    /// Whether it has a model of this name.
    pub fn has(&self, name: &str) -> bool {
        self.list.find(name).is_some()
    }

    /// Puts a model in, chunks first and the list last. Returns the list, and files of chunks that it does not name any more.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn put(mut self, model: NewModel<'_>) -> Result<(Manifest, Vec<String>)> {
        let NewModel { name, words, bytes, first } = model;
        let old = self.list.find(name).map(|entry| entry.words.clone()).unwrap_or_default();
        let words = Words { title: words.title.or(old.title), about: words.about.or(old.about) };
        let (entry, pieces) = ModelEntry::cut(name, words, bytes, CHUNK);
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {}", self.folder.display()))?;
        for (chunk, piece) in entry.chunks.iter().zip(pieces) {
            let path = self.folder.join(&chunk.path);
            if fs::read(&path).is_ok_and(|there| hash(&there) == chunk.sha256) {
                continue;
            }
            files::write_atomically(&path, piece)?;
        }
        self.list.put(entry, first);
        // A host that prefers the list compressed must not find the old one.
        for ending in ["br", "gz"] {
            let path = self.folder.join(format!("manifest.json.{ending}"));
            if path.exists() {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        files::write_atomically(&self.folder.join("manifest.json"), &serde_json::to_vec_pretty(&self.list)?)?;
        let unused = self.unused()?;
        Ok((self.list, unused))
    }

    /// Chunks that no model of the list has.
    fn unused(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(&self.folder).with_context(|| format!("cannot list {}", self.folder.display()))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(|name| name.ends_with(".bin"));
        let named = |name: &String| self.list.models.iter().any(|entry| entry.chunks.iter().any(|chunk| chunk.path == *name));
        let mut unused: Vec<String> = names.filter(|name| !named(name)).collect();
        unused.sort();
        Ok(unused)
    }
}
