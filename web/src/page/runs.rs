//! Runs as the page knows them: what was asked for, how far it is, what came of it, and what is kept of a run that was
//! broken off.

use std::rc::Rc;

use infill::mask::{Mask, Rect};

use super::{
    handle::Handle,
    picture::{Picture, Pixels},
};
use crate::message::{RunRequest, Saved};

/// A run that was asked for, as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// With id 0, and nothing to resume.
    pub request: RunRequest,
    /// The picture, with its name: whatever happens meanwhile, the result is of this one.
    pub picture: Picture,
    /// What is to be filled, for inpainting.
    pub mask: Option<Rc<Mask>>,
    /// The smallest rectangle around that.
    pub hole: Option<Rect>,
    /// The model in use, and its file where it is the visitor's.
    pub model: (String, Option<Handle>),
}

impl Asked {
    /// Width and height of the result in pixels.
    pub fn size(&self) -> (usize, usize) {
        let [left, top, right, bottom] = self.request.extend;
        (self.picture.width + left + right, self.picture.height + top + bottom)
    }

    /// The part of the result that the run is about: around what is filled, else all of it.
    pub fn centre(&self) -> Rect {
        let (width, height) = self.size();
        let Some(hole) = self.hole else {
            return Rect { left: 0, top: 0, width, height };
        };
        let side = (hole.width.max(hole.height) * 5 / 4).clamp(1, width.min(height));
        let begin = |start: usize, length: usize, end: usize| (start + length / 2).saturating_sub(side / 2).min(end - side);
        Rect { left: begin(hole.left, hole.width, width), top: begin(hole.top, hole.height, height), width: side, height: side }
    }
}

/// How far a run had come when its worker failed, with the bytes that the worker sent along.
pub type Kept = (Saved, Vec<Handle>);

/// A run that was broken off, to be made when there is a model again.
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupted {
    /// The run.
    pub asked: Asked,
    /// How far it had come, where that could be saved.
    pub kept: Option<Kept>,
}

/// What is under way.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Activity {
    /// Nothing.
    #[default]
    Idle,
    /// The worker computes.
    Running {
        /// What was asked for.
        asked: Box<Asked>,
        /// The worker was told to stop.
        cancelling: bool,
    },
    /// A run was broken off, and goes on as soon as another worker has the model.
    Waiting,
}

/// A part of the result as it comes about.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// Its pixels.
    pub pixels: Pixels,
    /// Size of the pixels: width and height.
    pub size: (usize, usize),
    /// Where, on the result: x, y, width, height.
    pub place: [f64; 4],
}

/// All about runs.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Runs {
    /// The last run that was begun; what is said of others is no news.
    pub id: u32,
    /// What is under way.
    pub activity: Activity,
    /// The part of the run that is done, 0 to 1.
    pub progress: f64,
    /// What is seen of it.
    pub preview: Option<Preview>,
    /// A run that goes on, or is made again, when there is a model.
    pub interrupted: Option<Interrupted>,
    /// Devices that were lost since the last run that went well.
    pub losses: usize,
}

impl Runs {
    /// Something is under way.
    pub fn is_busy(&self) -> bool {
        !matches!(self.activity, Activity::Idle)
    }

    /// Nothing is under way any more.
    pub fn end(&mut self) {
        (self.activity, self.preview) = (Activity::Idle, None);
    }
}
