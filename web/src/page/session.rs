//! The work as the browser keeps it from one visit to the next: pictures as their files' own bytes, masks packed, everything else as
//! text. A session of another version is not understood, and not used.

use std::rc::Rc;

use infill::{
    mask::{Mask, Packed, Rect},
    picture::{MOST_SATURATION, SATURATION},
    task::TaskKind,
};
use serde::{Deserialize, Serialize};

use super::{
    answers::{Answer, Answers},
    dabs::{Dabs, Placed},
    document::Document,
    handle::Handle,
    history::{By, History, Step},
    marks::Marks,
    picture::Picture,
    settings::Settings,
    tool::Tool,
};
use crate::message::{Dab, FileKind, Note};

/// Changes whenever what is kept is written in another way.
pub const VERSION: u32 = 1;

/// The work on a picture, with the pictures before and after it. Files and packed masks stand beside the text, which has their places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The pictures' files, and those of answers.
    #[serde(skip)]
    pub files: Vec<Handle>,
    /// Packed masks, and parts of them.
    #[serde(skip)]
    pub parts: Vec<Vec<u8>>,
    documents: Vec<SavedDocument>,
    current: usize,
    /// What is set beside it.
    pub modes: Modes,
}

/// What is set beside the work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Modes {
    /// Some of the work is in no file of the visitor's.
    pub unsaved: bool,
    /// The task.
    pub task: TaskKind,
    /// The tool.
    pub tool: Tool,
    /// Brush width in CSS pixels.
    pub brush: f64,
    /// The mask came from a file, and is filled as it is.
    pub exact: bool,
    /// Areas take marks away.
    pub subtract: bool,
    /// By how much channels may differ where similar colours are looked for.
    #[serde(default = "tolerance")]
    pub tolerance: u8,
    /// A stroke that is done begins a run.
    pub as_i_paint: bool,
    /// What runs are asked for with.
    pub settings: Settings,
}

/// Of work that was kept before there was one.
fn tolerance() -> u8 {
    32
}

/// Of steps that were kept before.
fn by() -> By {
    By::Tool(Tool::Brush)
}

/// Of answers that were kept before there was one.
fn saturation() -> u16 {
    SATURATION
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedDocument {
    name: String,
    file: usize,
    notes: Vec<Note>,
    #[serde(default)]
    kind: Option<FileKind>,
    mask: usize,
    extend: [usize; 4],
    #[serde(default)]
    dabs: Vec<Dab>,
    done: Vec<SavedStep>,
    undone: Vec<SavedStep>,
    answers: Vec<SavedAnswer>,
    shown: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedAnswer {
    task: TaskKind,
    name: String,
    notes: Vec<Note>,
    #[serde(default)]
    kind: Option<FileKind>,
    origin: (usize, usize),
    file: usize,
    seed: u64,
    centre: [usize; 4],
    #[serde(default = "saturation")]
    saturation: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedStep {
    Marks {
        #[serde(default = "by")]
        by: By,
        place: [usize; 4],
        before: usize,
        after: usize,
    },
    Frame {
        before: [usize; 4],
        after: [usize; 4],
    },
    Dabs {
        painted: bool,
        dabs: Vec<(usize, Dab)>,
    },
    Run {
        task: TaskKind,
        file: usize,
        answer: Option<SavedAnswer>,
    },
}

/// Collects what stands beside the text.
#[derive(Default)]
struct Saving {
    files: Vec<Handle>,
    parts: Vec<Vec<u8>>,
}

impl Saving {
    fn file(&mut self, file: Handle) -> usize {
        let known = self.files.iter().position(|known| *known == file);
        known.unwrap_or_else(|| {
            self.files.push(file);
            self.files.len() - 1
        })
    }

    fn part(&mut self, packed: &Packed) -> usize {
        self.parts.push(packed.bytes().to_vec());
        self.parts.len() - 1
    }

    fn answer(&mut self, answer: &Answer) -> SavedAnswer {
        let Answer { task, name, notes, metadata, origin, file, seed, centre, saturation, .. } = answer.clone();
        SavedAnswer {
            task,
            name,
            notes,
            kind: Some(metadata.kind),
            origin,
            file: self.file(file),
            seed,
            centre: numbers(centre),
            saturation,
        }
    }

    fn step(&mut self, step: &Step) -> SavedStep {
        match step {
            Step::Marks { by, place, before, after } => {
                SavedStep::Marks { by: *by, place: numbers(*place), before: self.part(before), after: self.part(after) }
            }
            Step::Frame { before, after } => SavedStep::Frame { before: *before, after: *after },
            Step::Dabs { painted, dabs } => {
                SavedStep::Dabs { painted: *painted, dabs: dabs.iter().map(|(place, dab)| (*place, Dab::clone(dab))).collect() }
            }
            Step::Run { task, file, answer } => {
                SavedStep::Run { task: *task, file: self.file(*file), answer: answer.as_ref().map(|answer| self.answer(answer)) }
            }
        }
    }

    fn document(&mut self, document: &Document) -> SavedDocument {
        let (done, undone) = document.history.steps();
        SavedDocument {
            name: document.picture.name.clone(),
            file: self.file(document.picture.file),
            notes: document.picture.notes.clone(),
            kind: Some(document.picture.metadata.kind),
            mask: self.part(&Packed::new(document.marks.mask().values())),
            extend: document.extend,
            dabs: document.dabs.list().iter().map(|dab| Dab::clone(dab)).collect(),
            done: done.iter().map(|step| self.step(step)).collect(),
            undone: undone.iter().map(|step| self.step(step)).collect(),
            answers: document.answers.list().iter().map(|answer| self.answer(answer)).collect(),
            shown: document.answers.place(),
        }
    }
}

fn numbers(place: Rect) -> [usize; 4] {
    [place.left, place.top, place.width, place.height]
}

fn rect([left, top, width, height]: [usize; 4]) -> Rect {
    Rect { left, top, width, height }
}

impl Session {
    /// Pictures in their order, the one that is edited, and what is set beside them.
    pub fn new<'a>(documents: impl Iterator<Item = &'a Document>, current: usize, modes: Modes) -> Self {
        let mut saving = Saving::default();
        let documents = documents.map(|document| saving.document(document)).collect();
        Self { documents, current, modes, files: saving.files, parts: saving.parts }
    }

    /// The name of the picture that was edited.
    pub fn name(&self) -> &str {
        self.documents.get(self.current).map_or("", |document| &document.name)
    }

    /// The files that must be decoded: of runs whose answers are gone there is nothing to be decoded.
    pub fn pictures(&self) -> Vec<usize> {
        let answers = |document: &SavedDocument| {
            let steps = document.done.iter().chain(&document.undone);
            let undone = steps.filter_map(|step| if let SavedStep::Run { answer, .. } = step { answer.as_ref() } else { None });
            undone.chain(&document.answers).map(|answer| answer.file).chain([document.file]).collect::<Vec<_>>()
        };
        let mut files: Vec<usize> = self.documents.iter().flat_map(answers).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// The pictures in their order with the place of the one that is edited, from the pictures of the files; none where they do not fit
    /// together.
    pub fn documents(&self, pictures: &[Option<Picture>]) -> Option<(Vec<Document>, usize)> {
        let documents = self.documents.iter().map(|saved| self.document(saved, pictures)).collect::<Option<Vec<_>>>()?;
        (self.current < documents.len()).then_some((documents, self.current))
    }

    fn document(&self, saved: &SavedDocument, pictures: &[Option<Picture>]) -> Option<Document> {
        let mut picture = pictures.get(saved.file)?.clone()?;
        (picture.name, picture.notes) = (saved.name.clone(), saved.notes.clone());
        picture.metadata.kind = saved.kind.unwrap_or(picture.metadata.kind);
        let (width, height) = (picture.width, picture.height);
        let mask = Mask::new(width, height, self.part(saved.mask)?.unpack(width * height)?).ok()?;
        let steps = |steps: &[SavedStep]| steps.iter().map(|step| self.step(step, pictures, (width, height))).collect::<Option<Vec<_>>>();
        let answers = saved.answers.iter().map(|answer| self.answer(answer, pictures)).collect::<Option<Vec<_>>>()?;
        let mut document = Document::new(picture);
        (document.marks, document.extend) = (Marks::of(mask), saved.extend);
        document.dabs = Dabs::of(saved.dabs.iter().cloned().map(Rc::new).collect());
        document.history = History::of(steps(&saved.done)?, steps(&saved.undone)?);
        document.answers = Answers::of(answers, saved.shown);
        Some(document)
    }

    fn part(&self, place: usize) -> Option<Packed> {
        self.parts.get(place).cloned().map(Packed::from_bytes)
    }

    fn answer(&self, saved: &SavedAnswer, pictures: &[Option<Picture>]) -> Option<Answer> {
        let Picture { file, width, height, pixels, mut metadata, .. } = pictures.get(saved.file)?.clone()?;
        let SavedAnswer { task, name, notes, kind, origin, seed, centre, saturation, .. } = saved.clone();
        let centre = rect(centre);
        // The file that is kept is a PNG, whatever the picture was.
        metadata.kind = kind.unwrap_or(metadata.kind);
        (centre.right() <= width && centre.bottom() <= height).then_some(Answer {
            task,
            name,
            pixels,
            metadata,
            notes,
            width,
            height,
            origin,
            file,
            seed,
            centre,
            saturation: saturation.min(MOST_SATURATION),
        })
    }

    fn step(&self, saved: &SavedStep, pictures: &[Option<Picture>], (width, height): (usize, usize)) -> Option<Step> {
        Some(match saved {
            SavedStep::Marks { by, place, before, after } => {
                let place = rect(*place);
                if place.right() > width || place.bottom() > height {
                    return None;
                }
                Step::Marks { by: *by, place, before: self.part(*before)?, after: self.part(*after)? }
            }
            SavedStep::Frame { before, after } => Step::Frame { before: *before, after: *after },
            SavedStep::Dabs { painted, dabs } => {
                let dabs: Vec<Placed> = dabs.iter().map(|(place, dab)| (*place, Rc::new(dab.clone()))).collect();
                Step::Dabs { painted: *painted, dabs }
            }
            SavedStep::Run { task, file, answer: None } => Step::Run { task: *task, file: *self.files.get(*file)?, answer: None },
            SavedStep::Run { task, file, answer: Some(answer) } => {
                let answer = Some(Box::new(self.answer(answer, pictures)?));
                Step::Run { task: *task, file: *self.files.get(*file)?, answer }
            }
        })
    }
}
