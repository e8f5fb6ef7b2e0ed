//! The photographs of a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use rand::Rng;

use crate::exit::input;
use crate::pictures::picture_file;
use crate::pictures::{file_name, is_foreign, is_picture};

/// A photograph, found but not read.
#[derive(Clone, Debug)]
pub struct Photo {
    /// File name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Size of its file.
    pub bytes: u64,
}

impl Photo {
    /// Reads it: 8-bit RGB, upright.
    ///
    /// # Errors
    /// A file that is no whole picture.
    pub fn read(&self) -> anyhow::Result<Picture> {
        picture_file::read(&self.path)?.picture()
    }
}

/// The first `count` of a random order, so that a shorter evaluation asks about a part of what a longer one asks about.
/// Subfolders are left out: masks may lie there.
///
/// # Errors
/// A folder that cannot be read or holds no picture.
pub fn choose(folder: &Path, count: usize, seed: u64) -> anyhow::Result<Vec<Photo>> {
    let reading = || format!("cannot read the folder of photographs {}", folder.display());
    let mut photos = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(reading).map_err(input)? {
        let path = entry.with_context(reading)?.path();
        let name = file_name(&path);
        if path.is_file() && is_picture(&name) && !is_foreign(&name) {
            photos.push(Photo { name, bytes: path.metadata().with_context(reading)?.len(), path });
        }
    }
    if photos.is_empty() {
        bail!(input(format!("no photograph (png, jpeg, webp, bmp, gif or tiff) is in {}; subfolders are not searched", folder.display())));
    }
    photos.sort_by(|one, other| one.name.cmp(&other.name));
    let mut random = noise::stream(seed, Purpose::Evaluation, u64::MAX, 0);
    let mut order: Vec<(u64, Photo)> = photos.into_iter().map(|photo| (random.next_u64(), photo)).collect();
    order.sort_by_key(|(place, _)| *place);
    Ok(order.into_iter().take(count).map(|(_, photo)| photo).collect())
}
