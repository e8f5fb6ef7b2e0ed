//! From a file's bytes to a decoder that has not begun. Size and kind are taken from the header and checked before anything is
//! allocated. Whether a file is whole is asked of the file and not of a decoder, which fills up what is missing.

use std::io::Cursor;

use image::{
    ImageFormat, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
};

use crate::{
    Bounds, Decoder, Fault, exif, jpeg,
    opened::{Opened, check_size, words},
    png, webp,
};
#[cfg(feature = "more")]
use crate::{more, tiff};

/// What a decoder of PNG may allocate beside the samples: a profile or a text that unpacks to more is refused.
const BESIDE_BYTES: u64 = 64 << 20;

/// Opens a picture file of a format that is read.
///
/// # Errors
/// Bytes that are none of these, not the whole of one, or one beyond `bounds`. Decoders of other people's files have been seen
/// to panic, which is not caught here.
pub fn open(bytes: &[u8], bounds: Bounds) -> Result<Opened<'_>, Fault> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => open_png(bytes, bounds),
        Ok(ImageFormat::Jpeg) => {
            let mut components = None;
            jpeg::walk(bytes, &mut |marker, content| components = components.or(jpeg::components(marker, content)))?;
            let mut decoder = JpegDecoder::new(Cursor::new(bytes))?;
            let words = words(&mut decoder, bounds)?;
            Ok(words.with(Decoder::Jpeg(Box::new(decoder)), ImageFormat::Jpeg, false, components == Some(4)))
        }
        Ok(ImageFormat::WebP) => {
            webp::check_whole(bytes)?;
            let mut decoder = WebPDecoder::new(Cursor::new(bytes))?;
            let (words, animated) = (words(&mut decoder, bounds)?, decoder.has_animation());
            Ok(words.with(Decoder::WebP(Box::new(decoder)), ImageFormat::WebP, animated, false))
        }
        #[cfg(feature = "more")]
        Ok(ImageFormat::Bmp) => more::open_bmp(bytes, bounds),
        #[cfg(feature = "more")]
        Ok(ImageFormat::Gif) => more::open_gif(bytes, bounds),
        #[cfg(feature = "more")]
        Ok(ImageFormat::Tiff) => tiff::open(bytes, bounds),
        Ok(other) => Err(Fault::Format(other.extensions_str()[0])),
        Err(_) if bytes.is_empty() => Err(Fault::Empty),
        Err(_) => Err(known(bytes).map_or(Fault::NoPicture, Fault::Format)),
    }
}

/// Formats that are met and not read, by their first bytes.
fn known(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 6] = [
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"8BPS", "Photoshop"),
        (b"%PDF", "PDF"),
        (b"<svg", "SVG"),
    ];
    match (bytes.get(4..8), bytes.get(8..12)) {
        (Some(b"ftyp"), Some(b"avif" | b"avis")) => Some("AVIF"),
        (Some(b"ftyp"), Some(b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1")) => Some("HEIC"),
        (Some(b"ftyp"), _) => Some("HEIC, AVIF or video"),
        _ => BEGINNINGS.into_iter().find(|(beginning, _)| bytes.starts_with(beginning)).map(|(_, name)| name),
    }
}

fn open_png(bytes: &[u8], bounds: Bounds) -> Result<Opened<'_>, Fault> {
    // The decoder takes memory for a row before it tells the size.
    check_size(png::size(bytes).ok_or(Fault::Cut)?, bounds)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(BESIDE_BYTES);
    let mut decoder = PngDecoder::with_limits(Cursor::new(bytes), limits)?;
    let (mut words, animated) = (words(&mut decoder, bounds)?, decoder.is_apng().unwrap_or(false));
    // What stands behind the pixels is not seen by the decoder.
    for chunk in png::chunks(bytes) {
        match &chunk.name {
            b"eXIf" if words.exif.is_none() => words.exif = Some(exif::without_prefix(chunk.content.to_vec())),
            b"iTXt" if words.xmp.is_none() => words.xmp = png::text(chunk.content, png::XMP_KEYWORD).map(<[u8]>::to_vec),
            _ => {}
        }
    }
    Ok(words.with(Decoder::Png(Box::new(decoder)), ImageFormat::Png, animated, false))
}
