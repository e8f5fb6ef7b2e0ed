//! The one decoder of picture files, for single pictures and data sets alike. Size and kind are taken from the header and checked
//! before anything is allocated; whether a file is whole is asked of the file and not of a decoder that fills up what is missing.

use std::{
    io::Cursor,
    panic::{self, AssertUnwindSafe},
};

use anyhow::{Context, Result, bail};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
};
use infill::task::{PIXEL_LIMIT, SIDE_LIMIT};

use super::{
    exif, jpeg_segments,
    metadata::{Metadata, XMP_IN_PNG},
    picture_file::PictureFile,
    png_chunks,
};

/// What samples may take: a picture of 100 megapixels with 16 bits and transparency needs 800 MB.
const SAMPLE_BYTES: u64 = 1 << 30;

/// What a decoder of PNG may allocate beside the samples: a profile or a text that unpacks to more is refused.
const BESIDE_BYTES: u64 = 64 << 20;

fn of_format(bytes: &[u8]) -> Result<PictureFile> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => png(bytes),
        Ok(ImageFormat::Jpeg) => jpeg(bytes),
        Ok(ImageFormat::WebP) => webp(bytes),
        Ok(other) => bail!("it is a {} file; png, jpeg and webp can be read: convert it", other.extensions_str()[0]),
        Err(_) if bytes.get(4..8) == Some(b"ftyp") => bail!("it is a HEIC, AVIF or video file; png, jpeg and webp can be read: convert it"),
        Err(_) if bytes.is_empty() => bail!("it is empty"),
        Err(_) => bail!("it is not a png, jpeg or webp picture"),
    }
}

fn png(bytes: &[u8]) -> Result<PictureFile> {
    // The decoder takes memory for a row before it tells the size.
    if let Some([w1, w2, w3, w4, h1, h2, h3, h4]) = bytes.get(16..24) {
        check_size(u32::from_be_bytes([*w1, *w2, *w3, *w4]), u32::from_be_bytes([*h1, *h2, *h3, *h4]))?;
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(BESIDE_BYTES);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).context(DAMAGED)?;
    let animated = decoder.is_apng().unwrap_or(false);
    let mut file = samples(decoder)?;
    for (name, content) in png_chunks::about_the_picture(bytes) {
        // What stands behind the pixels is not seen by the decoder.
        match &name {
            b"eXIf" if file.metadata.exif.is_none() => file.metadata.exif = Some(exif::without_prefix(content)),
            b"eXIf" => {}
            b"iTXt" if content.starts_with(XMP_IN_PNG.as_bytes()) => {
                let text = || png_chunks::text(&content, XMP_IN_PNG).map(<[u8]>::to_vec);
                file.metadata.xmp = file.metadata.xmp.or_else(text);
                if file.metadata.xmp.is_none() {
                    file.metadata.lost.push("XMP".to_owned());
                }
            }
            _ => file.metadata.chunks.push((name, content)),
        }
    }
    file.note_animation(animated);
    Ok(file.upright())
}

fn jpeg(bytes: &[u8]) -> Result<PictureFile> {
    let segments = jpeg_segments::walk(bytes)?;
    let mut file = samples(JpegDecoder::new(Cursor::new(bytes)).context(DAMAGED)?)?;
    file.metadata.density = segments.density.filter(|(_, across, down)| *across > 0 && *down > 0);
    file.metadata.lost.extend(segments.lost);
    if segments.trailing > 0 {
        file.metadata.lost.push("what is behind the picture (a motion photo's film, or further pictures)".to_owned());
    }
    if segments.components == 4 {
        file.notes.push("its CMYK colours became RGB without a profile".to_owned());
    }
    Ok(file.upright())
}

fn webp(bytes: &[u8]) -> Result<PictureFile> {
    check_riff(bytes)?;
    let decoder = WebPDecoder::new(Cursor::new(bytes)).context(DAMAGED)?;
    let animated = decoder.has_animation();
    let mut file = samples(decoder)?;
    file.note_animation(animated);
    Ok(file.upright())
}

const DAMAGED: &str = "it is damaged or cut short";

/// Whether every chunk of a WebP file ends inside it. The decoder allocates what a chunk claims to be.
fn check_riff(bytes: &[u8]) -> Result<()> {
    let mut rest = bytes.get(12..).context(DAMAGED)?;
    let whole = bytes.get(4..8).map_or(0, |size| u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize + 8);
    rest = rest.get(..whole.saturating_sub(12)).unwrap_or(rest);
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if tail.len() < length {
            bail!("it is cut short: a part of {length} bytes has {} of them", tail.len());
        }
        // Chunks of an odd length are padded, the last one not always.
        rest = tail.get(length + length % 2..).unwrap_or_default();
    }
    Ok(())
}

fn check_size(width: u32, height: u32) -> Result<()> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXEL_LIMIT as u64 || width.max(height) as usize > SIDE_LIMIT {
        bail!(
            "it is {width}×{height} ({} megapixels); at most {} megapixels and {SIDE_LIMIT} pixels a side can be handled: scale it down",
            pixels.div_ceil(1_000_000),
            PIXEL_LIMIT / 1_000_000
        );
    }
    Ok(())
}

/// The samples as they are stored, and what the decoder knows beside them.
fn samples(mut decoder: impl ImageDecoder) -> Result<PictureFile> {
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    if decoder.total_bytes() > SAMPLE_BYTES {
        bail!("its samples need {} bytes; at most {SAMPLE_BYTES} can be handled: scale it down", decoder.total_bytes());
    }
    // A picture with unreadable metadata is still a picture.
    let exif = decoder.exif_metadata().unwrap_or_default().map(exif::without_prefix);
    let metadata = Metadata {
        profile: decoder.icc_profile().unwrap_or_default(),
        exif,
        xmp: decoder.xmp_metadata().unwrap_or_default(),
        ..Metadata::default()
    };
    let original = DynamicImage::from_decoder(decoder).context(DAMAGED)?;
    Ok(PictureFile { original, metadata, notes: Vec::new() })
}

impl PictureFile {
    /// Decodes the bytes of a file, turned upright.
    ///
    /// # Errors
    /// The bytes are no picture, not the whole of one, or one that is too large.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        // Decoders of other people's files have been seen to panic; a broken picture must never end the program.
        let decoded = panic::catch_unwind(AssertUnwindSafe(|| of_format(bytes)));
        decoded.unwrap_or_else(|_| bail!("it is damaged: the decoder gave up"))
    }

    fn note_animation(&mut self, animated: bool) {
        if animated {
            self.notes.push("it is an animation; its first picture is used and the others are left out".to_owned());
        }
    }

    /// Turned as its EXIF says.
    fn upright(mut self) -> Self {
        if let Some(exif) = &self.metadata.exif {
            self.original.apply_orientation(exif::orientation(exif));
        }
        self
    }
}
