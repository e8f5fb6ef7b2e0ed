//! The four tasks. Each owns its mask and its condition: what the net is shown, and what it must
//! fill. Nothing here samples, trains or decodes files; JPEG round trips are made by the caller.

mod colorize;
mod inpaint;
mod restore;
mod uncrop;

use rand_chacha::ChaCha8Rng;

pub use crate::config::{HoleCondition, TaskKind, UnknownTask};
use crate::{
    mask::{self, Mask},
    noise,
    picture::{Far, Picture, guess_fill, smooth_fill},
};

impl TaskKind {
    /// Fills what is missing of `[3, height, width]` without a net, for a sampler to begin from. Tasks of which nothing is
    /// missing leave all as it is.
    pub fn guess(self, planes: &mut [f32], width: usize, missing: &[bool]) {
        match self {
            Self::Inpaint => guess_fill(planes, width, missing, Far::Smooth),
            // Beyond an edge there is room for texture, and no other side that it would have to fit to.
            Self::Uncrop => guess_fill(planes, width, missing, Far::Mirror),
            Self::Colorize | Self::Restore => {}
        }
    }
}

impl HoleCondition {
    /// Replaces the missing part of `[3, height, width]`.
    pub fn show(self, planes: &mut [f32], width: usize, missing: &[bool], rng: &mut ChaCha8Rng) {
        match self {
            Self::Noise => {
                let noise = noise::gaussian(rng, planes.len());
                for (place, value) in planes.iter_mut().enumerate().filter(|(place, _)| missing[place % missing.len()]) {
                    *value = noise[place];
                }
            }
            Self::Smooth => smooth_fill(planes, width, missing),
        }
    }
}

/// A task with its details, for pictures of one size.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Fill the mask.
    Inpaint(Mask),
    /// Fill the mask, which touches the picture's edges.
    Uncrop(Mask),
    /// Find the colours of a grey picture.
    Colorize,
    /// Find the picture behind a JPEG.
    Restore {
        /// JPEG quality of the degraded picture, 1 to 100.
        quality: u8,
    },
}

impl Task {
    /// A random task of a kind for pictures of a size, distributed as in training (paper, section 4).
    pub fn random(kind: TaskKind, width: usize, height: usize, rng: &mut ChaCha8Rng) -> Self {
        match kind {
            TaskKind::Inpaint => Self::Inpaint(inpaint::random_mask(width, height, rng)),
            TaskKind::Uncrop => Self::Uncrop(uncrop::random_mask(width, height, rng)),
            TaskKind::Colorize => Self::Colorize,
            TaskKind::Restore => Self::Restore { quality: restore::random_quality(rng) },
        }
    }

    /// Which of the tasks this is.
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Inpaint(_) => TaskKind::Inpaint,
            Self::Uncrop(_) => TaskKind::Uncrop,
            Self::Colorize => TaskKind::Colorize,
            Self::Restore { .. } => TaskKind::Restore,
        }
    }

    /// Quality of the JPEG round trip that the caller must make before [`Task::condition`]; `None`
    /// where the task needs none.
    pub fn jpeg_quality(&self) -> Option<u8> {
        match self {
            Self::Restore { quality } => Some(*quality),
            _ => None,
        }
    }

    /// What is to be filled: the hole, or everything for [`Task::Colorize`] and [`Task::Restore`].
    pub fn mask(&self, width: usize, height: usize) -> Mask {
        match self {
            Self::Inpaint(mask) | Self::Uncrop(mask) => mask.clone(),
            Self::Colorize | Self::Restore { .. } => Mask::full(width, height),
        }
    }

    /// What the net is shown, `[3, height, width]` in [−1, 1] (noise goes beyond): the picture with
    /// its hole replaced, its Rec.601 luma in three channels, or the picture as it
    /// is, which for [`Task::Restore`] must be the degraded one.
    ///
    /// # Panics
    /// When the picture's size is not the mask's.
    pub fn condition(&self, picture: &Picture, hole: HoleCondition, rng: &mut ChaCha8Rng) -> Vec<f32> {
        match self {
            Self::Inpaint(mask) | Self::Uncrop(mask) => {
                assert_eq!((picture.width(), picture.height()), (mask.width(), mask.height()), "the mask's size must be the picture's");
                let missing: Vec<bool> = mask.values().iter().map(|value| *value >= mask::THRESHOLD).collect();
                let mut planes = picture.to_planes();
                hole.show(&mut planes, picture.width(), &missing, rng);
                planes
            }
            Self::Colorize => colorize::condition(picture),
            Self::Restore { .. } => restore::condition(picture),
        }
    }

    /// One training sample. `degraded` is the picture after its JPEG round trip for
    /// [`Task::Restore`], and not looked at for the others.
    ///
    /// # Panics
    /// When a mask or a degraded picture is not of the picture's size, or the degraded picture is
    /// missing: these are mistakes of the program, not of its user.
    pub fn example(&self, picture: &Picture, degraded: Option<&Picture>, hole: HoleCondition, rng: &mut ChaCha8Rng) -> Example {
        let (width, height) = (picture.width(), picture.height());
        let shown = match self {
            Self::Restore { .. } => {
                let degraded = degraded.expect("restoring needs the picture after its JPEG round trip");
                assert_eq!((degraded.width(), degraded.height()), (width, height), "the degraded picture's size");
                degraded
            }
            _ => picture,
        };
        Example {
            condition: self.condition(shown, hole, rng),
            picture: picture.to_planes(),
            mask: self.mask(width, height).to_plane(),
            kind: self.kind(),
        }
    }
}

/// One training sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What the net is shown, `[3, height, width]`.
    pub condition: Vec<f32>,
    /// The truth, `[3, height, width]` in [−1, 1].
    pub picture: Vec<f32>,
    /// `[1, height, width]`: 1 where something is to be filled, else 0.
    pub mask: Vec<f32>,
    /// The task it belongs to.
    pub kind: TaskKind,
}

#[cfg(test)]
mod tests;
