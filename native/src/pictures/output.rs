//! Pictures into files, whole or not at all, with their colour profile.

use std::path::Path;

use anyhow::{Context, Result};
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};

use crate::{exit::input, files};

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
