//! The program's one way from the bytes of a picture file to a picture, for single pictures and data sets alike: upright, in the
//! file's own depth, with what may go into another file, and with what whoever gave it should know.

use std::panic::{self, AssertUnwindSafe};

use anyhow::{Context, Result, bail};
use image::{DynamicImage, ImageFormat};
use infill::task::{PIXEL_LIMIT, SIDE_LIMIT};
use infill_picture_file::{Bounds, exif, open, png::XMP_KEYWORD, quality};

use super::{jpeg_segments, metadata::Metadata, picture_file::PictureFile, png_chunks};

const BOUNDS: Bounds = Bounds { pixels: PIXEL_LIMIT, side: SIDE_LIMIT };

impl PictureFile {
    /// Decodes the bytes of a file, turned upright.
    ///
    /// # Errors
    /// The bytes are no picture, not the whole of one, or one that is too large.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        // Decoders of other people's files have been seen to panic; a broken picture must never end the program.
        let decoded = panic::catch_unwind(AssertUnwindSafe(|| decode(bytes)));
        decoded.unwrap_or_else(|_| bail!("it is damaged: the decoder gave up"))
    }
}

fn decode(bytes: &[u8]) -> Result<PictureFile> {
    let opened = open(bytes, BOUNDS)?;
    let mut metadata = Metadata { profile: opened.profile, exif: opened.exif, xmp: opened.xmp, ..Metadata::default() };
    match opened.format {
        ImageFormat::Png => note_chunks(&mut metadata, bytes),
        ImageFormat::Jpeg => note_segments(&mut metadata, bytes)?,
        _ => {}
    }
    let mut notes = Vec::new();
    if opened.animated {
        let what = if opened.format == ImageFormat::Tiff { "it has several pages" } else { "it is an animation" };
        notes.push(format!("{what}; its first picture is used and the others are left out"));
    }
    if opened.inks {
        notes.push("its CMYK colours became RGB without a profile".to_owned());
    }
    let mut original = DynamicImage::from_decoder(opened.decoder).context("it is damaged or cut short")?;
    if let Some(exif) = &metadata.exif {
        original.apply_orientation(exif::orientation(exif));
    }
    Ok(PictureFile { original, metadata, notes, quality: quality(bytes) })
}

fn note_chunks(metadata: &mut Metadata, bytes: &[u8]) {
    for (name, content) in png_chunks::about_the_picture(bytes) {
        match &name {
            b"eXIf" => {}
            b"iTXt" if content.starts_with(XMP_KEYWORD.as_bytes()) => {
                if metadata.xmp.is_none() {
                    metadata.lost.push("XMP".to_owned());
                }
            }
            _ => metadata.chunks.push((name, content)),
        }
    }
}

fn note_segments(metadata: &mut Metadata, bytes: &[u8]) -> Result<()> {
    let segments = jpeg_segments::read(bytes)?;
    metadata.density = segments.density.filter(|(_, across, down)| *across > 0 && *down > 0);
    metadata.lost.extend(segments.lost);
    if segments.trailing > 0 {
        metadata.lost.push("what is behind the picture (a motion photo's film, or further pictures)".to_owned());
    }
    Ok(())
}
