//! What the page says to people, as data: the notice with its ways on, and the status line. The sentences are in `words`.

use crate::message::{Failure, ModelReport};

/// What stands above the page until it is closed or overtaken.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The worker failed.
    Failure(Failure),
    /// A file that is no picture.
    NotAPicture {
        /// The file's name.
        name: String,
    },
    /// A picture that is damaged or cut short.
    Damaged {
        /// The file's name.
        name: String,
        /// The decoder's words.
        detail: String,
    },
    /// A picture that only the browser can decode, and the browser does not let the page see its pixels as they are.
    Unreadable {
        /// The file's name.
        name: String,
    },
    /// A picture of too many pixels.
    TooLarge {
        /// Its width in pixels.
        width: usize,
        /// Its height in pixels.
        height: usize,
    },
    /// A result that would have too many pixels.
    ResultTooLarge {
        /// Its width in pixels.
        width: usize,
        /// Its height in pixels.
        height: usize,
    },
    /// A picture or result of a size that this browser has no canvas for.
    NoCanvas {
        /// Its width in pixels.
        width: usize,
        /// Its height in pixels.
        height: usize,
    },
    /// A mask of another size than the picture.
    MaskSize {
        /// The file's name.
        name: String,
        /// Width and height of the mask in pixels.
        mask: (usize, usize),
        /// Width and height of the picture in pixels.
        picture: (usize, usize),
    },
    /// A file that no mask can be read from.
    NoMask {
        /// The file's name.
        name: String,
        /// Why.
        detail: String,
    },
    /// A file came while a run was under way.
    Busy {
        /// The file's name.
        name: String,
    },
    /// Something would take the place of work that was not saved: a file of this name, or nothing.
    Replace {
        /// The file's name.
        name: Option<String>,
    },
    /// The browser does not keep the work any more.
    NotKept {
        /// Its own words.
        detail: String,
    },
    /// Work of an earlier visit cannot be brought back.
    NotRestored {
        /// The picture's name.
        name: String,
    },
    /// A file came while a run was under way that is over now.
    NotOpened {
        /// The file's name.
        name: String,
    },
}

/// The status line.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Status {
    /// Nothing to say.
    #[default]
    Nothing,
    /// The model is on its way: bytes that arrived, and bytes in all.
    Fetching {
        /// Bytes that arrived.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A checkpoint becomes a model: numbers that are done, and numbers in all.
    Importing {
        /// Numbers that are done.
        done: u64,
        /// Numbers in all.
        total: u64,
    },
    /// The model can be used.
    Ready(ModelReport),
    /// A picture is on its way.
    Opening {
        /// The file's name.
        name: String,
    },
    /// A picture was opened.
    Opened {
        /// Its width in pixels.
        width: usize,
        /// Its height in pixels.
        height: usize,
    },
    /// Work of an earlier visit is on its way.
    Restoring {
        /// The picture's name.
        name: String,
    },
    /// It is as it was.
    Restored {
        /// The picture's name.
        name: String,
    },
    /// The mask was empty and was inverted.
    AllMarked,
    /// A mask file was read.
    MaskRead {
        /// The file's name.
        name: String,
        /// What may be another than it was meant.
        doubt: Option<String>,
    },
    /// A run begins.
    Working,
    /// An answer becomes a file.
    Writing,
    /// It did, as WebP that is lossless although it was not to be.
    LosslessWebP,
    /// A run has made so many steps.
    Step {
        /// Steps made.
        done: usize,
        /// Steps in all.
        total: usize,
        /// Milliseconds that are left, about.
        left: f64,
    },
    /// A run is done.
    Done {
        /// Width of the result in pixels.
        width: usize,
        /// Height of the result in pixels.
        height: usize,
        /// Whole run in milliseconds.
        milliseconds: f64,
    },
    /// A run was given up.
    Cancelled,
    /// A device was lost, and another is asked for.
    GoingOn {
        /// A run was under way.
        running: bool,
    },
}

impl Status {
    /// How much of a model is here that is on its way, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        match self {
            Self::Fetching { done, total } | Self::Importing { done, total } => Some(*done as f64 / (*total).max(1) as f64),
            _ => None,
        }
    }
}
