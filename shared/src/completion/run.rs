//! `Completion`: a completion under way, in steps of some ten milliseconds on pictures of usual size. It reads no clock.

use super::{
    hole::{Hole, Lead},
    region::{LARGEST, Region, regions},
    settle::Settling,
    work::{Guided, Work},
};
use crate::{
    mask::{Mask, Rect},
    picture::{Picture, blend},
};

/// What cannot be completed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompletionError {
    /// Picture and mask must have one size.
    #[error("a picture of {picture:?} pixels with a mask of {mask:?}; both must have one size")]
    Size {
        /// Width and height of the picture.
        picture: (usize, usize),
        /// Width and height of the mask.
        mask: (usize, usize),
    },
    /// A scale must be positive and finite.
    #[error("a guide with {scale} pixels of the picture for one of its own; it must be a number above 0")]
    Scale {
        /// The scale given.
        scale: f32,
    },
}

/// A hole that is being completed: of the picture only what is looked at.
#[derive(Debug)]
pub struct Completion {
    /// Where `picture` lies on the whole one.
    place: Rect,
    /// The guide's fill in what is still to be filled, the completion in what is done.
    picture: Picture,
    /// Coverage of what is still to be filled.
    remaining: Mask,
    /// The pixels that it covers in part, each with its place, as they were.
    partly: Vec<(usize, [u8; 3])>,
    /// Pixels of the picture for one of the guide's.
    scale: f32,
    lead: Lead,
    seed: u64,
    /// 0 the guide alone, 1 the completion.
    detail: f32,
    /// The guide's colours as they lead, where they settle.
    settling: Option<Settling>,
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
    pub fn new(hole: &Hole, detail: f32) -> Result<Self, CompletionError> {
        Self::in_parts(hole, detail, LARGEST)
    }

    /// The same in regions of another size.
    pub(super) fn in_parts(hole: &Hole, detail: f32, largest: usize) -> Result<Self, CompletionError> {
        let Hole { picture, mask, partly, scale, lead, seed } = *hole;
        let sizes = [(picture.width(), picture.height()), (mask.width(), mask.height())];
        if sizes[0] != sizes[1] {
            return Err(CompletionError::Size { picture: sizes[0], mask: sizes[1] });
        }
        if !(scale > 0.0 && scale.is_finite()) {
            return Err(CompletionError::Scale { scale });
        }
        let mut waiting = regions(mask, largest);
        waiting.reverse();
        let looked_at = waiting.iter().map(|region| region.area).reduce(|one, other| one.union(&other));
        let place = looked_at.unwrap_or(Rect { left: 0, top: 0, width: 1, height: 1 });
        waiting.iter_mut().for_each(|region| region.move_into(&place));
        let remaining = mask.crop(place.left, place.top, place.width, place.height);
        let within = |at: usize| {
            let (x, y) = (at % mask.width(), at / mask.width());
            place.contains(x, y).then(|| (y - place.top) * place.width + x - place.left)
        };
        let picture = picture.crop(place.left, place.top, place.width, place.height);
        Ok(Self {
            settling: lead.settles.then(|| Settling::new(&picture, &remaining, scale)),
            picture,
            partly: partly.iter().filter_map(|(at, pixel)| Some((within(*at)?, *pixel))).collect(),
            pixels: [remaining.values().iter().filter(|coverage| **coverage > 0).count(), 0],
            remaining,
            place,
            scale,
            lead,
            seed,
            detail: detail.clamp(0.0, 1.0),
            waiting,
            work: None,
        })
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
        if self.is_finished() {
            return true;
        }
        if let Some(settling) = self.settling.as_mut().filter(|settling| !settling.is_done()) {
            settling.step();
            return false;
        }
        let guided = Guided { picture: &self.picture, remaining: &self.remaining, settling: self.settling.as_ref() };
        match &mut self.work {
            Some(work) => {
                if work.step(&guided) {
                    self.finish_region();
                }
            }
            None => {
                if let Some(region) = self.waiting.pop() {
                    self.work = Some(Work::new(region, &guided, self.scale, self.lead, self.seed));
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
        work.result(|x, y, colour| {
            let (x, y) = (area.left + x, area.top + y);
            if keep.contains(x, y) {
                let made = self.picture.get(x, y);
                let mixed = std::array::from_fn(|channel| {
                    let made = f32::from(made[channel]);
                    let value: f32 = made + self.detail * (colour[channel] - made);
                    value / 127.5 - 1.0
                });
                let before = self.partly.binary_search_by_key(&(y * self.place.width + x), |(at, _)| *at);
                let before = before.map_or(made, |found| self.partly[found].1);
                self.picture.set(x, y, blend(before, mixed, self.remaining.coverage(x, y)));
            }
        });
        for y in keep.top..keep.bottom() {
            self.remaining.row_mut(y)[keep.left..keep.right()].fill(0);
        }
    }

    /// Writes what is done into the picture that it was begun with.
    ///
    /// # Panics
    /// When that has another size.
    pub fn write(&self, picture: &mut Picture) {
        for y in 0..self.place.height {
            let columns = 3 * self.place.left..3 * self.place.right();
            picture.row_mut(self.place.top + y)[columns].copy_from_slice(self.picture.row(y));
        }
    }
}
