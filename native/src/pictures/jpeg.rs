//! The JPEG round trip that makes training and evaluation pairs for restoration.

use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use infill::picture::Picture;

use super::picture_file::PictureFile;

/// The picture as JPEG of `quality` (1–100) keeps it. Chroma has full resolution, as `image` encodes.
///
/// # Errors
/// A picture larger than JPEG allows (65,535 px a side).
pub fn round_trip(picture: &Picture, quality: u8) -> anyhow::Result<Picture> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .write_image(picture.pixels(), u32::try_from(picture.width())?, u32::try_from(picture.height())?, ExtendedColorType::Rgb8)
        .with_context(|| format!("JPEG of {}×{}", picture.width(), picture.height()))?;
    PictureFile::decode(&bytes)?.over_white()
}
