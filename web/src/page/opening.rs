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
    /// Its picture, until it is known whether the browser can show it.
    pub picture: Option<Picture>,
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
