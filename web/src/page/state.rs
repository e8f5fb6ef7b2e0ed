//! Everything the page knows. The document in the browser shows it and is never asked.

use std::collections::BTreeMap;

use infill::task::TaskKind;

use super::{
    answers::Answer,
    change::Change,
    document::Document,
    embedding::Embedding,
    estimate::Estimate,
    field::Field,
    gesture::Gesture,
    handle::Handle,
    keeping::{Kept, Replacement, Work},
    language::Language,
    models::Models,
    notice::{Notice, Status},
    opening::Opening,
    palette::Palette,
    runs::Runs,
    saving::{Output, Saving},
    settings::Settings,
    tool::{Point, Tool},
    viewport::Viewport,
};
use crate::message::ModelChoice;

/// Bytes that the pixels of other pictures to go to may take.
const OTHERS_LIMIT: usize = 256 << 20;

/// How the picture is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Size of the canvas, CSS pixels.
    pub canvas: (f64, f64),
    /// Pixels of the screen for a CSS pixel.
    pub density: f64,
    /// Where the picture lies on the canvas.
    pub viewport: Viewport,
    /// The picture is shown whole, and stays so when the canvas changes.
    pub fitted: bool,
    /// Share of the picture's width that shows the result, from the right.
    pub compare: f64,
    /// How often the browser lost what was drawn.
    pub losses: u32,
}

/// Pointers and keys on the canvas.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Hand {
    /// The pointer, on the canvas.
    pub hover: Option<(f64, f64)>,
    /// The ring that the keyboard moves, on the picture.
    pub cursor: Option<(f64, f64)>,
    /// What pointers are doing.
    pub gesture: Gesture,
    /// Fingers that are down, on the canvas.
    pub touches: BTreeMap<i32, (f64, f64)>,
    /// The space bar is down: dragging moves the picture.
    pub space: bool,
    /// The corners of an outline that is not closed yet, on the picture.
    pub corners: Vec<Point>,
    /// A change of the mask that takes a while.
    pub change: Option<Change>,
}

impl Hand {
    /// What was under way is not: another picture is there.
    pub fn let_go(&mut self) {
        (self.cursor, self.gesture, self.change) = (None, Gesture::None, None);
        self.corners.clear();
    }

    /// Whether somebody is at the mask or the frame, so that its change is not done yet.
    pub fn is_drawing(&self) -> bool {
        let at_work = matches!(self.gesture, Gesture::Mark { .. } | Gesture::Dab { .. } | Gesture::TakeDabs { .. } | Gesture::Side { .. });
        at_work || self.change.is_some()
    }
}

/// A number that is being entered, and the frame before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Typing {
    /// The field, which is left as it is meanwhile.
    pub field: Field,
    /// Pixels to add before: left, top, right, bottom.
    pub frame: [usize; 4],
}

/// Everything the page knows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The language that the page speaks.
    pub language: Language,
    /// The site around the page, where it may speak with it.
    pub embedding: Option<Embedding>,
    /// There is a newer version of the page than this one.
    pub new_version: bool,
    /// The folder that the page is in.
    pub base: String,
    /// The picture.
    pub document: Option<Document>,
    /// The pictures before each answer that was kept, the latest last.
    pub earlier: Vec<Document>,
    /// Those that were gone back from, the latest last.
    pub later: Vec<Document>,
    /// The task.
    pub task: TaskKind,
    /// The tool.
    pub tool: Tool,
    /// What dabs of colour are painted with.
    pub palette: Palette,
    /// Brush width in CSS pixels: who looks closer paints finer. 0 until the canvas of a new picture has a size.
    pub brush: f64,
    /// Width of the brush that painted last, pixels of the picture.
    pub painted: Option<f64>,
    /// The mask came from a file, and is filled as it is.
    pub exact: bool,
    /// Numbers of the frame are percent of the picture.
    pub percent: bool,
    /// Areas take marks away.
    pub subtract: bool,
    /// By how much channels may differ where similar colours are looked for.
    pub tolerance: u8,
    /// A stroke that is done begins a run.
    pub as_i_paint: bool,
    /// What runs are asked for with.
    pub settings: Settings,
    /// A number that is being entered.
    pub typing: Option<Typing>,
    /// How the picture is looked at.
    pub look: Look,
    /// Pointers and keys on the canvas.
    pub hand: Hand,
    /// Runs.
    pub runs: Runs,
    /// The worker and its model.
    pub models: Models,
    /// Counts the files that were opened; what was decoded of an earlier one is no news.
    pub load: u32,
    /// The file that is being opened.
    pub opening: Option<Opening>,
    /// The mask file that is being read, with its name.
    pub mask_file: Option<(Handle, String)>,
    /// The mask file that was written last: the browser may be saving it still.
    pub mask_saved: Option<Handle>,
    /// An answer becomes a file.
    pub saving: Saving,
    /// How answers are saved.
    pub output: Output,
    /// A file is dragged over the page.
    pub dragging: bool,
    /// How long the run would take that can be begun now.
    pub estimate: Estimate,
    /// The status line.
    pub status: Status,
    /// What is said above the page.
    pub notice: Option<Notice>,
    /// The last thing that was asked for failed.
    pub failed: bool,
    /// What the browser keeps.
    pub kept: Kept,
    /// The work as it was when the visitor had all of it in a file.
    pub safe: Option<Work>,
}

impl State {
    /// Before anything happened.
    pub fn new(base: String, choice: ModelChoice) -> Self {
        Self {
            language: Language::default(),
            embedding: None,
            new_version: false,
            base,
            document: None,
            earlier: Vec::new(),
            later: Vec::new(),
            task: TaskKind::Inpaint,
            tool: Tool::Brush,
            palette: Palette::default(),
            brush: 40.0,
            painted: None,
            exact: false,
            percent: false,
            subtract: false,
            tolerance: 32,
            as_i_paint: false,
            settings: Settings {
                sampler: None,
                seed: 0,
                steps: None,
                temperature: None,
                grow: None,
                feather: 0,
                strength: 100,
                clean_too: false,
            },
            typing: None,
            look: Look {
                canvas: (1.0, 1.0),
                density: 1.0,
                viewport: Viewport { scale: 1.0, left: 0.0, top: 0.0 },
                fitted: true,
                compare: 0.5,
                losses: 0,
            },
            hand: Hand::default(),
            runs: Runs::default(),
            models: Models { choice, ..Models::default() },
            load: 0,
            opening: None,
            mask_file: None,
            mask_saved: None,
            saving: Saving::default(),
            output: Output::default(),
            dragging: false,
            estimate: Estimate::default(),
            status: Status::Nothing,
            notice: None,
            failed: false,
            kept: Kept::default(),
            safe: None,
        }
    }

    /// What the page is doing, in the word that style sheets and tests know.
    pub fn phase(&self) -> &'static str {
        match self {
            _ if self.runs.is_busy() => "running",
            _ if self.failed => "failed",
            _ if self.kept.restoring.is_some() => "loading",
            _ if self.answer().is_some() => "done",
            _ if self.models.model.is_some() => "ready",
            _ => "loading",
        }
    }

    /// The picture may be changed: nothing is under way, and no result is looked at.
    pub fn is_editable(&self) -> bool {
        self.document.is_some() && !self.runs.is_busy() && self.answer().is_none()
    }

    /// Pixels that the area grows by before it is filled: a hand is the less exact the wider its brush is, and a file is exact.
    pub fn growth(&self) -> usize {
        let own = if self.exact { 0 } else { (self.painted.unwrap_or(self.brush_on_picture()) / 16.0).round().clamp(1.0, 8.0) as usize };
        self.settings.grow.unwrap_or(own)
    }

    /// Brush width in pixels of the picture: one at least, and half of the picture's shorter side at most.
    pub fn brush_on_picture(&self) -> f64 {
        let shorter = self.document.as_ref().map_or(f64::INFINITY, |document| document.picture.width.min(document.picture.height) as f64);
        (self.brush / self.look.viewport.scale).clamp(1.0, (shorter / 2.0).max(1.0))
    }

    /// Where a point of the canvas lies on the picture.
    pub fn on_picture(&self, (x, y): (f64, f64)) -> Point {
        let (x, y) = self.look.viewport.to_picture(x, y);
        (x as f32, y as f32)
    }

    /// The answer that is looked at; none while another is on its way.
    pub fn answer(&self) -> Option<&Answer> {
        self.document.as_ref().filter(|_| !self.runs.is_busy())?.answers.shown()
    }

    /// Whether there is something to undo, and to redo.
    pub fn travels(&self) -> (bool, bool) {
        let (undo, redo) = self.document.as_ref().map_or((false, false), |document| document.history.available(self.task));
        let may = !self.runs.is_busy();
        (may && (undo || !self.earlier.is_empty()), may && (redo || !self.later.is_empty()))
    }

    /// Whether a task can be chosen. A result is looked at as what it is; it is kept or discarded before the next task.
    pub fn offers(&self, task: TaskKind) -> bool {
        self.models.knows(task) && !self.runs.is_busy() && self.answer().is_none()
    }

    /// What the browser is to hold on to.
    pub fn handles(&self) -> impl Iterator<Item = Handle> {
        let models = self.models.own.iter().chain(self.models.offered.values()).map(|own| own.file);
        let opening = self.opening.iter().map(|opening| opening.file);
        let kept =
            self.runs.interrupted.iter().filter_map(|interrupted| interrupted.kept.as_ref()).flat_map(|(_, handles)| handles.clone());
        let documents = self.document.iter().chain(&self.earlier).chain(&self.later);
        let answers = documents.flat_map(|document| {
            let files = document.answers.list().iter().chain(document.history.undone_answers()).map(|answer| answer.file);
            files.chain([document.picture.file])
        });
        let wished = self.embedding.iter().filter_map(|embedding| embedding.mask);
        let masks = self.mask_file.iter().map(|(file, _)| *file).chain(self.mask_saved).chain(self.saving.written).chain(wished);
        let restoring = self.kept.restoring.iter().flat_map(|restoring| restoring.session.files.iter().copied());
        let replacement = self.kept.replacement.iter().filter_map(|replacement| match replacement {
            Replacement::File(file, _) => Some(*file),
            Replacement::Nothing => None,
        });
        models.chain(opening).chain(kept).chain(answers).chain(masks).chain(restoring).chain(replacement)
    }

    /// Forgets the oldest of the other pictures when all take too much.
    pub fn limit_others(&mut self) {
        let size = |documents: &[Document]| {
            documents.iter().map(|document| document.picture.pixels.len() + document.answers.size()).sum::<usize>()
        };
        while self.earlier.len() + self.later.len() > 1 && size(&self.earlier) + size(&self.later) > OTHERS_LIMIT {
            if self.earlier.is_empty() {
                self.later.remove(0)
            } else {
                self.earlier.remove(0)
            };
        }
    }
}
