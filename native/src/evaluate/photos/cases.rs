//! What is asked about a photograph at its own size: a question with a known answer, as a user of the program would ask it.
//! The small squares of the other cases are in `evaluate::cases`.

use anyhow::Context;
use infill::mask::{Mask, Shape};
use infill::picture::Picture;
use infill::task::{Border, Chroma, Jpeg, Task, TaskKind};

use crate::evaluate::baseline;
use crate::pictures::round_trip;

/// The part of the shorter side that is cut off all around and to be extended again.
const FRAME: f64 = 0.125;

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoCase {
    /// One blob of 3 to 8 % of the area.
    Object,
    /// Brush strokes.
    Strokes,
    /// A border that was cut off, on all four sides.
    Frame,
    /// Grey to colour.
    Colorize,
    /// JPEG of this quality, with halved chroma as most programs write it.
    Restore(u8),
}

/// A photograph with something taken away.
#[derive(Debug)]
pub struct PhotoQuestion {
    /// The answer.
    pub truth: Picture,
    /// What is left of it: hole grey, colour gone, or JPEG. Of the truth's size.
    pub given: Picture,
    /// What is to be filled; `None` where the whole picture is to change.
    pub hole: Option<Mask>,
    /// The picture that an edit is given.
    pub picture: Picture,
    /// What the edit is to do.
    pub task: Task,
}

impl PhotoCase {
    /// All of them. The place in this list is part of the random streams: new ones go to the end.
    pub const ALL: [PhotoCase; 7] = [
        PhotoCase::Object,
        PhotoCase::Strokes,
        PhotoCase::Frame,
        PhotoCase::Colorize,
        PhotoCase::Restore(5),
        PhotoCase::Restore(10),
        PhotoCase::Restore(20),
    ];

    /// Its place in [`PhotoCase::ALL`].
    pub fn number(self) -> u64 {
        PhotoCase::ALL.iter().position(|case| *case == self).unwrap_or(PhotoCase::ALL.len()) as u64
    }

    /// The task it belongs to.
    pub fn kind(self) -> TaskKind {
        match self {
            PhotoCase::Object | PhotoCase::Strokes => TaskKind::Inpaint,
            PhotoCase::Frame => TaskKind::Uncrop,
            PhotoCase::Colorize => TaskKind::Colorize,
            PhotoCase::Restore(_) => TaskKind::Restore,
        }
    }

    /// Name in tables and file names.
    pub fn name(self) -> String {
        match self {
            PhotoCase::Object => "object".to_owned(),
            PhotoCase::Strokes => "strokes".to_owned(),
            PhotoCase::Frame => "frame".to_owned(),
            PhotoCase::Colorize => "colorize".to_owned(),
            PhotoCase::Restore(quality) => format!("restore-jpeg-{quality}"),
        }
    }

    /// One line for the reader of a table.
    pub fn description(self) -> String {
        match self {
            PhotoCase::Object => "one hole as large as an object".to_owned(),
            PhotoCase::Strokes => "brush strokes".to_owned(),
            PhotoCase::Frame => format!("a border on all four sides, {} % of the shorter side", 100.0 * FRAME),
            PhotoCase::Colorize => "colour from grey".to_owned(),
            PhotoCase::Restore(quality) => format!("JPEG of quality {quality}"),
        }
    }

    /// Whether it takes a mask from somewhere.
    pub fn needs_mask(self) -> bool {
        self.kind() == TaskKind::Inpaint
    }

    /// Whether something is to be filled and the rest kept.
    pub fn has_hole(self) -> bool {
        matches!(self.kind(), TaskKind::Inpaint | TaskKind::Uncrop)
    }

    /// The question about a photograph; `mask` is what is to be filled where the case needs one.
    ///
    /// # Errors
    /// A mask that is needed and not there, a photograph too small to cut a border off, or a JPEG round trip that fails.
    pub fn ask(self, truth: Picture, mask: Option<Mask>) -> anyhow::Result<PhotoQuestion> {
        match self {
            PhotoCase::Object | PhotoCase::Strokes => {
                let mask = mask.with_context(|| format!("the case {} needs a mask", self.name()))?;
                // Nothing of the truth is left for an edit to look at.
                let given = hide(&truth, &mask);
                let (picture, task) = (given.clone(), Task::Inpaint { mask: mask.clone() });
                Ok(PhotoQuestion { truth, given, hole: Some(mask), picture, task })
            }
            PhotoCase::Frame => frame(truth),
            PhotoCase::Colorize => {
                let grey = truth.grey();
                Ok(PhotoQuestion { truth, given: grey.clone(), hole: None, picture: grey, task: Task::colorize() })
            }
            PhotoCase::Restore(quality) => {
                let degraded = round_trip(&truth, Jpeg { quality, chroma: Chroma::Halved })?;
                Ok(PhotoQuestion { truth, given: degraded.clone(), hole: None, picture: degraded, task: Task::restore() })
            }
        }
    }
}

fn frame(truth: Picture) -> anyhow::Result<PhotoQuestion> {
    let (width, height) = (truth.width(), truth.height());
    let margin = ((width.min(height) as f64 * FRAME).round() as usize).max(1);
    anyhow::ensure!(width.min(height) > 2 * margin, "a photograph of {width}×{height} is too small to cut a border off");
    let (across, down) = (width - 2 * margin, height - 2 * margin);
    let mut mask = Mask::full(width, height);
    mask.draw(&Shape::Rectangle { x: margin as f32, y: margin as f32, width: across as f32, height: down as f32 }, false);
    Ok(PhotoQuestion {
        given: hide(&truth, &mask),
        hole: Some(mask),
        picture: truth.crop(margin, margin, across, down),
        task: Task::Uncrop(Border { left: margin, top: margin, right: margin, bottom: margin }),
        truth,
    })
}

/// The picture with mid-grey where the mask covers.
fn hide(picture: &Picture, mask: &Mask) -> Picture {
    baseline::compose(picture, mask, |_, _| [128; 3])
}
