//! From a file's bytes to a decoder that has not begun. Size and kind are taken from the header and checked before anything is
//! allocated. Whether a file is whole is asked of the file and not of a decoder, which fills up what is missing.

use std::io::Cursor;

use image::{
    ImageDecoder, ImageFormat, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
};

use crate::{Bounds, Decoder, Fault, exif, jpeg, png, webp};

/// What a decoder of PNG may allocate beside the samples: a profile or a text that unpacks to more is refused.
const BESIDE_BYTES: u64 = 64 << 20;

/// A picture file that can be decoded.
pub struct Opened<'a> {
    /// Gives the samples as they are stored.
    pub decoder: Decoder<'a>,
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

/// What a decoder knows beside the samples.
struct Words {
    profile: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
    captions: bool,
}

fn words(decoder: &mut impl ImageDecoder, bounds: Bounds) -> Result<Words, Fault> {
    check_size(decoder.dimensions(), bounds)?;
    // A picture with unreadable metadata is still a picture.
    Ok(Words {
        exif: decoder.exif_metadata().unwrap_or_default().map(exif::without_prefix),
        xmp: decoder.xmp_metadata().unwrap_or_default(),
        captions: decoder.iptc_metadata().unwrap_or_default().is_some(),
        profile: decoder.icc_profile().unwrap_or_default(),
    })
}

impl Words {
    fn with(self, decoder: Decoder<'_>, format: ImageFormat, animated: bool, inks: bool) -> Opened<'_> {
        let Self { profile, exif, xmp, captions } = self;
        Opened { decoder, format, animated, inks, profile, exif, xmp, captions }
    }
}

fn check_size((width, height): (u32, u32), bounds: Bounds) -> Result<(), Fault> {
    let pixels = u64::from(width) * u64::from(height);
    let large = pixels > bounds.pixels as u64 || width.max(height) as usize > bounds.side;
    if large { Err(Fault::TooLarge { width, height, bounds }) } else { Ok(()) }
}
