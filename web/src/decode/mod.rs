//! From the bytes of a picture file to its pixels, upright and otherwise as the file has them: no canvas is read, whose pixels a
//! browser may convert or falsify. What cannot be kept is said. Formats that are not here are the browser's business.

mod colours;
mod samples;

use image::{ImageDecoder, ImageFormat};
use infill_picture_file::{Bounds, Fault, exif, open, profile, quality};

pub use samples::Samples;

use crate::message::{FileKind, LARGEST, Note, Undecoded};

/// How large a side may be is the canvas's business, which is tried.
const BOUNDS: Bounds = Bounds { pixels: LARGEST, side: usize::MAX };

/// A picture that was decoded.
#[derive(Debug)]
pub struct Decoded {
    /// Its samples, upright, in the file's own depth and channels.
    pub samples: Samples,
    /// What is not as in the file.
    pub notes: Vec<Note>,
    /// Its ICC profile; empty where there is none that fits RGB samples.
    pub profile: Vec<u8>,
    /// The chunks of a PNG file that say how its colours are meant, but for the profile.
    pub chunks: Vec<u8>,
    /// EXIF, as the file has it; empty where there is none.
    pub exif: Vec<u8>,
    /// The kind of the file.
    pub kind: FileKind,
}

/// Decodes a PNG, JPEG or WebP file.
///
/// # Errors
/// Another format, more than [`LARGEST`] pixels, or damage.
pub fn decode(bytes: &[u8]) -> Result<Decoded, Undecoded> {
    let opened = open(bytes, BOUNDS).map_err(undecoded)?;
    let (size, colour) = (opened.decoder.dimensions(), opened.decoder.color_type());
    let chunks = if opened.format == ImageFormat::Png { colours::chunks(bytes) } else { Vec::new() };
    let profile = opened.profile.unwrap_or_default();
    let fits = profile::samples(&profile) == b"RGB ";
    let unusual = if fits { !profile::is_srgb(&profile) } else { colours::are_unusual(&chunks) };
    let notes = [
        (opened.animated, Note::Animation),
        (opened.inks, Note::Inks),
        (colour.bytes_per_pixel() > colour.channel_count(), Note::Deep),
        (unusual, Note::Profile),
        (!fits && !profile.is_empty(), Note::StrayProfile),
        (opened.xmp.is_some() || opened.captions, Note::Metadata),
    ];
    let notes = notes.into_iter().filter(|(applies, _)| *applies).map(|(_, note)| note).chain(quality(bytes).map(Note::Jpeg)).collect();
    let mut values = vec![0; opened.decoder.total_bytes() as usize];
    opened.decoder.read_image(&mut values).map_err(|error| undecoded(error.into()))?;
    let exif = opened.exif.unwrap_or_default();
    let turned = exif::orientation(&exif);
    let kind = match opened.format {
        ImageFormat::Jpeg => FileKind::Jpeg,
        ImageFormat::WebP => FileKind::WebP,
        _ => FileKind::Png,
    };
    let samples = Samples::new(values, (size.0 as usize, size.1 as usize), colour, turned);
    Ok(Decoded { samples, notes, profile: if fits { profile } else { Vec::new() }, chunks, exif, kind })
}

fn undecoded(fault: Fault) -> Undecoded {
    match fault {
        // Arithmetic coding, 12 bits and the like: a browser may know more.
        Fault::Empty | Fault::Format(_) | Fault::NoPicture | Fault::Unsupported(_) => Undecoded::Unknown,
        Fault::TooLarge { width, height, .. } => Undecoded::TooLarge { width: width as usize, height: height as usize },
        Fault::Cut => Undecoded::Damaged { detail: "its end is missing".to_owned() },
        Fault::Damaged(error) => Undecoded::Damaged { detail: error.to_string() },
    }
}

/// Puts chunks into a PNG file where they belong: before all that they speak of.
pub fn with_chunks(png: Vec<u8>, chunks: &[u8]) -> Vec<u8> {
    colours::insert(png, chunks)
}

#[cfg(test)]
mod tests;
