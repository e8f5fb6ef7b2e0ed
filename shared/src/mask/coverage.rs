//! [`Mask`]: one coverage a pixel, and what can be done to all of them.

use std::{fmt, ops::Range};

use super::{
    distance,
    raster::{self, Shape},
    rect::Rect,
};

/// Coverage from which a pixel counts as part of the hole where only yes or no will do.
pub const THRESHOLD: u8 = 128;

/// What is to be filled: one coverage a pixel, 0 known to 255 to be filled, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

impl fmt::Debug for Mask {
    /// Size and area only: a mask has more values than anybody reads.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Mask({}×{}, {:.4} covered)", self.width, self.height, self.area())
    }
}

/// Numbers that make no mask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} values were given for a mask of {width}×{height}, which needs {wanted} and at least one")]
pub struct MaskError {
    /// The width given.
    pub width: usize,
    /// The height given.
    pub height: usize,
    /// Values given.
    pub found: usize,
    /// Values needed.
    pub wanted: usize,
}

impl Mask {
    /// A mask from coverages, row by row.
    ///
    /// # Errors
    /// No pixels, or another number of values than `width · height`.
    pub fn new(width: usize, height: usize, values: Vec<u8>) -> Result<Self, MaskError> {
        let wanted = width.saturating_mul(height);
        if wanted == 0 || values.len() != wanted {
            return Err(MaskError { width, height, found: values.len(), wanted });
        }
        Ok(Self { width, height, values })
    }

    /// Nothing is to be filled.
    ///
    /// # Panics
    /// When a side is 0.
    pub fn empty(width: usize, height: usize) -> Self {
        Self::constant(width, height, 0)
    }

    /// Everything is to be filled.
    ///
    /// # Panics
    /// When a side is 0.
    pub fn full(width: usize, height: usize) -> Self {
        Self::constant(width, height, 255)
    }

    fn constant(width: usize, height: usize, value: u8) -> Self {
        assert!(width > 0 && height > 0, "a mask of {width}×{height} has no pixels");
        Self { width, height, values: vec![value; width * height] }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Coverages, row by row.
    pub fn values(&self) -> &[u8] {
        &self.values
    }

    /// One row of coverages.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// One row of coverages, to be changed in place.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.values[y * self.width..(y + 1) * self.width]
    }

    /// Coverage of a pixel.
    ///
    /// # Panics
    /// Outside the mask, as slices do.
    pub fn coverage(&self, x: usize, y: usize) -> u8 {
        assert!(x < self.width, "column {x} of a mask {} wide", self.width);
        self.values[y * self.width + x]
    }

    /// Whether a pixel counts as part of the hole: at least half of it is covered.
    pub fn covers(&self, x: usize, y: usize) -> bool {
        self.coverage(x, y) >= THRESHOLD
    }

    /// Whether nothing is to be filled: no pixel is touched at all.
    pub fn is_empty(&self) -> bool {
        !is_touched(&self.values)
    }

    /// Whether nothing is known: every pixel counts as part of the hole.
    pub fn is_full(&self) -> bool {
        self.values.iter().all(|value| *value >= THRESHOLD)
    }

    /// The covered part of the area, 0 to 1.
    pub fn area(&self) -> f64 {
        let sum: u64 = self.values.iter().map(|value| u64::from(*value)).sum();
        sum as f64 / (255.0 * self.values.len() as f64)
    }

    /// The smallest rectangle around every touched pixel; `None` for an empty mask.
    pub fn bounds(&self) -> Option<Rect> {
        self.bounds_within(Rect { left: 0, top: 0, width: self.width, height: self.height })
    }

    /// The same, where it is known that nothing outside of a place is touched.
    ///
    /// # Panics
    /// When the place is not all in the mask.
    pub fn bounds_within(&self, place: Rect) -> Option<Rect> {
        let touched = |y: &usize| is_touched(&self.row(*y)[place.left..place.right()]);
        let top = (place.top..place.bottom()).find(touched)?;
        let bottom = (top..place.bottom()).rfind(touched)?;
        let (mut left, mut right) = (place.right(), place.left);
        for y in top..=bottom {
            // Only what may widen them is looked at.
            let row = self.row(y);
            left = row[place.left..left].iter().position(|value| *value > 0).map_or(left, |first| place.left + first);
            right = row[right..place.right()].iter().rposition(|value| *value > 0).map_or(right, |last| right + last + 1);
        }
        Some(Rect { left, top, width: right - left, height: bottom + 1 - top })
    }

    /// Draws a shape: fills it, or erases it where `fill` is false. Drawing the same twice changes
    /// nothing. What lies outside the mask is cut.
    pub fn draw(&mut self, shape: &Shape, fill: bool) {
        self.draw_rows(shape, fill, 0..self.height);
    }

    /// Draws only these rows of a shape, as [`Self::draw`] does: rows are drawn alike whichever are drawn with them.
    ///
    /// # Panics
    /// When there are fewer rows.
    pub fn draw_rows(&mut self, shape: &Shape, fill: bool, rows: Range<usize>) {
        raster::draw(shape, self.width, rows, |y, first, coverages| {
            let start = y * self.width + first;
            for (value, coverage) in self.values[start..start + coverages.len()].iter_mut().zip(coverages) {
                *value = if fill { (*value).max(*coverage) } else { (*value).min(255 - coverage) };
            }
        });
    }

    /// Known becomes unknown and the other way round.
    pub fn invert(&mut self) {
        for value in &mut self.values {
            *value = 255 - *value;
        }
    }

    /// Moves the hole's edge outwards by `pixels` (inwards where negative), in all directions alike.
    pub fn grow(&mut self, pixels: i32) {
        let reach = pixels.unsigned_abs() as usize;
        self.around_hole(if pixels > 0 { reach } else { 0 }, |part| match pixels {
            0 => {}
            1.. => distance::grow(&mut part.values, part.width, reach as f32, 0.0, THRESHOLD),
            _ => {
                part.invert();
                distance::grow(&mut part.values, part.width, reach as f32, 0.0, THRESHOLD);
                part.invert();
            }
        });
    }

    /// Moves the hole's edge outwards by `pixels`, and covers what lies between parts of the hole that are up to four times as far from each
    /// other, or in a bay of it that is so narrow: a sliver that a hand left out tints all that is filled around it.
    pub fn grow_and_close(&mut self, pixels: usize) {
        // What is beyond any picture's reach is all the same.
        let pixels = pixels.min(1 << 20) as i32;
        self.grow(2 * pixels);
        self.grow(-pixels);
    }

    /// Gives the hole a soft edge, outwards: coverage falls evenly to nothing over `pixels`.
    pub fn feather(&mut self, pixels: usize) {
        if pixels > 0 {
            self.around_hole(pixels, |part| distance::grow(&mut part.values, part.width, 0.0, pixels as f32, THRESHOLD));
        }
    }

    /// Changes the part of the mask around its hole that anything within `reach` pixels of it can change.
    fn around_hole(&mut self, reach: usize, change: impl FnOnce(&mut Self)) {
        let Some(hole) = self.bounds() else { return };
        // One known pixel more on each side, where there is one: the hole's edge is known from it.
        let reach = reach + 2;
        let (left, top) = (hole.left.saturating_sub(reach), hole.top.saturating_sub(reach));
        let (right, bottom) = ((hole.right() + reach).min(self.width), (hole.bottom() + reach).min(self.height));
        let mut part = self.crop(left, top, right - left, bottom - top);
        change(&mut part);
        for (y, row) in part.values.chunks(part.width).enumerate() {
            self.row_mut(top + y)[left..right].copy_from_slice(row);
        }
    }

    /// A part of the mask.
    ///
    /// # Panics
    /// When the part is empty or reaches outside.
    pub fn crop(&self, left: usize, top: usize, width: usize, height: usize) -> Self {
        assert!(width > 0 && height > 0, "a crop of {width}×{height} has no pixels");
        let values = (top..top + height).flat_map(|y| &self.row(y)[left..left + width]).copied().collect();
        Self { width, height, values }
    }

    /// The mask at another size, resampled as pictures are.
    ///
    /// # Panics
    /// When a side is 0.
    pub fn resize(&self, width: usize, height: usize) -> Self {
        let values: Vec<f32> = self.values.iter().map(|value| f32::from(*value)).collect();
        let resized = crate::picture::resize_planes(&values, (self.width, self.height), (width, height));
        Self { width, height, values: resized.into_iter().map(|value| value.round() as u8).collect() }
    }

    /// The same mask with hard edges: 255 where it [covers](Self::covers), else 0.
    #[must_use]
    pub fn hard(&self) -> Self {
        Self { values: self.values.iter().map(|value| if *value >= THRESHOLD { 255 } else { 0 }).collect(), ..*self }
    }

    /// A mask from yes or no, `[1, height, width]`: covered where a value is above ½.
    ///
    /// # Panics
    /// When there are not `width · height` values, or none.
    pub fn from_plane(width: usize, height: usize, plane: &[f32]) -> Self {
        assert!(!plane.is_empty() && plane.len() == width * height, "{} values for a mask of {width}×{height}", plane.len());
        Self { width, height, values: plane.iter().map(|value| if *value > 0.5 { 255 } else { 0 }).collect() }
    }

    /// Yes or no as the net takes it, `[1, height, width]`: 1 where the mask [covers](Self::covers),
    /// else 0.
    pub fn to_plane(&self) -> Vec<f32> {
        self.values.iter().map(|value| if *value >= THRESHOLD { 1.0 } else { 0.0 }).collect()
    }
}

/// Whether any coverage is above 0. They are looked at by words, eight at a time: a page looks at all of a large mask after each stroke.
fn is_touched(values: &[u8]) -> bool {
    let blocks = values.as_chunks::<8>().0.as_chunks::<8>().0;
    let any = |block: &[[u8; 8]; 8]| block.iter().fold(0, |any, word| any | u64::from_ne_bytes(*word)) > 0;
    blocks.iter().any(any) || values[64 * blocks.len()..].iter().any(|value| *value > 0)
}
