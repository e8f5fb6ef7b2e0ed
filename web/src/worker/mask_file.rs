//! Masks: files read as the program reads them, and written so that it reads the same mask; and what takes too long for the page.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use infill::mask::{self, Mask, MaskReading, MaskReadingError};
use js_sys::Uint8Array;

use super::{
    readback::refused,
    scope::{say, say_with_file},
};
use crate::{
    decode,
    message::{About, FileKind, FromWorker, Undecoded},
};

/// Says the mask of a file, or why there is none.
pub fn read(load: u32, buffers: &[Uint8Array]) {
    let bytes = buffers.first().map(Uint8Array::to_vec).unwrap_or_default();
    match parse(&bytes) {
        Ok((reading, width, height)) => {
            let doubt = reading.doubt.map(|doubt| doubt.to_string());
            say(&FromWorker::Mask { load, width, height, doubt }, &[Uint8Array::from(reading.mask.values())]);
        }
        Err(error) => say(&FromWorker::NoMask { load, detail: error.to_string() }, &[]),
    }
}

/// Why no mask can be read from a file.
#[derive(Debug, thiserror::Error)]
enum MaskFileError {
    #[error("it is no PNG, JPEG or WebP file")]
    Unknown,
    #[error("it has {width} × {height} pixels, which is too many")]
    TooLarge { width: usize, height: usize },
    #[error("it is damaged or cut short ({0})")]
    Damaged(String),
    #[error(transparent)]
    Reading(#[from] MaskReadingError),
}

impl From<Undecoded> for MaskFileError {
    fn from(cause: Undecoded) -> Self {
        match cause {
            Undecoded::Unknown => Self::Unknown,
            Undecoded::TooLarge { width, height } => Self::TooLarge { width, height },
            Undecoded::Damaged { detail } => Self::Damaged(detail),
        }
    }
}

fn parse(bytes: &[u8]) -> Result<(MaskReading, usize, usize), MaskFileError> {
    let samples = decode::decode(bytes)?.samples;
    let (width, height) = samples.size();
    let mut rgba = Vec::with_capacity(4 * width * height);
    (0..height).for_each(|y| samples.append_row(y, &mut rgba));
    let pixels = rgba.as_chunks::<4>().0.iter().map(|pixel| pixel.map(u16::from));
    Ok((mask::read(width, height, 255, pixels)?, width, height))
}

/// Says a mask whose edge was moved.
pub fn grow(load: u32, (width, height): (usize, usize), pixels: i32, buffers: &[Uint8Array]) {
    let values = buffers.first().map(Uint8Array::to_vec).unwrap_or_default();
    match Mask::new(width, height, values) {
        Ok(mut mask) => {
            mask.grow(pixels);
            say(&FromWorker::Grown { load }, &[Uint8Array::from(mask.values())]);
        }
        Err(error) => say(&FromWorker::failed(About::Worker, refused(error)), &[]),
    }
}

/// Says the PNG file of a mask: white is to be filled.
pub fn write(width: usize, height: usize, buffers: &[Uint8Array]) {
    let values = buffers.first().map(Uint8Array::to_vec).unwrap_or_default();
    let mut png = Vec::new();
    let encoded = PngEncoder::new(&mut png).write_image(&values, width as u32, height as u32, ExtendedColorType::L8).map_err(refused);
    if let Err(failure) = encoded.and_then(|()| say_with_file(&FromWorker::MaskFile, &[], &png, FileKind::Png)) {
        say(&FromWorker::failed(About::Worker, failure), &[]);
    }
}
