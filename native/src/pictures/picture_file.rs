//! One picture file, turned upright, with its colour profile, its depth and its transparency. Data sets and single pictures are
//! decoded here alike; what is done to a picture is `infill::edit`'s business.

use std::{io::Cursor, path::Path};

use anyhow::{Context, Result, bail};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, metadata::Orientation};
use infill::{mask::Mask, picture::Picture};

use crate::exit::input;

/// A picture of 100 MP with 16 bits and transparency needs 800 MB.
const DECODED_LIMIT: u64 = 1 << 30;

/// A picture as the file has it, turned upright.
pub struct PictureFile {
    /// Samples in the file's own depth and channels.
    pub original: DynamicImage,
    /// The file's ICC profile. Samples are never converted; the profile goes with them.
    pub profile: Option<Vec<u8>>,
}

/// Reads a picture.
///
/// # Errors
/// A file that is missing, no picture, or cut short.
pub fn read(path: &Path) -> Result<PictureFile> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
    PictureFile::decode(&bytes).with_context(|| format!("{} is not a whole picture", path.display())).map_err(input)
}

impl PictureFile {
    /// Decodes the bytes of a file.
    ///
    /// # Errors
    /// The bytes are no picture, not the whole of one, or one that needs more than a gigabyte.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        let mut limits = Limits::default();
        limits.max_alloc = Some(DECODED_LIMIT);
        reader.limits(limits);
        let jpeg = reader.format() == Some(ImageFormat::Jpeg);
        // The decoder fills what is missing with grey; the end marker tells whether something is.
        if jpeg && !bytes.windows(2).rev().take(65_536).any(|pair| pair == [0xFF, 0xD9]) {
            bail!("its end is missing");
        }
        let mut decoder = reader.into_decoder().context("it is not a png, jpeg or webp picture")?;
        // A picture with unreadable metadata is still a picture.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let profile = decoder.icc_profile().unwrap_or_default();
        let mut original = DynamicImage::from_decoder(decoder).context("it is damaged or cut short")?;
        original.apply_orientation(orientation);
        Ok(Self { original, profile })
    }

    /// The colours as the net's pipeline takes them: 8-bit RGB, without transparency.
    pub fn picture(&self) -> Result<Picture> {
        let colours = self.original.to_rgb8();
        let (width, height) = (colours.width() as usize, colours.height() as usize);
        Picture::new(width, height, colours.into_raw()).map_err(input)
    }

    /// The mask that a picture paints: white is to be filled, black and transparent is kept.
    pub fn mask(&self) -> Result<Mask> {
        let (width, height) = (self.original.width() as usize, self.original.height() as usize);
        let values = self.original.to_luma_alpha8().pixels().map(|pixel| (u16::from(pixel[0]) * u16::from(pixel[1]) / 255) as u8).collect();
        Mask::new(width, height, values).map_err(input)
    }

    /// The colours as data sets take them: 8-bit RGB, grey repeated, transparency laid over white. A colour profile is not
    /// applied: sRGB is assumed.
    ///
    /// # Errors
    /// It has no pixels.
    pub fn over_white(self) -> Result<Picture> {
        let (width, height) = (self.original.width() as usize, self.original.height() as usize);
        let opaque = !self.original.color().has_alpha();
        let pixels = if opaque { self.original.into_rgb8().into_raw() } else { over_white(&self.original) };
        Picture::new(width, height, pixels).context("it has no pixels")
    }
}

fn over_white(picture: &DynamicImage) -> Vec<u8> {
    let blend = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u32::from(colour), u32::from(alpha));
        ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let rgba = picture.to_rgba8();
    rgba.pixels().flat_map(|pixel| [0, 1, 2].map(|channel| blend(pixel[channel], pixel[3]))).collect()
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma};

    use super::*;

    #[test]
    fn masks_are_white_where_to_fill_and_not_where_transparent() {
        let painted = ImageBuffer::from_fn(2, 1, |x, _| image::LumaA([255u8, 255 * x as u8]));
        let mask = PictureFile { original: painted.into(), profile: None }.mask().unwrap();
        assert_eq!(mask.values(), [0, 255]);
        let grey = PictureFile { original: ImageBuffer::from_pixel(1, 1, Luma([255u16 * 257])).into(), profile: None };
        assert!(grey.mask().unwrap().is_full());
    }
}
