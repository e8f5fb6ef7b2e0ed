//! Whether the browser keeps the work for the next visit, what it has of it, and what it is bringing back.

use super::{
    document::Document,
    handle::Handle,
    picture::Picture,
    session::{Modes, Session},
};

/// Whether the browser keeps the work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// It was not asked yet, or has not answered.
    #[default]
    Unknown,
    /// It does.
    On,
    /// It does not, or not any more: why.
    Off(String),
}

/// What the browser found of an earlier visit.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Nothing; it keeps what comes.
    Nothing,
    /// The work as it was left.
    Session(Box<Session>),
    /// It keeps nothing: why.
    Refused(String),
}

/// What a picture, its marks and its answers are known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    picture: Handle,
    marks: u64,
    extend: [usize; 4],
    dabs: u64,
    answers: Vec<(Handle, u16)>,
    others: (usize, usize),
}

impl Work {
    /// Of a picture with so many before and after it.
    pub fn of(document: &Document, others: (usize, usize)) -> Self {
        // Also of runs that were undone: who puts a saved answer away has it still.
        let all = document.answers.list().iter().chain(document.history.undone_answers());
        let mut answers: Vec<(Handle, u16)> = all.map(|answer| (answer.file, answer.saturation)).collect();
        answers.sort_unstable();
        let (marks, dabs) = (document.marks.revision(), document.dabs.revision());
        Self { picture: document.picture.file, marks, extend: document.extend, dabs, answers, others }
    }
}

/// What all that is kept is known by.
#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// The work.
    pub work: Option<Work>,
    /// Which answer is looked at.
    pub shown: Option<usize>,
    /// Steps that were undone.
    pub undone: usize,
    /// Task, tool and settings.
    pub modes: Modes,
}

/// What is being brought back.
#[derive(Clone, Debug, PartialEq)]
pub struct Restoring {
    /// As it was kept.
    pub session: Session,
    /// The places of files that are not decoded yet, the next one last.
    pub waiting: Vec<usize>,
    /// The pictures that are, by the places of their files.
    pub pictures: Vec<Option<Picture>>,
}

/// What waits for a word of the visitor, because it would take the place of work that was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// A picture file, with its name.
    File(Handle, String),
    /// No picture.
    Nothing,
}

/// All about keeping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// Whether the browser keeps the work.
    pub keeping: Keeping,
    /// The browser was asked for work of an earlier visit.
    pub asked: bool,
    /// What the browser has, or is about to be given.
    pub latest: Option<Print>,
    /// It will be given soon.
    pub due: bool,
    /// What is being brought back.
    pub restoring: Option<Restoring>,
    /// What waits for a word.
    pub replacement: Option<Replacement>,
}
