//! BMP and GIF: formats that programs on a desk meet and the page leaves to the browser.

use std::io::Cursor;

use image::{
    AnimationDecoder, ImageFormat,
    codecs::{bmp::BmpDecoder, gif::GifDecoder},
};

use crate::{
    Bounds, Decoder, Fault,
    opened::{Opened, words},
};

/// Opens a BMP file.
pub fn open_bmp(bytes: &[u8], bounds: Bounds) -> Result<Opened<'_>, Fault> {
    let mut decoder = BmpDecoder::new(Cursor::new(bytes))?;
    let words = words(&mut decoder, bounds)?;
    Ok(words.with(Decoder::Bmp(Box::new(decoder)), ImageFormat::Bmp, false, false))
}

/// Opens a GIF file: its first picture.
pub fn open_gif(bytes: &[u8], bounds: Bounds) -> Result<Opened<'_>, Fault> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes))?;
    let words = words(&mut decoder, bounds)?;
    // The frames are decoded to be counted; two are enough.
    let frames = GifDecoder::new(Cursor::new(bytes))?.into_frames();
    let animated = frames.take(2).filter(Result::is_ok).count() > 1;
    Ok(words.with(Decoder::Gif(Box::new(decoder)), ImageFormat::Gif, animated, false))
}
