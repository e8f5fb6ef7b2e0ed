//! `Picture`: 8-bit RGB in memory, its conversion to the net's numbers, and resampling. It knows no
//! file formats, no alpha and no colour profiles; those stay with the programs that open files.

mod chroma;
mod guess;
mod hidden;
mod membrane;
mod resample;
mod smooth;
mod values;

use std::fmt;

pub use chroma::{MOST_SATURATION, SATURATION, chroma, colour, pixel_chroma, saturate};
pub use guess::{Far, guess_fill, mirror_image, nearest_known};
pub use membrane::spread;
pub use resample::{Resampler, resize_planes};
pub use smooth::smooth_fill;
pub use values::{from_unit, luma, to_unit};

/// An 8-bit RGB picture with at least one pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl fmt::Debug for Picture {
    /// Size and first pixel only: a picture has more values than anybody reads.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Picture({}×{}, first {:?})", self.width, self.height, self.get(0, 0))
    }
}

/// Numbers that make no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No pixels at all.
    #[error("a picture of {width}×{height} has no pixels; both sides must be at least 1")]
    Empty {
        /// The width given.
        width: usize,
        /// The height given.
        height: usize,
    },
    /// Not as many values as the size asks for.
    #[error("{found} values were given for {width}×{height} pixels, which need {wanted}")]
    Length {
        /// The width given.
        width: usize,
        /// The height given.
        height: usize,
        /// Values given.
        found: usize,
        /// Values needed.
        wanted: usize,
    },
}

/// `original` where coverage is 0, `generated` (−1 to 1; what lies outside is cut) where it is 255, and in between.
pub fn blend(original: [u8; 3], generated: [f32; 3], coverage: u8) -> [u8; 3] {
    std::array::from_fn(|channel| blend_value(original[channel], generated[channel], coverage))
}

/// The same of one colour.
pub fn blend_value(original: u8, generated: f32, coverage: u8) -> u8 {
    let (part, original) = (f32::from(coverage) / 255.0, to_unit(original));
    from_unit(original + part * (generated.clamp(-1.0, 1.0) - original))
}

impl Picture {
    /// A picture from RGB values, row by row.
    ///
    /// # Errors
    /// No pixels, or another number of values than `3 · width · height`.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, PictureError> {
        if width == 0 || height == 0 {
            return Err(PictureError::Empty { width, height });
        }
        let wanted = width.saturating_mul(height).saturating_mul(3);
        if pixels.len() != wanted {
            return Err(PictureError::Length { width, height, found: pixels.len(), wanted });
        }
        Ok(Self { width, height, pixels })
    }

    /// A picture of one colour.
    ///
    /// # Panics
    /// When a side is 0.
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        assert!(width > 0 && height > 0, "a picture of {width}×{height} has no pixels");
        Self { width, height, pixels: colour.repeat(width * height) }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// RGB values, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// RGB values, row by row, to be changed in place.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// RGB values, row by row, without a copy.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// One row of RGB values.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[3 * y * self.width..3 * (y + 1) * self.width]
    }

    /// One row of RGB values, to be changed in place.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.pixels[3 * y * self.width..3 * (y + 1) * self.width]
    }

    /// One pixel.
    ///
    /// # Panics
    /// Outside the picture, as slices do.
    pub fn get(&self, x: usize, y: usize) -> [u8; 3] {
        assert!(x < self.width, "column {x} of a picture {} wide", self.width);
        let start = 3 * (y * self.width + x);
        [self.pixels[start], self.pixels[start + 1], self.pixels[start + 2]]
    }

    /// Replaces one pixel.
    ///
    /// # Panics
    /// Outside the picture, as slices do.
    pub fn set(&mut self, x: usize, y: usize, pixel: [u8; 3]) {
        assert!(x < self.width, "column {x} of a picture {} wide", self.width);
        let start = 3 * (y * self.width + x);
        self.pixels[start..start + 3].copy_from_slice(&pixel);
    }

    /// A part of the picture.
    ///
    /// # Panics
    /// When the part is empty or reaches outside.
    pub fn crop(&self, left: usize, top: usize, width: usize, height: usize) -> Self {
        assert!(width > 0 && height > 0, "a crop of {width}×{height} has no pixels");
        assert!(
            left + width <= self.width && top + height <= self.height,
            "a crop of {width}×{height} at {left}, {top} reaches outside {}×{}",
            self.width,
            self.height
        );
        let mut pixels = Vec::with_capacity(3 * width * height);
        for y in top..top + height {
            pixels.extend_from_slice(&self.row(y)[3 * left..3 * (left + width)]);
        }
        Self { width, height, pixels }
    }

    /// Mirrored left to right.
    pub fn flip(&self) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..self.height {
            pixels.extend(self.row(y).chunks_exact(3).rev().flatten());
        }
        Self { width: self.width, height: self.height, pixels }
    }

    /// The picture at another size: the mean over the area when an axis shrinks, Catmull-Rom when it
    /// grows (each axis on its own).
    ///
    /// # Panics
    /// When a side is 0.
    pub fn resize(&self, width: usize, height: usize) -> Self {
        assert!(width > 0 && height > 0, "a picture of {width}×{height} has no pixels");
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let across = Resampler::new(self.width, width);
        let down = Resampler::new(self.height, height);
        // Across first: for large pictures the intermediate is small in both directions of scaling.
        let mut narrow = vec![0.0; 3 * width * self.height];
        let mut line = vec![0.0; 3 * self.width];
        for (y, target) in narrow.chunks_exact_mut(3 * width).enumerate() {
            for (value, byte) in line.iter_mut().zip(self.row(y)) {
                *value = f32::from(*byte);
            }
            across.apply(&line, 3, target);
        }
        let mut pixels = Vec::with_capacity(3 * width * height);
        let mut row = vec![0.0; 3 * width];
        for y in 0..height {
            down.apply_row(&narrow, 3 * width, y, &mut row);
            pixels.extend(row.iter().map(|value| value.round() as u8));
        }
        Self { width, height, pixels }
    }

    /// The same picture in Rec.601 luma, rounded to 8 bits.
    pub fn grey(&self) -> Self {
        let mut grey = self.clone();
        for pixel in grey.pixels.chunks_exact_mut(3) {
            pixel.fill(luma([pixel[0], pixel[1], pixel[2]]).round() as u8);
        }
        grey
    }

    /// The net's numbers, `[3, height, width]` in [−1, 1].
    pub fn to_planes(&self) -> Vec<f32> {
        let mut planes = Vec::with_capacity(self.pixels.len());
        for channel in 0..3 {
            planes.extend(self.pixels.iter().skip(channel).step_by(3).map(|value| to_unit(*value)));
        }
        planes
    }

    /// The picture of numbers `[3, height, width]`; what lies outside [−1, 1] is cut. The exact
    /// inverse of [`Picture::to_planes`].
    ///
    /// # Panics
    /// When there are not `3 · width · height` values, or none.
    pub fn from_planes(width: usize, height: usize, planes: &[f32]) -> Self {
        let area = width * height;
        assert!(area > 0 && planes.len() == 3 * area, "{} values for 3 planes of {width}×{height}", planes.len());
        let pixels = (0..3 * area).map(|index| from_unit(planes[index % 3 * area + index / 3])).collect();
        Self { width, height, pixels }
    }

    /// Scales the chroma of all pixels to so many percent, see [`saturate`].
    pub fn saturate(&mut self, percent: u16) {
        if percent != SATURATION {
            self.pixels.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = saturate(*pixel, percent));
        }
    }
}

#[cfg(test)]
mod tests;
