//! A picture as the page has it: pixels and what its file says of them.

use std::rc::Rc;

use super::handle::Handle;
use crate::message::{FileKind, Note};

/// RGBA, row by row, shared by all who show or send it.
pub type Pixels = Rc<Vec<u8>>;

/// What a picture's file is and says beside its samples. It goes from the file to the results, and nobody here looks at it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// An ICC profile; empty where there is none.
    pub profile: Rc<Vec<u8>>,
    /// Chunks of a PNG file that say how its colours are meant.
    pub chunks: Rc<Vec<u8>>,
    /// EXIF; empty where there is none.
    pub exif: Rc<Vec<u8>>,
    /// The kind of the file.
    pub kind: FileKind,
}

impl Metadata {
    /// What goes to the worker, in the order of its messages.
    pub fn buffers(&self) -> [Rc<Vec<u8>>; 3] {
        [&self.profile, &self.chunks, &self.exif].map(Rc::clone)
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// File name without its ending.
    pub name: String,
    /// The file that it is decoded from.
    pub file: Handle,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Its pixels.
    pub pixels: Pixels,
    /// What its file says beside its samples.
    pub metadata: Metadata,
    /// What is not as in its file.
    pub notes: Vec<Note>,
}

#[cfg(test)]
impl Picture {
    /// A picture of which nothing more is known.
    pub fn plain(name: String, width: usize, height: usize, pixels: Pixels) -> Self {
        Self { name, file: Handle(0), width, height, pixels, metadata: Metadata::default(), notes: Vec::new() }
    }
}
