//! A picture file on its way to being edited.

use super::{handle::Handle, picture::Picture};

/// The file that was asked for last.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// Its number.
    pub load: u32,
    /// The file.
    pub file: Handle,
    /// Its name.
    pub name: String,
    /// Its picture, until it is shown or refused.
    pub picture: Option<Picture>,
    /// The mask in which nothing is marked, as far as it is made; none before it is known that the browser can show the picture.
    pub mask: Option<Vec<u8>>,
}

/// Pixels of the mask that are made at a time: a few milliseconds, because the browser gives memory when it is first written to.
const SLICE: usize = 1 << 22;

impl Opening {
    /// A file that nothing is known of yet.
    pub fn new(load: u32, file: Handle, name: String) -> Self {
        Self { load, file, name, picture: None, mask: None }
    }

    /// Makes more of the mask; whether all of it is made.
    pub fn prepare(&mut self) -> bool {
        let wanted = self.picture.as_ref().map_or(0, |picture| picture.width * picture.height);
        let mask = self.mask.get_or_insert_with(|| Vec::with_capacity(wanted));
        mask.resize(wanted.min(mask.len() + SLICE), 0);
        mask.len() == wanted
    }
}

/// A file's name without its ending.
pub fn stem(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.is_empty() { "picture".to_owned() } else { stem.to_owned() }
}

/// What somebody wants to show on a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The picture of a file, by its number.
    Picture(u32),
    /// The result of the run that is asked for.
    Run,
}
