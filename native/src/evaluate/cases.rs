//! What a net is measured on: for each task the random cases of training and fixed ones that anybody
//! can repeat. A case turns a picture into a question with a known answer.

use anyhow::Context;
use infill::mask::{self, Mask, Shape};
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use infill::task::{Border, Chroma, Degradation, Jpeg, Task, TaskKind};

use super::baseline;
use crate::pictures::round_trip;

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Brush strokes or rectangles, as in training.
    InpaintRandom,
    /// The centre square of half the side: a quarter of the area.
    InpaintCentre,
    /// One side or all four, as in training.
    UncropRandom,
    /// The right half.
    UncropRight,
    /// A frame of half the area.
    UncropFrame,
    /// Grey to colour.
    Colorize,
    /// JPEG of this quality.
    Restore(u8),
    /// Brush strokes that cover from one to the other per cent of the area.
    InpaintStrokes(u8, u8),
    /// Masks that the user gives.
    InpaintMasks,
}

/// Fills what is missing of a picture without a net.
pub type Baseline = fn(&Picture, &Mask) -> Picture;

/// A picture with something taken away.
pub struct Question {
    /// The answer.
    pub original: Picture,
    /// What is to be filled.
    pub mask: Mask,
    /// What is left of the picture, at its whole size: hole grey, colour gone, or JPEG.
    pub given: Picture,
    /// What a person would have: the same, but without the missing border.
    pub asked: Picture,
    /// What a person would ask to be done to that.
    pub task: Task,
}

impl Case {
    /// All of them. The place in this list is part of the random streams: new ones go to the end.
    pub const ALL: [Case; 14] = [
        Case::InpaintRandom,
        Case::InpaintCentre,
        Case::UncropRandom,
        Case::UncropRight,
        Case::UncropFrame,
        Case::Colorize,
        Case::Restore(5),
        Case::Restore(10),
        Case::Restore(20),
        Case::InpaintStrokes(10, 20),
        Case::InpaintStrokes(20, 30),
        Case::InpaintStrokes(30, 40),
        Case::InpaintMasks,
        Case::InpaintStrokes(40, 50),
    ];

    /// How many of [`Case::ALL`], the first of them, are asked unless others are named.
    const USUAL: usize = 9;

    /// The cases of the paper's tables (arXiv 2111.05826, section 5), in its order.
    const PAPER: [Case; 10] = [
        Case::Colorize,
        Case::InpaintStrokes(10, 20),
        Case::InpaintStrokes(20, 30),
        Case::InpaintStrokes(30, 40),
        Case::InpaintCentre,
        Case::UncropRight,
        Case::UncropFrame,
        Case::Restore(5),
        Case::Restore(10),
        Case::Restore(20),
    ];

    /// The usual cases of some tasks, or the paper's.
    pub fn of_tasks(tasks: &[TaskKind], paper: bool) -> Vec<Case> {
        let all: &[Case] = if paper { &Case::PAPER } else { &Case::ALL[..Case::USUAL] };
        all.iter().copied().filter(|case| tasks.contains(&case.kind())).collect()
    }

    /// Its place in [`Case::ALL`].
    pub fn number(self) -> u64 {
        Case::ALL.iter().position(|case| *case == self).unwrap_or(Case::ALL.len()) as u64
    }

    /// The task it belongs to.
    pub fn kind(self) -> TaskKind {
        match self {
            Case::InpaintRandom | Case::InpaintCentre | Case::InpaintStrokes(..) | Case::InpaintMasks => TaskKind::Inpaint,
            Case::UncropRandom | Case::UncropRight | Case::UncropFrame => TaskKind::Uncrop,
            Case::Colorize => TaskKind::Colorize,
            Case::Restore(_) => TaskKind::Restore,
        }
    }

    /// Name in tables and file names.
    pub fn name(self) -> String {
        match self {
            Case::InpaintRandom => "inpaint-random".to_owned(),
            Case::InpaintCentre => "inpaint-centre".to_owned(),
            Case::UncropRandom => "uncrop-random".to_owned(),
            Case::UncropRight => "uncrop-right".to_owned(),
            Case::UncropFrame => "uncrop-frame".to_owned(),
            Case::Colorize => "colorize".to_owned(),
            Case::Restore(quality) => format!("restore-jpeg-{quality}"),
            Case::InpaintStrokes(from, to) => format!("inpaint-{from}-{to}"),
            Case::InpaintMasks => "inpaint-masks".to_owned(),
        }
    }

    /// One line for the reader of a table.
    pub fn description(self) -> String {
        match self {
            Case::InpaintRandom => "brush strokes or rectangles, drawn as in training".to_owned(),
            Case::InpaintCentre => "the centre square, a quarter of the area".to_owned(),
            Case::UncropRandom => "one side or all four, half of the area, drawn as in training".to_owned(),
            Case::UncropRight => "the right half".to_owned(),
            Case::UncropFrame => "a frame on all four sides, half of the area".to_owned(),
            Case::Colorize => "colour from grey".to_owned(),
            Case::Restore(quality) => format!("JPEG of quality {quality}"),
            Case::InpaintStrokes(from, to) => format!("brush strokes over {from} to {to} % of the area"),
            Case::InpaintMasks => "the masks that were given".to_owned(),
        }
    }

    /// The answers without a net, by name. For colour and JPEG it is what was given.
    pub fn baselines(self) -> Vec<(&'static str, Baseline)> {
        let given: Baseline = |given, _| given.clone();
        match self.kind() {
            TaskKind::Inpaint | TaskKind::Uncrop => vec![
                ("mean fill", baseline::mean_fill),
                ("smooth fill", baseline::smooth_fill),
                ("edge repeat", baseline::repeat_edge),
                ("mirror", baseline::mirror),
            ],
            TaskKind::Colorize => vec![("grey", given)],
            TaskKind::Restore => vec![("the JPEG itself", given)],
        }
    }

    /// Whether a part of the picture is known and must be kept.
    pub fn keeps_known(self) -> bool {
        matches!(self.kind(), TaskKind::Inpaint | TaskKind::Uncrop)
    }

    /// The question that this case asks of a square picture; `rank` is the picture's place in the
    /// evaluation, `given` a mask for it where the user has some.
    ///
    /// # Errors
    /// The JPEG round trip fails, or the case needs a mask and there is none.
    pub fn ask(self, original: Picture, given: Option<&Mask>, seed: u64, rank: u64) -> anyhow::Result<Question> {
        let size = original.width();
        let degradation = match (self, given) {
            (Case::InpaintMasks, given) => Degradation::Inpaint(given.context("no mask is given for a case of given masks")?.clone()),
            _ => self.degradation(size, seed, rank),
        };
        let mask = degradation.mask(size, size);
        let jpeg = degradation.jpeg().map(|jpeg| round_trip(&original, jpeg)).transpose().context("preparing a case")?;
        let (asked, task) = degradation.asked(&original, jpeg.as_ref());
        let (given, asked) = match task {
            // The net is not to see what is under the mask.
            Task::Inpaint { .. } => {
                let given = baseline::compose(&original, &mask, |_, _| [128; 3]);
                (given.clone(), given)
            }
            Task::Uncrop(_) => (baseline::compose(&original, &mask, |_, _| [128; 3]), asked),
            Task::Colorize { .. } | Task::Restore(_) => (asked.clone(), asked),
        };
        Ok(Question { original, mask, given, asked, task })
    }

    fn degradation(self, size: usize, seed: u64, rank: u64) -> Degradation {
        let (half, quarter) = (size / 2, size / 4);
        let random = || noise::stream(seed, Purpose::Evaluation, self.number(), rank);
        match self {
            Case::InpaintCentre => Degradation::Inpaint(rectangle(size, size, [quarter, quarter, half, half])),
            Case::UncropRight => Degradation::Uncrop(Border { right: size - half, ..Border::default() }),
            Case::UncropFrame => {
                // Known is the square of half the area.
                let margin = (size as f64 * (1.0 - 0.5f64.sqrt()) / 2.0).round() as usize;
                Degradation::Uncrop(Border { left: margin, top: margin, right: margin, bottom: margin })
            }
            Case::Restore(quality) => Degradation::Restore(Jpeg { quality, chroma: Chroma::Full }),
            Case::Colorize => Degradation::Colorize,
            Case::InpaintStrokes(from, to) => {
                let area = [from, to].map(|part| f64::from(part) / 100.0);
                Degradation::Inpaint(mask::free_form_within(size, size, area, &mut random()))
            }
            Case::InpaintRandom | Case::UncropRandom | Case::InpaintMasks => Degradation::random(self.kind(), size, size, &mut random()),
        }
    }
}

/// A mask of `width` × `height` with one rectangle `[x, y, width, height]` to be filled.
pub fn rectangle(width: usize, height: usize, area: [usize; 4]) -> Mask {
    let [x, y, across, down] = area.map(|value| value as f32);
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Rectangle { x, y, width: across, height: down }, true);
    mask
}
