//! The decoders as one. A trait object would bring what nobody calls into the page's code.

use std::io::Cursor;

#[cfg(feature = "more")]
use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, tiff::TiffDecoder};
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
    #[cfg(feature = "more")]
    Bmp(Box<BmpDecoder<Bytes<'a>>>),
    #[cfg(feature = "more")]
    Gif(Box<GifDecoder<Bytes<'a>>>),
    #[cfg(feature = "more")]
    Tiff(Box<TiffDecoder<Bytes<'a>>>),
}

impl ImageDecoder for Decoder<'_> {
    fn dimensions(&self) -> (u32, u32) {
        match self {
            Self::Png(decoder) => decoder.dimensions(),
            Self::Jpeg(decoder) => decoder.dimensions(),
            Self::WebP(decoder) => decoder.dimensions(),
            #[cfg(feature = "more")]
            Self::Bmp(decoder) => decoder.dimensions(),
            #[cfg(feature = "more")]
            Self::Gif(decoder) => decoder.dimensions(),
            #[cfg(feature = "more")]
            Self::Tiff(decoder) => decoder.dimensions(),
        }
    }

    fn color_type(&self) -> ColorType {
        match self {
            Self::Png(decoder) => decoder.color_type(),
            Self::Jpeg(decoder) => decoder.color_type(),
            Self::WebP(decoder) => decoder.color_type(),
            #[cfg(feature = "more")]
            Self::Bmp(decoder) => decoder.color_type(),
            #[cfg(feature = "more")]
            Self::Gif(decoder) => decoder.color_type(),
            #[cfg(feature = "more")]
            Self::Tiff(decoder) => decoder.color_type(),
        }
    }

    fn read_image(self, samples: &mut [u8]) -> ImageResult<()> {
        match self {
            Self::Png(decoder) => decoder.read_image(samples),
            Self::Jpeg(decoder) => decoder.read_image(samples),
            Self::WebP(decoder) => decoder.read_image(samples),
            #[cfg(feature = "more")]
            Self::Bmp(decoder) => decoder.read_image(samples),
            #[cfg(feature = "more")]
            Self::Gif(decoder) => decoder.read_image(samples),
            #[cfg(feature = "more")]
            Self::Tiff(decoder) => decoder.read_image(samples),
        }
    }

    fn read_image_boxed(self: Box<Self>, samples: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(samples)
    }
}
