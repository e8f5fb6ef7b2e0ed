//! From a file's bytes to a decoder that has not begun. Size and kind are taken from the header and checked before anything is
//! allocated. Whether a file is whole is asked of the file and not of a decoder, which fills up what is missing.

use std::io::Cursor;

use image::{
    ImageDecoder, ImageFormat, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
};

use crate::{Bounds, Fault, exif, jpeg, png, webp};

/// What a decoder of PNG may allocate beside the samples: a profile or a text that unpacks to more is refused.
const BESIDE_BYTES: u64 = 64 << 20;

/// A picture file that can be decoded.
pub struct Opened<'a> {
    /// Gives the samples as they are stored.
    pub decoder: Box<dyn ImageDecoder + 'a>,
    /// PNG, JPEG or WebP.
    pub format: ImageFormat,
    /// Whether more pictures follow the first.
    pub animated: bool,
    /// Whether four inks become three colours.
    pub inks: bool,
    /// The ICC profile, whatever samples it is for.
    pub profile: Option<Vec<u8>>,
    /// EXIF, from the TIFF header on.
    pub exif: Option<Vec<u8>>,
    /// XMP, as text.
    pub xmp: Option<Vec<u8>>,
    /// Whether there are captions (IPTC).
    pub captions: bool,
}

/// Opens a PNG, JPEG or WebP file.
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
            let opened = begin(Box::new(JpegDecoder::new(Cursor::new(bytes))?), ImageFormat::Jpeg, bounds)?;
            Ok(Opened { inks: components == Some(4), ..opened })
        }
        Ok(ImageFormat::WebP) => {
            webp::check_whole(bytes)?;
            let decoder = WebPDecoder::new(Cursor::new(bytes))?;
            let animated = decoder.has_animation();
            Ok(Opened { animated, ..begin(Box::new(decoder), ImageFormat::WebP, bounds)? })
        }
        Ok(other) => Err(Fault::Format(other.extensions_str()[0])),
        Err(_) if bytes.get(4..8) == Some(b"ftyp") => Err(Fault::Format("HEIC, AVIF or video")),
        Err(_) if bytes.is_empty() => Err(Fault::Empty),
        Err(_) => Err(Fault::NoPicture),
    }
}

fn open_png(bytes: &[u8], bounds: Bounds) -> Result<Opened<'_>, Fault> {
    // The decoder takes memory for a row before it tells the size.
    check_size(png::size(bytes).ok_or(Fault::Cut)?, bounds)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(BESIDE_BYTES);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits)?;
    let animated = decoder.is_apng().unwrap_or(false);
    let mut opened = begin(Box::new(decoder), ImageFormat::Png, bounds)?;
    // What stands behind the pixels is not seen by the decoder.
    let find = |name: &[u8; 4], found: &dyn Fn(&[u8]) -> Option<Vec<u8>>| {
        png::chunks(bytes).filter(|chunk| chunk.name == *name).find_map(|chunk| found(chunk.content))
    };
    opened.exif = opened.exif.or_else(|| find(b"eXIf", &|content| Some(exif::without_prefix(content.to_vec()))));
    opened.xmp = opened.xmp.or_else(|| find(b"iTXt", &|content| png::text(content, png::XMP_KEYWORD).map(<[u8]>::to_vec)));
    Ok(Opened { animated, ..opened })
}

fn begin<'a>(mut decoder: Box<dyn ImageDecoder + 'a>, format: ImageFormat, bounds: Bounds) -> Result<Opened<'a>, Fault> {
    check_size(decoder.dimensions(), bounds)?;
    // A picture with unreadable metadata is still a picture.
    let exif = decoder.exif_metadata().unwrap_or_default().map(exif::without_prefix);
    let xmp = decoder.xmp_metadata().unwrap_or_default();
    let captions = decoder.iptc_metadata().unwrap_or_default().is_some();
    let profile = decoder.icc_profile().unwrap_or_default();
    Ok(Opened { decoder, format, animated: false, inks: false, profile, exif, xmp, captions })
}

fn check_size((width, height): (u32, u32), bounds: Bounds) -> Result<(), Fault> {
    let pixels = u64::from(width) * u64::from(height);
    let large = pixels > bounds.pixels as u64 || width.max(height) as usize > bounds.side;
    if large { Err(Fault::TooLarge { width, height, bounds }) } else { Ok(()) }
}
