//! An answer on its way into a file: one that is not as the run made it is written by the worker first.

use super::handle::Handle;

/// What a file is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The visitor gets it.
    Download,
    /// The answer becomes the picture that is edited.
    Keep,
}

/// All about it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Saving {
    /// Counts the files that were asked for; an earlier one is no news.
    pub number: u32,
    /// What the file is made for that is on its way, and the answer's own file, by which it is known.
    pub wanted: Option<(Use, Handle)>,
    /// The file that was made last: the browser may be saving it still.
    pub written: Option<Handle>,
}
