//! One picture file, turned upright, with what it says about itself, its depth and its transparency. What is done to a picture
//! is `infill::edit`'s business.

use std::path::Path;

use anyhow::{Context, Result};
use image::DynamicImage;
use infill::{
    mask::{self, Mask, MaskReading},
    picture::Picture,
};

use super::{metadata::Metadata, transparent::over_white};
use crate::{exit::input, files};

/// The name of the standard input and output in the place of a file's.
pub const STANDARD: &str = "-";

/// No picture that can be handled has a larger file.
pub const MOST_BYTES: u64 = 1 << 30;

/// A picture as the file has it, turned upright.
pub struct PictureFile {
    /// Samples in the file's own depth and channels.
    pub original: DynamicImage,
    /// What the file says about itself.
    pub metadata: Metadata,
    /// What whoever gave the file should know.
    pub notes: Vec<String>,
    /// About the quality that it was written with, 1 to 100, if it is a JPEG.
    pub quality: Option<u8>,
}

/// Reads a picture.
///
/// # Errors
/// A file that is missing, no picture, too large, or cut short.
pub fn read(path: &Path) -> Result<PictureFile> {
    read_bytes(path).and_then(|bytes| decode(path, &bytes))
}

/// The bytes of a picture's file; `-` is the standard input.
///
/// # Errors
/// A file that is missing or too large.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    if path == Path::new(STANDARD) {
        return files::take_at_most(std::io::stdin().lock(), "the standard input", MOST_BYTES);
    }
    files::read_at_most(path, MOST_BYTES)
}

/// A picture from its file's bytes.
///
/// # Errors
/// Bytes that are no picture, too large, or cut short.
pub fn decode(path: &Path, bytes: &[u8]) -> Result<PictureFile> {
    PictureFile::decode(bytes).with_context(|| format!("{} cannot be used", path.display())).map_err(input)
}

/// Reads a mask, and warns where it may be meant otherwise.
///
/// # Errors
/// As [`read`], or a picture of which it is not clear what is to be filled.
pub fn read_mask(path: &Path) -> Result<Mask> {
    let file = read(path)?;
    let reading = file.mask().with_context(|| format!("{} cannot be used as a mask", path.display())).map_err(input)?;
    file.say_notes(path);
    if let Some(doubt) = reading.doubt {
        tracing::warn!("{}: {doubt}", path.display());
    }
    Ok(reading.mask)
}

impl PictureFile {
    /// Warns of what whoever gave the file should know.
    pub fn say_notes(&self, path: &Path) {
        for note in &self.notes {
            tracing::warn!("{}: {note}", path.display());
        }
    }

    /// The colours as the net's pipeline takes them: 8-bit RGB, without transparency. What is wholly transparent has the colour of
    /// what is visible nearby.
    pub fn picture(&self) -> Result<Picture> {
        let (width, height) = (self.original.width() as usize, self.original.height() as usize);
        let mut picture = Picture::new(width, height, self.original.to_rgb8().into_raw()).map_err(input)?;
        if self.original.color().has_alpha() {
            let opacity: Vec<u8> = self.original.to_luma_alpha8().pixels().map(|pixel| pixel[1]).collect();
            picture.cover_hidden(&opacity);
        }
        Ok(picture)
    }

    /// The mask that a picture paints ([`mask::read`]).
    ///
    /// # Errors
    /// It is not clear what is to be filled.
    pub fn mask(&self) -> Result<MaskReading> {
        let (width, height) = (self.original.width() as usize, self.original.height() as usize);
        let (bytes, words) = (u16::from(u8::MAX), u16::MAX);
        let reading = match &self.original {
            DynamicImage::ImageLuma8(buffer) => mask::read(width, height, bytes, pixels(buffer.as_raw(), 1, bytes)),
            DynamicImage::ImageLumaA8(buffer) => mask::read(width, height, bytes, pixels(buffer.as_raw(), 2, bytes)),
            DynamicImage::ImageRgb8(buffer) => mask::read(width, height, bytes, pixels(buffer.as_raw(), 3, bytes)),
            DynamicImage::ImageRgba8(buffer) => mask::read(width, height, bytes, pixels(buffer.as_raw(), 4, bytes)),
            DynamicImage::ImageLuma16(buffer) => mask::read(width, height, words, pixels(buffer.as_raw(), 1, words)),
            DynamicImage::ImageLumaA16(buffer) => mask::read(width, height, words, pixels(buffer.as_raw(), 2, words)),
            DynamicImage::ImageRgb16(buffer) => mask::read(width, height, words, pixels(buffer.as_raw(), 3, words)),
            other => mask::read(width, height, words, pixels(other.to_rgba16().as_raw(), 4, words)),
        };
        Ok(reading?)
    }

    /// The colours as data sets take them: 8-bit RGB, grey repeated, transparency laid over white. A colour profile is not
    /// applied: sRGB is assumed.
    ///
    /// # Errors
    /// It has no pixels.
    pub fn over_white(self) -> Result<Picture> {
        let (width, height) = (self.original.width() as usize, self.original.height() as usize);
        let opaque = !self.original.color().has_alpha();
        let pixels = if opaque { self.original.into_rgb8() } else { over_white(&self.original) };
        Picture::new(width, height, pixels.into_raw()).context("it has no pixels")
    }
}

/// Red, green, blue and alpha of every pixel, from so many channels.
fn pixels<T: Copy + Into<u16>>(samples: &[T], channels: usize, most: u16) -> impl Iterator<Item = [u16; 4]> + Clone {
    samples.chunks_exact(channels).map(move |pixel| match *pixel {
        [grey] => [grey.into(), grey.into(), grey.into(), most],
        [grey, alpha] => [grey.into(), grey.into(), grey.into(), alpha.into()],
        [red, green, blue] => [red.into(), green.into(), blue.into(), most],
        [red, green, blue, alpha] => [red.into(), green.into(), blue.into(), alpha.into()],
        _ => [0; 4],
    })
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma, LumaA, Rgba};

    use super::*;

    fn file(original: impl Into<DynamicImage>) -> PictureFile {
        PictureFile { original: original.into(), metadata: Metadata::default(), notes: Vec::new(), quality: None }
    }

    #[test]
    fn masks_are_white_where_to_fill_and_not_where_transparent() {
        let painted = ImageBuffer::from_fn(2, 1, |x, _| LumaA([255u8, 255 * x as u8]));
        assert_eq!(file(painted).mask().unwrap().mask.values(), [0, 255]);
        let deep = ImageBuffer::from_fn(4, 1, |x, _| Luma([[0u16, 3000, 62_000, 65_535][x as usize]]));
        assert_eq!(file(deep).mask().unwrap().mask.values(), [0, 0, 255, 255]);
        assert!(file(ImageBuffer::from_pixel(1, 1, Luma([255u16 * 257]))).mask().unwrap().mask.is_full());
        assert!(file(ImageBuffer::from_pixel(3, 1, Luma([1u8]))).mask().unwrap_err().to_string().contains("1 of 255"));
    }

    #[test]
    fn what_is_transparent_lends_no_colour() {
        let half = ImageBuffer::from_fn(6, 1, |x, _| if x < 3 { Rgba([10u8, 20, 30, 9]) } else { Rgba([250, 0, 250, 0]) });
        assert_eq!(file(half).picture().unwrap().pixels(), [10, 20, 30].repeat(6));
    }
}
