//! The three decoders as one. A trait object would bring what nobody calls into the page's code.

use std::io::Cursor;

use image::{
    ColorType, ImageDecoder, ImageResult,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
};

type Bytes<'a> = Cursor<&'a [u8]>;

/// A decoder that has not begun.
#[allow(missing_docs, reason = "each is its format's")]
pub enum Decoder<'a> {
    Png(Box<PngDecoder<Bytes<'a>>>),
    Jpeg(Box<JpegDecoder<Bytes<'a>>>),
    WebP(Box<WebPDecoder<Bytes<'a>>>),
}

impl ImageDecoder for Decoder<'_> {
    fn dimensions(&self) -> (u32, u32) {
        match self {
            Self::Png(decoder) => decoder.dimensions(),
            Self::Jpeg(decoder) => decoder.dimensions(),
            Self::WebP(decoder) => decoder.dimensions(),
        }
    }

    fn color_type(&self) -> ColorType {
        match self {
            Self::Png(decoder) => decoder.color_type(),
            Self::Jpeg(decoder) => decoder.color_type(),
            Self::WebP(decoder) => decoder.color_type(),
        }
    }

    fn read_image(self, samples: &mut [u8]) -> ImageResult<()> {
        match self {
            Self::Png(decoder) => decoder.read_image(samples),
            Self::Jpeg(decoder) => decoder.read_image(samples),
            Self::WebP(decoder) => decoder.read_image(samples),
        }
    }

    fn read_image_boxed(self: Box<Self>, samples: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(samples)
    }
}
