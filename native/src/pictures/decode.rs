//! Bytes of a png, jpeg or webp file → an upright 8-bit RGB picture. What an editor must keep (alpha,
//! 16 bits, profile) is not kept here.

use std::io::Cursor;

use anyhow::Context;
use image::{DynamicImage, ImageDecoder, ImageReader};
use infill::picture::Picture;

/// Decodes a picture: orientation applied, 16 bits reduced to 8, grey repeated, transparency laid
/// over white. A colour profile is not applied: sRGB is assumed.
///
/// # Errors
/// The bytes are no picture, or not the whole of one.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Picture> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut decoder = reader.into_decoder().context("it is not a png, jpeg or webp picture")?;
    // A picture with unreadable metadata is still a picture.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut decoded = DynamicImage::from_decoder(decoder).context("it is damaged or cut short")?;
    decoded.apply_orientation(orientation);
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let pixels = if decoded.color().has_alpha() { over_white(&decoded) } else { decoded.into_rgb8().into_raw() };
    Picture::new(width, height, pixels).context("it has no pixels")
}

fn over_white(picture: &DynamicImage) -> Vec<u8> {
    let blend = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u32::from(colour), u32::from(alpha));
        ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let rgba = picture.to_rgba8();
    rgba.pixels().flat_map(|pixel| [0, 1, 2].map(|channel| blend(pixel[channel], pixel[3]))).collect()
}
