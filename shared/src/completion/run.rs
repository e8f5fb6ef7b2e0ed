//! `Completion`: a completion under way, in steps of some ten milliseconds on pictures of usual size. It reads no clock.

use super::{
    guide::Guide,
    region::{Region, regions},
    work::Work,
};
use crate::{
    mask::Mask,
    picture::{Picture, blend},
};

/// What cannot be completed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompletionError {
    /// Picture, mask and guide must have one size.
    #[error("a picture of {picture:?} pixels with a mask of {mask:?} and a guide of {guide:?}; all three must have one size")]
    Size {
        /// Width and height of the picture.
        picture: (usize, usize),
        /// Width and height of the mask.
        mask: (usize, usize),
        /// Width and height of the guide.
        guide: (usize, usize),
    },
    /// A scale must be positive and finite.
    #[error("a guide with {scale} pixels of the picture for one of its own; it must be a number above 0")]
    Scale {
        /// The scale given.
        scale: f32,
    },
}

/// A picture whose hole is being completed.
#[derive(Debug)]
pub struct Completion {
    picture: Picture,
    /// Coverage of what is still to be filled.
    remaining: Mask,
    guide: Guide,
    /// 0 the guide alone, 1 the completion.
    detail: f32,
    /// The last one first.
    waiting: Vec<Region>,
    work: Option<Work>,
    /// Pixels of the hole in all, and in regions that are done.
    pixels: [usize; 2],
}

impl Completion {
    /// Fills what a mask touches of a picture; where there is nothing to copy, with the guide. `detail` mixes both, from 0, the
    /// guide alone, to 1.
    ///
    /// # Errors
    /// Sizes that differ, a scale that is none.
    pub fn new(picture: Picture, mask: Mask, guide: Guide, detail: f32) -> Result<Self, CompletionError> {
        let sizes = [(picture.width(), picture.height()), (mask.width(), mask.height()), (guide.picture.width(), guide.picture.height())];
        if sizes[0] != sizes[1] || sizes[0] != sizes[2] {
            return Err(CompletionError::Size { picture: sizes[0], mask: sizes[1], guide: sizes[2] });
        }
        if !(guide.scale > 0.0 && guide.scale.is_finite()) {
            return Err(CompletionError::Scale { scale: guide.scale });
        }
        let mut waiting = regions(&mask);
        waiting.reverse();
        let pixels = mask.values().iter().filter(|coverage| **coverage > 0).count();
        Ok(Self { picture, remaining: mask, guide, detail: detail.clamp(0.0, 1.0), waiting, work: None, pixels: [pixels, 0] })
    }

    /// Whether all is done.
    pub fn is_finished(&self) -> bool {
        self.work.is_none() && self.waiting.is_empty()
    }

    /// The part that is done, 0 to 1.
    pub fn progress(&self) -> f32 {
        if self.is_finished() {
            return 1.0;
        }
        let [all, done] = self.pixels.map(|pixels| pixels as f32);
        let current = self.work.as_ref().map_or(0.0, |work| work.progress() * work.pixels() as f32);
        ((done + current) / all.max(1.0)).min(1.0)
    }

    /// Goes on. Whether all is done.
    pub fn step(&mut self) -> bool {
        match &mut self.work {
            Some(work) => {
                if work.step() {
                    self.finish_region();
                }
            }
            None => {
                if let Some(region) = self.waiting.pop() {
                    self.work = Some(Work::new(region, &self.picture, &self.remaining, &self.guide));
                }
            }
        }
        self.is_finished()
    }

    /// Writes a region's part of the hole.
    fn finish_region(&mut self) {
        let Some(work) = self.work.take() else { return };
        let Region { keep, area } = work.region();
        self.pixels[1] += work.pixels();
        let mut write = |x: usize, y: usize, colour: [f32; 3]| {
            let coverage = self.remaining.coverage(x, y);
            let made = self.guide.picture.get(x, y).map(f32::from);
            let mixed = std::array::from_fn(|channel| {
                let value: f32 = made[channel] + self.detail * (colour[channel] - made[channel]);
                value / 127.5 - 1.0
            });
            self.picture.set(x, y, blend(self.picture.get(x, y), mixed, coverage));
        };
        for (x, y, colour) in work.result() {
            if keep.contains(area.left + x, area.top + y) {
                write(area.left + x, area.top + y, colour);
            }
        }
        for y in keep.top..keep.bottom() {
            self.remaining.row_mut(y)[keep.left..keep.right()].fill(0);
        }
    }

    /// The picture as far as it is done.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// The picture without a copy.
    pub fn into_picture(self) -> Picture {
        self.picture
    }
}
