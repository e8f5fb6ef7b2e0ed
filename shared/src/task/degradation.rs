//! What is taken from a picture that is known whole, for a net to find again: how the examples of a training and the
//! questions of an evaluation are made. JPEG round trips are made by the caller.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{colorize, inpaint, request::Task, restore, uncrop, uncrop::Border};
use crate::{
    config::{HoleCondition, Masks, TaskKind},
    mask::{self, Mask},
    picture::Picture,
};

/// How many of the JPEGs trained on have halved chroma.
const HALVED_CHROMA: f64 = 0.75;

/// A task together with what it takes from a picture of one size.
#[derive(Clone, Debug, PartialEq)]
pub enum Degradation {
    /// The mask is missing.
    Inpaint(Mask),
    /// This border is missing.
    Uncrop(Border),
    /// The colours are missing.
    Colorize,
    /// The picture went through JPEG.
    Restore(Jpeg),
}

/// How a picture is made a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jpeg {
    /// 1 to 100.
    pub quality: u8,
    /// How finely its colours are kept.
    pub chroma: Chroma,
}

/// How finely a JPEG keeps colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chroma {
    /// At every pixel (4:4:4).
    Full,
    /// At every second pixel of every second row (4:2:0), as cameras and most programs do.
    Halved,
}

impl Degradation {
    /// A random one for pictures of a size, distributed as in training (paper, section 4).
    pub fn random(kind: TaskKind, width: usize, height: usize, rng: &mut ChaCha8Rng) -> Self {
        match kind {
            TaskKind::Inpaint => Self::Inpaint(inpaint::random_mask(width, height, rng)),
            TaskKind::Uncrop => Self::Uncrop(uncrop::random_border(width, height, rng)),
            TaskKind::Colorize => Self::Colorize,
            TaskKind::Restore => {
                let quality = restore::random_quality(rng);
                let chroma = if rng.random_bool(HALVED_CHROMA) { Chroma::Halved } else { Chroma::Full };
                Self::Restore(Jpeg { quality, chroma })
            }
        }
    }

    /// A random one of a training with these masks.
    pub fn training(kind: TaskKind, width: usize, height: usize, masks: Masks, rng: &mut ChaCha8Rng) -> Self {
        let as_edited = masks == Masks::Edits && rng.random_bool(0.5);
        match kind {
            TaskKind::Inpaint if as_edited => Self::Inpaint(inpaint::compact_mask(width, height, rng)),
            TaskKind::Uncrop if as_edited => Self::Uncrop(uncrop::narrow_border(width, height, rng)),
            TaskKind::Inpaint | TaskKind::Uncrop | TaskKind::Colorize | TaskKind::Restore => Self::random(kind, width, height, rng),
        }
    }

    /// Which of the tasks it belongs to.
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Inpaint(_) => TaskKind::Inpaint,
            Self::Uncrop(_) => TaskKind::Uncrop,
            Self::Colorize => TaskKind::Colorize,
            Self::Restore(_) => TaskKind::Restore,
        }
    }

    /// The JPEG round trip that the caller must make first; `None` where none is needed.
    pub fn jpeg(&self) -> Option<Jpeg> {
        match self {
            Self::Restore(jpeg) => Some(*jpeg),
            Self::Inpaint(_) | Self::Uncrop(_) | Self::Colorize => None,
        }
    }

    /// What is to be filled: the hole or the border, or everything for colour and JPEG.
    pub fn mask(&self, width: usize, height: usize) -> Mask {
        match self {
            Self::Inpaint(mask) => mask.clone(),
            Self::Uncrop(border) => border.mask(width, height),
            Self::Colorize | Self::Restore(_) => Mask::full(width, height),
        }
    }

    /// What is left of a picture, and the task that a person would set with it. `jpeg` is the picture after its JPEG round
    /// trip, and looked at for [`Degradation::Restore`] alone. A soft-edged mask becomes a hard one: a pixel is missing or
    /// known, as in training.
    ///
    /// # Panics
    /// As [`Degradation::example`].
    pub fn asked(&self, picture: &Picture, jpeg: Option<&Picture>) -> (Picture, Task) {
        match self {
            Self::Inpaint(mask) => (picture.clone(), Task::Inpaint { mask: mask.hard() }),
            Self::Uncrop(border) => {
                let known = border.known(picture.width(), picture.height());
                (picture.crop(known.left, known.top, known.width, known.height), Task::Uncrop(*border))
            }
            Self::Colorize => (picture.grey(), Task::colorize()),
            Self::Restore(_) => (round_trip(picture, jpeg).clone(), Task::restore()),
        }
    }

    /// One training example.
    ///
    /// # Panics
    /// When a mask or the picture after JPEG is not of the picture's size, or the latter is missing: these are mistakes of
    /// the program, not of its user.
    pub fn example(&self, picture: &Picture, jpeg: Option<&Picture>, hole: HoleCondition, rng: &mut ChaCha8Rng) -> Example {
        let (width, height) = (picture.width(), picture.height());
        let mask = self.mask(width, height);
        let condition = match self {
            Self::Inpaint(_) | Self::Uncrop(_) => {
                assert_eq!((width, height), (mask.width(), mask.height()), "the mask's size must be the picture's");
                let missing: Vec<bool> = mask.values().iter().map(|value| *value >= mask::THRESHOLD).collect();
                let mut planes = picture.to_planes();
                super::fill::show(hole, &mut planes, width, &missing, rng);
                planes
            }
            Self::Colorize => colorize::condition(picture),
            Self::Restore(_) => round_trip(picture, jpeg).to_planes(),
        };
        Example { condition, picture: picture.to_planes(), mask: mask.to_plane(), kind: self.kind() }
    }
}

fn round_trip<'a>(picture: &Picture, jpeg: Option<&'a Picture>) -> &'a Picture {
    let jpeg = jpeg.expect("restoring needs the picture after its JPEG round trip");
    let (of_jpeg, of_picture) = ((jpeg.width(), jpeg.height()), (picture.width(), picture.height()));
    assert_eq!(of_jpeg, of_picture, "size after the JPEG round trip, and before");
    jpeg
}

/// One training example, of a square picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What the net is shown, `[3, side, side]`.
    pub condition: Vec<f32>,
    /// The truth, `[3, side, side]` in [−1, 1].
    pub picture: Vec<f32>,
    /// `[1, side, side]`: 1 where something is to be filled, else 0.
    pub mask: Vec<f32>,
    /// The task it belongs to.
    pub kind: TaskKind,
}

impl Example {
    /// What a person would ask to get the example's picture, as [`Degradation::asked`].
    pub fn asked(&self) -> (Picture, Task) {
        let side = self.mask.len().isqrt();
        let picture = |planes: &[f32]| Picture::from_planes(side, side, planes);
        let mask = || Mask::from_plane(side, side, &self.mask);
        match self.kind {
            TaskKind::Inpaint => (picture(&self.picture), Task::Inpaint { mask: mask() }),
            TaskKind::Uncrop => Degradation::Uncrop(Border::of(&mask())).asked(&picture(&self.picture), None),
            TaskKind::Colorize => (picture(&self.condition), Task::colorize()),
            TaskKind::Restore => (picture(&self.condition), Task::restore()),
        }
    }
}
