//! EXIF as far as it says how a picture is turned, and what it is to say of a result.

mod result;

use image::metadata::Orientation;

pub use result::of_result;

/// What stands before EXIF in JPEG, and by mistake in some WebP and PNG files.
const PREFIX: &[u8] = b"Exif\0\0";

/// EXIF without what some programs write before it.
pub fn without_prefix(exif: Vec<u8>) -> Vec<u8> {
    match exif.strip_prefix(PREFIX) {
        Some(rest) => rest.to_vec(),
        None => exif,
    }
}

/// How a picture with this EXIF, which begins with the TIFF header, is to be turned.
pub fn orientation(exif: &[u8]) -> Orientation {
    Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms)
}
