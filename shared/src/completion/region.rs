//! Which parts of a large picture are completed at a time, so that memory has a bound.

use crate::mask::{Mask, Rect};

/// Pixels around a part of the hole that are looked at for sources, at least.
const MARGIN: usize = 256;

/// Pixels of a region at most, unless its part of the hole is small: about 30 bytes of memory each.
pub const LARGEST: usize = 4_500_000;

/// A part of the hole is not cut below this side.
const SMALLEST: usize = 256;

/// Pixels around a part of the hole whose own missing pixels are completed with it, so that it fits to the next part.
const CONTEXT: usize = 64;

/// No fewer of them at a coarse level.
const LEAST_CONTEXT: usize = 16;

/// A part of the hole and what surrounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// What is completed of the hole.
    pub keep: Rect,
    /// What is looked at.
    pub area: Rect,
}

impl Region {
    fn new(keep: Rect, (width, height): (usize, usize)) -> Self {
        let margin = (keep.width.max(keep.height) / 2).max(MARGIN);
        Self { keep, area: keep.grown(margin).within(&Rect { left: 0, top: 0, width, height }) }
    }

    /// Where something is completed, on the area at a level, 0 the finest: what is kept and some context.
    pub fn completed(&self, level: usize) -> Rect {
        let [left, top] = [self.keep.left - self.area.left, self.keep.top - self.area.top].map(|begin| begin >> level);
        let end = |end: usize| end.div_ceil(1 << level);
        let (right, bottom) = (end(self.keep.right() - self.area.left), end(self.keep.bottom() - self.area.top));
        let whole = Rect { left: 0, top: 0, width: end(self.area.width), height: end(self.area.height) };
        let context = (CONTEXT >> level).max(LEAST_CONTEXT);
        Rect { left, top, width: right - left, height: bottom - top }.grown(context).within(&whole)
    }

    /// Its place on a part of the picture that holds it.
    pub fn move_into(&mut self, part: &Rect) {
        for rect in [&mut self.keep, &mut self.area] {
            (rect.left, rect.top) = (rect.left - part.left, rect.top - part.top);
        }
    }
}

/// Regions that cover a mask, of so many pixels at most unless a part of the hole would become small.
pub fn regions(mask: &Mask, largest: usize) -> Vec<Region> {
    let mut regions = Vec::new();
    if let Some(bounds) = mask.bounds() {
        split(mask, bounds, largest, &mut regions);
    }
    regions
}

fn split(mask: &Mask, keep: Rect, largest: usize, regions: &mut Vec<Region>) {
    let region = Region::new(keep, (mask.width(), mask.height()));
    let longest = keep.width.max(keep.height);
    if region.area.width * region.area.height <= largest || longest <= SMALLEST {
        regions.push(region);
        return;
    }
    let [mut one, mut other] = [keep; 2];
    if keep.width >= keep.height {
        one.width = keep.width / 2;
        (other.left, other.width) = (keep.left + one.width, keep.width - one.width);
    } else {
        one.height = keep.height / 2;
        (other.top, other.height) = (keep.top + one.height, keep.height - one.height);
    }
    for part in [one, other] {
        if let Some(bounds) = mask.crop(part.left, part.top, part.width, part.height).bounds() {
            split(mask, Rect { left: part.left + bounds.left, top: part.top + bounds.top, ..bounds }, largest, regions);
        }
    }
}
