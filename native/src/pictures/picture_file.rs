//! One picture file in and out: upright, with its colour profile, its depth and its transparency.
//! What is done to the picture is `infill::edit`'s business; data sets have their own reader.

use std::{io::Cursor, path::Path};

use anyhow::{Context, Result};
use image::{
    DynamicImage, ExtendedColorType, ImageBuffer, ImageDecoder, ImageEncoder, ImageReader, Limits, Pixel,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};
use infill::{mask::Mask, picture::Picture};

use crate::{exit::input, files};

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
    decode(&bytes).with_context(|| format!("{} is not a whole png, jpeg or webp picture", path.display())).map_err(input)
}

fn decode(bytes: &[u8]) -> Result<PictureFile> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_LIMIT);
    reader.limits(limits);
    let jpeg = reader.format() == Some(image::ImageFormat::Jpeg);
    // The decoder fills what is missing with grey; the end marker tells whether something is.
    if jpeg && !bytes.windows(2).rev().take(65_536).any(|pair| pair == [0xFF, 0xD9]) {
        anyhow::bail!("its end is missing");
    }
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let profile = decoder.icc_profile()?;
    let mut original = DynamicImage::from_decoder(decoder)?;
    original.apply_orientation(orientation);
    Ok(PictureFile { original, profile })
}

impl PictureFile {
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

    /// This picture with `result` where `changed` says so, in the file's own depth and channels.
    ///
    /// `offset` is where this picture's left upper corner lies on the result; what is beyond it is new
    /// and opaque. Samples that are not changed are the file's, to the bit.
    pub fn with_result(self, result: &Picture, offset: (usize, usize), changed: impl Fn(usize, usize) -> bool) -> DynamicImage {
        match self.original {
            DynamicImage::ImageLuma8(buffer) => merge(&buffer, result, offset, changed, |value| value).into(),
            DynamicImage::ImageLumaA8(buffer) => merge(&buffer, result, offset, changed, |value| value).into(),
            DynamicImage::ImageRgba8(buffer) => merge(&buffer, result, offset, changed, |value| value).into(),
            DynamicImage::ImageLuma16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            DynamicImage::ImageLumaA16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            DynamicImage::ImageRgb16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            DynamicImage::ImageRgba16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            other => merge(&other.into_rgb8(), result, offset, changed, |value| value).into(),
        }
    }

    /// The same picture in colour, for a grey one that is to get colours.
    pub fn into_colour(self) -> Self {
        let original = match self.original {
            DynamicImage::ImageLuma8(_) => self.original.into_rgb8().into(),
            DynamicImage::ImageLumaA8(_) => self.original.into_rgba8().into(),
            DynamicImage::ImageLuma16(_) => self.original.into_rgb16().into(),
            DynamicImage::ImageLumaA16(_) => self.original.into_rgba16().into(),
            coloured => coloured,
        };
        // A grey profile does not fit coloured samples.
        let profile = self.profile.filter(|profile| profile.get(16..20) != Some(b"GRAY"));
        Self { original, profile }
    }
}

fn widen(value: u8) -> u16 {
    u16::from(value) * 257
}

fn merge<P>(
    original: &ImageBuffer<P, Vec<P::Subpixel>>,
    result: &Picture,
    (left, top): (usize, usize),
    changed: impl Fn(usize, usize) -> bool,
    depth: fn(u8) -> P::Subpixel,
) -> ImageBuffer<P, Vec<P::Subpixel>>
where
    P: Pixel,
{
    let colours = if P::HAS_ALPHA { P::CHANNEL_COUNT - 1 } else { P::CHANNEL_COUNT } as usize;
    ImageBuffer::from_fn(result.width() as u32, result.height() as u32, |x, y| {
        let (column, row) = (x as usize, y as usize);
        let known = column
            .checked_sub(left)
            .zip(row.checked_sub(top))
            .filter(|(x, y)| *x < original.width() as usize && *y < original.height() as usize)
            .map(|(x, y)| *original.get_pixel(x as u32, y as u32));
        match known {
            Some(pixel) if !changed(column, row) => pixel,
            known => {
                let colour = result.get(column, row);
                let mut samples = [depth(255); 4];
                match colours {
                    1 => samples[0] = depth(infill::picture::luma(colour).round() as u8),
                    _ => samples[..3].copy_from_slice(&colour.map(depth)),
                }
                if let (Some(pixel), true) = (known, P::HAS_ALPHA) {
                    samples[colours] = pixel.channels()[colours];
                }
                *P::from_slice(&samples[..P::CHANNEL_COUNT as usize])
            }
        }
    })
}

/// How an output file is written, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Lossless, any depth.
    Png,
    /// Lossy, 8 bits, no transparency.
    Jpeg,
    /// Lossless, 8 bits.
    WebP,
}

impl OutputFormat {
    /// The format of a file name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }
}

/// Writes a picture, whole or not at all.
///
/// # Errors
/// When it cannot be encoded or written.
pub fn write(path: &Path, picture: DynamicImage, profile: Option<Vec<u8>>, quality: u8) -> Result<()> {
    let mut bytes = Vec::new();
    let format =
        OutputFormat::of(path).with_context(|| format!("{} does not end in .png, .jpg or .webp", path.display())).map_err(input)?;
    let failed = || format!("cannot encode {}", path.display());
    match format {
        OutputFormat::Png => encode(PngEncoder::new(&mut bytes), &picture, profile).with_context(failed)?,
        OutputFormat::Jpeg => {
            let picture = match picture.color().has_color() {
                true => DynamicImage::from(picture.into_rgb8()),
                false => DynamicImage::from(picture.into_luma8()),
            };
            encode(JpegEncoder::new_with_quality(&mut bytes, quality), &picture, profile).with_context(failed)?;
        }
        OutputFormat::WebP => {
            let picture = match picture.color().has_alpha() {
                true => DynamicImage::from(picture.into_rgba8()),
                false => DynamicImage::from(picture.into_rgb8()),
            };
            encode(WebPEncoder::new_lossless(&mut bytes), &picture, profile).with_context(failed)?;
        }
    }
    files::write_atomically(path, &bytes)
}

fn encode(mut encoder: impl ImageEncoder, picture: &DynamicImage, profile: Option<Vec<u8>>) -> Result<()> {
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile)?;
    }
    let colour: ExtendedColorType = picture.color().into();
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), colour)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Luma, Rgba};

    #[test]
    fn unchanged_samples_keep_all_their_bits_and_transparency_stays() {
        let original = ImageBuffer::from_fn(3, 2, |x, y| Rgba([1000 * x as u16 + 7, 2, 3 + y as u16, 40_000]));
        let file = PictureFile { original: original.clone().into(), profile: None };
        let result = Picture::filled(3, 2, [9, 8, 7]);
        let merged = file.with_result(&result, (0, 0), |x, _| x == 1).into_rgba16();
        for (x, y, pixel) in merged.enumerate_pixels() {
            let expected = if x == 1 { Rgba([9 * 257, 8 * 257, 7 * 257, 40_000]) } else { *original.get_pixel(x, y) };
            assert_eq!(*pixel, expected, "at {x}, {y}");
        }
    }

    #[test]
    fn new_parts_are_opaque_and_grey_stays_grey() {
        let original = ImageBuffer::from_pixel(2, 2, image::LumaA([5u8, 60]));
        let file = PictureFile { original: original.into(), profile: None };
        let merged = file.with_result(&Picture::filled(4, 2, [90, 90, 90]), (1, 0), |_, _| false).into_luma_alpha8();
        assert_eq!(merged.get_pixel(0, 0).0, [90, 255]);
        assert_eq!(merged.get_pixel(1, 1).0, [5, 60]);
        assert_eq!(merged.get_pixel(3, 1).0, [90, 255]);
    }

    #[test]
    fn masks_are_white_where_to_fill_and_not_where_transparent() {
        let painted = ImageBuffer::from_fn(2, 1, |x, _| image::LumaA([255u8, 255 * x as u8]));
        let mask = PictureFile { original: painted.into(), profile: None }.mask().unwrap();
        assert_eq!(mask.values(), [0, 255]);
        let grey = PictureFile { original: ImageBuffer::from_pixel(1, 1, Luma([255u16 * 257])).into(), profile: None };
        assert!(grey.mask().unwrap().is_full());
    }
}
