//! From the bytes of a picture file to its pixels, upright and otherwise as the file has them: no canvas is read, whose pixels a
//! browser may convert or falsify. What cannot be kept is said. Formats that are not here are the browser's business.

mod colours;
mod jpeg;
mod samples;

use std::io::Cursor;

use image::{
    ImageDecoder, ImageError, ImageFormat, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

pub use samples::Samples;

use crate::message::{LARGEST, Note, Undecoded};

/// Bytes that a decoder may take beside the picture, such as for profiles that unpack to more than they are.
const ASIDE: u64 = 64 << 20;

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
}

/// Decodes a PNG, JPEG or WebP file.
///
/// # Errors
/// Another format, more than [`LARGEST`] pixels, or damage.
pub fn decode(bytes: &[u8]) -> Result<Decoded, Undecoded> {
    let mut limits = Limits::default();
    // Four channels of 16 bits.
    limits.max_alloc = Some(8 * LARGEST as u64 + ASIDE);
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => {
            // Where memory has 32 bits the decoder says of the largest only that it has not enough of it.
            check_size(colours::size(bytes).ok_or_else(cut)?)?;
            let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(undecoded)?;
            let animated = decoder.is_apng().unwrap_or(false);
            let mut decoded = finish(decoder, animated.then_some(Note::Animation))?;
            decoded.chunks = colours::chunks(bytes);
            if decoded.profile.is_empty() && colours::are_unusual(&decoded.chunks) {
                decoded.notes.push(Note::Profile);
            }
            Ok(decoded)
        }
        Ok(ImageFormat::Jpeg) => {
            // The decoder fills what is missing with grey.
            if !jpeg::is_whole(bytes) {
                return Err(cut());
            }
            let inks = jpeg::components(bytes) == Some(4);
            finish(JpegDecoder::new(Cursor::new(bytes)).map_err(undecoded)?, inks.then_some(Note::Inks))
        }
        Ok(ImageFormat::WebP) => {
            // The decoder does not miss what says how the picture is turned, which may come last.
            if !is_whole_webp(bytes) {
                return Err(cut());
            }
            let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(undecoded)?;
            let animated = decoder.has_animation();
            finish(decoder, animated.then_some(Note::Animation))
        }
        _ => Err(Undecoded::Unknown),
    }
}

fn finish(mut decoder: impl ImageDecoder, note: Option<Note>) -> Result<Decoded, Undecoded> {
    let (width, height) = (decoder.dimensions().0 as usize, decoder.dimensions().1 as usize);
    check_size((width, height))?;
    // A picture with unreadable metadata is still a picture.
    let exif = decoder.exif_metadata().unwrap_or_default();
    let more = decoder.xmp_metadata().unwrap_or_default().is_some() || decoder.iptc_metadata().unwrap_or_default().is_some();
    let profile = decoder.icc_profile().unwrap_or_default().unwrap_or_default();
    let fits = colours::fits_rgb(&profile);
    let colour = decoder.color_type();
    let mut notes: Vec<Note> = note.into_iter().collect();
    let more_notes = [
        (colour.bytes_per_pixel() > colour.channel_count(), Note::Deep),
        (fits && !colours::is_srgb(&profile), Note::Profile),
        (!fits && !profile.is_empty(), Note::StrayProfile),
        (exif.is_some() || more, Note::Metadata),
    ];
    notes.extend(more_notes.into_iter().filter(|(applies, _)| *applies).map(|(_, note)| note));
    let mut values = vec![0; usize::from(colour.bytes_per_pixel()) * width * height];
    decoder.read_image(&mut values).map_err(undecoded)?;
    let turned = exif.as_deref().and_then(orientation).unwrap_or(Orientation::NoTransforms);
    let samples = Samples::new(values, (width, height), colour, turned);
    Ok(Decoded { samples, notes, profile: if fits { profile } else { Vec::new() }, chunks: Vec::new() })
}

fn check_size((width, height): (usize, usize)) -> Result<(), Undecoded> {
    if width.saturating_mul(height) > LARGEST { Err(Undecoded::TooLarge { width, height }) } else { Ok(()) }
}

/// How a picture is to be turned. Some programs leave the head of the JPEG segment before the data.
fn orientation(exif: &[u8]) -> Option<Orientation> {
    Orientation::from_exif_chunk(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
}

/// Whether a WebP file is as long as its head says, but for the padding at its end.
fn is_whole_webp(bytes: &[u8]) -> bool {
    let said = bytes.get(4..8).and_then(|length| length.try_into().ok()).map_or(0, u32::from_le_bytes);
    bytes.len() as u64 + 1 >= u64::from(said) + 8
}

fn cut() -> Undecoded {
    Undecoded::Damaged { detail: "its end is missing".to_owned() }
}

fn undecoded(error: ImageError) -> Undecoded {
    match error {
        // Arithmetic coding, 12 bits and the like: a browser may know more.
        ImageError::Unsupported(_) => Undecoded::Unknown,
        error => Undecoded::Damaged { detail: error.to_string() },
    }
}

/// Puts chunks into a PNG file where they belong: before all that they speak of.
pub fn with_chunks(png: Vec<u8>, chunks: &[u8]) -> Vec<u8> {
    colours::insert(png, chunks)
}

#[cfg(test)]
mod tests;
