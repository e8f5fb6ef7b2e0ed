//! A site that shows this page in a frame: what it wishes and what it is told, as data. Which sites may is written in the page
//! (`data-embed`); docs/embedding.md describes the messages.

use infill::task::TaskKind;

use super::handle::Handle;

/// What a site wishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A picture in place of the one that is open.
    Open {
        /// Its file.
        picture: Handle,
        /// Its name.
        name: String,
        /// A mask file for it.
        mask: Option<Handle>,
    },
    /// A run.
    Run(RunWish),
    /// An end of the run under way.
    Cancel,
    /// Something that is none of these: why.
    Unknown(String),
}

/// A run that a site wishes; what it leaves out is as the controls have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunWish {
    /// The task.
    pub task: Option<TaskKind>,
    /// Pixels to add: left, top, right, bottom.
    pub extend: Option<[usize; 4]>,
    /// Seed of the noise.
    pub seed: Option<u64>,
}

/// What a site is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// There is a model: wishes are heard.
    Ready {
        /// What it does.
        tasks: Vec<TaskKind>,
    },
    /// A picture is open.
    Opened {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// A run is so far, 0 to 1.
    Progress(f64),
    /// An answer is looked at.
    Result {
        /// Its PNG file.
        file: Handle,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Seed of its noise.
        seed: u64,
    },
    /// A run is over, whatever came of it.
    Ended,
    /// Something is wrong: the page's words for people.
    Problem(String),
}

/// All about the site around the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embedding {
    /// The site that spoke last; before one has, all that may hear what there is.
    pub origin: Option<String>,
    /// The picture file that is on its way.
    pub picture: Option<Handle>,
    /// The mask file for it.
    pub mask: Option<Handle>,
    /// A run to begin when everything is there.
    pub run: Option<RunWish>,
    /// What was told last.
    pub last: Last,
}

/// What was told last, and is not told again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Last {
    /// There was a model.
    pub ready: bool,
    /// The picture's file.
    pub picture: Option<Handle>,
    /// How far the run under way was.
    pub progress: Option<f64>,
    /// The answer's file.
    pub answer: Option<Handle>,
    /// What was wrong.
    pub problem: Option<String>,
}
