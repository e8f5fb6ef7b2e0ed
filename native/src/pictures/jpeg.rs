//! The JPEG round trip that makes training and evaluation pairs for restoration.

use anyhow::Context;
use infill::picture::Picture;
use infill::task::{Chroma, Jpeg};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::picture_file::PictureFile;

/// The picture as a JPEG keeps it.
///
/// # Errors
/// A picture larger than JPEG allows (65,535 px a side).
pub fn round_trip(picture: &Picture, Jpeg { quality, chroma }: Jpeg) -> anyhow::Result<Picture> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(match chroma {
        Chroma::Full => SamplingFactor::F_1_1,
        Chroma::Halved => SamplingFactor::F_2_2,
    });
    let size = || format!("JPEG of {}×{}", picture.width(), picture.height());
    let (width, height) = (u16::try_from(picture.width()).with_context(size)?, u16::try_from(picture.height()).with_context(size)?);
    encoder.encode(picture.pixels(), width, height, ColorType::Rgb).with_context(size)?;
    PictureFile::decode(&bytes)?.over_white()
}
