//! Pictures into files, whole or not at all, with what the picture's own file said about itself.

use std::{borrow::Cow, io::Write, path::Path};

use anyhow::{Context, Result, bail};
use image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, RgbImage,
    codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit},
};
use infill::{mask::Mask, picture::Picture};
use infill_picture_file::png::XMP_KEYWORD;

use super::{
    format::OutputFormat,
    metadata::{Metadata, XMP_IN_JPEG},
    picture_file::STANDARD,
    transparent::over_white,
};
use crate::files;

/// Writes a picture, whole or not at all, with what fits of the metadata; what does not is said. `-` is the standard output.
///
/// # Errors
/// When it cannot be encoded or written.
pub fn write(path: &Path, format: OutputFormat, picture: DynamicImage, metadata: Metadata, quality: u8) -> Result<()> {
    let (bytes, lost) = encode(format, picture, metadata, quality).with_context(|| format!("cannot encode {}", path.display()))?;
    if !lost.is_empty() {
        tracing::warn!("left out of {}: {}", path.display(), lost.join("; "));
    }
    if path == Path::new(STANDARD) {
        let mut output = std::io::stdout().lock();
        return output.write_all(&bytes).and_then(|()| output.flush()).context("cannot write to the standard output");
    }
    files::write_atomically(path, &bytes)
}

/// Writes a picture and its mask as PNGs for another program, into a folder that nobody else looks into.
///
/// # Errors
/// When they cannot be written.
pub fn write_with_mask(picture: &Picture, mask: &Mask, picture_path: &Path, mask_path: &Path) -> Result<()> {
    let sides = |width: usize, height: usize| (width as u32, height as u32);
    let (width, height) = sides(picture.width(), picture.height());
    let colours = RgbImage::from_raw(width, height, picture.pixels().to_vec()).context("the picture has another size")?;
    let (width, height) = sides(mask.width(), mask.height());
    let coverages = GrayImage::from_raw(width, height, mask.values().to_vec()).context("the mask has another size")?;
    colours.save(picture_path).with_context(|| format!("writing {}", picture_path.display()))?;
    coverages.save(mask_path).with_context(|| format!("writing {}", mask_path.display()))
}

/// The bytes of a file, and the names of what it has no place for.
fn encode(format: OutputFormat, picture: DynamicImage, metadata: Metadata, quality: u8) -> Result<(Vec<u8>, Vec<String>)> {
    let (picture, flattened) = samples_for(format, picture);
    let (metadata, mut lost) = metadata.for_output(format, &picture);
    if flattened {
        lost.push("transparency, laid over white".to_owned());
    }
    let bytes = match format {
        OutputFormat::Png => png(&picture, &metadata)?,
        OutputFormat::Jpeg => jpeg(&picture, metadata, quality)?,
        OutputFormat::WebP => webp(&picture, metadata)?,
    };
    Ok((bytes, lost))
}

/// The samples that a format can hold, and whether transparency is lost by that.
fn samples_for(format: OutputFormat, picture: DynamicImage) -> (DynamicImage, bool) {
    let colour = picture.color();
    match format {
        OutputFormat::Png => (picture, false),
        OutputFormat::WebP if colour.has_alpha() => (picture.into_rgba8().into(), false),
        OutputFormat::WebP => (picture.into_rgb8().into(), false),
        OutputFormat::Jpeg => {
            let flattened = colour.has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel[3] < 255);
            let picture = if flattened { DynamicImage::from(over_white(&picture)) } else { picture };
            let picture = if colour.has_color() { picture.into_rgb8().into() } else { picture.into_luma8().into() };
            (picture, flattened)
        }
    }
}

fn png(picture: &DynamicImage, metadata: &Metadata) -> Result<Vec<u8>> {
    let (color, depth) = match picture {
        DynamicImage::ImageLuma8(_) => (png::ColorType::Grayscale, png::BitDepth::Eight),
        DynamicImage::ImageLuma16(_) => (png::ColorType::Grayscale, png::BitDepth::Sixteen),
        DynamicImage::ImageLumaA8(_) => (png::ColorType::GrayscaleAlpha, png::BitDepth::Eight),
        DynamicImage::ImageLumaA16(_) => (png::ColorType::GrayscaleAlpha, png::BitDepth::Sixteen),
        DynamicImage::ImageRgb8(_) => (png::ColorType::Rgb, png::BitDepth::Eight),
        DynamicImage::ImageRgb16(_) => (png::ColorType::Rgb, png::BitDepth::Sixteen),
        DynamicImage::ImageRgba8(_) => (png::ColorType::Rgba, png::BitDepth::Eight),
        DynamicImage::ImageRgba16(_) => (png::ColorType::Rgba, png::BitDepth::Sixteen),
        other => bail!("a png has no samples of the kind {:?}", other.color()),
    };
    let mut info = png::Info::with_size(picture.width(), picture.height());
    info.icc_profile = metadata.profile.as_deref().map(Cow::Borrowed);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info)?;
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    for (name, content) in &metadata.chunks {
        writer.write_chunk(png::chunk::ChunkType(*name), content)?;
    }
    if let Some(exif) = &metadata.exif {
        writer.write_chunk(png::chunk::eXIf, exif)?;
    }
    if let Some(xmp) = &metadata.xmp {
        let text = String::from_utf8_lossy(xmp).into_owned();
        writer.write_text_chunk(&png::text_metadata::ITXtChunk::new(XMP_KEYWORD, text))?;
    }
    match depth {
        png::BitDepth::Sixteen => {
            let samples = picture.as_bytes().as_chunks::<2>().0.iter();
            writer.write_image_data(&samples.flat_map(|two| u16::from_ne_bytes(*two).to_be_bytes()).collect::<Vec<_>>())?;
        }
        _ => writer.write_image_data(picture.as_bytes())?,
    }
    writer.finish()?;
    Ok(bytes)
}

fn jpeg(picture: &DynamicImage, metadata: Metadata, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some((unit, across, down)) = metadata.density {
        let unit = match unit {
            1 => PixelDensityUnit::Inches,
            2 => PixelDensityUnit::Centimeters,
            _ => PixelDensityUnit::PixelAspectRatio,
        };
        encoder.set_pixel_density(PixelDensity { density: (across, down), unit });
    }
    if let Some(profile) = metadata.profile {
        encoder.set_icc_profile(profile)?;
    }
    if let Some(exif) = metadata.exif {
        encoder.set_exif_metadata(exif)?;
    }
    let colour: ExtendedColorType = picture.color().into();
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), colour)?;
    if let Some(xmp) = metadata.xmp {
        // The encoder has no place for it: behind the start marker and the first segment, which its length ends.
        let place = 4 + bytes.get(4..6).map_or(0, |two| usize::from(two[0]) << 8 | usize::from(two[1]));
        let length = u16::try_from(XMP_IN_JPEG.len() + xmp.len() + 2).context("XMP is too large")?;
        let segment = [&[0xFF, 0xE1], &length.to_be_bytes()[..], XMP_IN_JPEG, &xmp].concat();
        bytes.splice(place..place, segment);
    }
    Ok(bytes)
}

fn webp(picture: &DynamicImage, metadata: Metadata) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
    metadata.profile.into_iter().for_each(|profile| encoder.set_icc_profile(profile));
    metadata.exif.into_iter().for_each(|exif| encoder.set_exif_metadata(exif));
    metadata.xmp.into_iter().for_each(|xmp| encoder.set_xmp_metadata(xmp));
    let samples = if picture.color().has_alpha() { image_webp::ColorType::Rgba8 } else { image_webp::ColorType::Rgb8 };
    encoder.encode(picture.as_bytes(), picture.width(), picture.height(), samples)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use image::{GrayAlphaImage, GrayImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba};

    use super::*;
    use crate::pictures::picture_file::PictureFile;

    fn profile(kind: &[u8; 4]) -> Vec<u8> {
        [&[0; 16], kind.as_slice(), &[0; 108]].concat()
    }

    /// Everything that all formats have a place for.
    fn said(kind: &[u8; 4]) -> Metadata {
        Metadata {
            profile: Some(profile(kind)),
            exif: Some(b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec()),
            xmp: Some(b"<x:xmpmeta tiff:Orientation=\"6\"/>".to_vec()),
            ..Metadata::default()
        }
    }

    #[test]
    fn what_is_written_is_read_again_in_every_format() {
        let colours = DynamicImage::from(RgbImage::from_fn(20, 10, |x, y| Rgb([x as u8 * 9, y as u8 * 20, 7])));
        let deep = ImageBuffer::from_fn(20, 10, |x, y| Rgba([x as u16 * 3001, y as u16 * 999, 5, 60_000 - x as u16]));
        let grey = DynamicImage::from(GrayImage::from_fn(20, 10, |x, y| Luma([(x * y) as u8])));
        for (format, picture, kind) in [
            (OutputFormat::Png, colours.clone(), b"RGB "),
            (OutputFormat::Png, deep.into(), b"RGB "),
            (OutputFormat::Png, grey.clone(), b"GRAY"),
            (OutputFormat::Jpeg, colours.clone(), b"RGB "),
            (OutputFormat::Jpeg, grey, b"GRAY"),
            (OutputFormat::WebP, colours, b"RGB "),
        ] {
            let (bytes, lost) = encode(format, picture.clone(), said(kind), 95).unwrap();
            assert_eq!(lost, [""; 0]);
            let read = PictureFile::decode(&bytes).unwrap();
            let expected = said(kind);
            assert_eq!(read.metadata.profile, expected.profile, "{format:?}");
            // It stands upright now.
            let exif = read.metadata.exif.expect("EXIF");
            assert_eq!((exif.len(), exif[18]), (expected.exif.unwrap().len(), 1));
            assert_eq!(read.metadata.xmp.expect("XMP"), b"<x:xmpmeta tiff:Orientation=\"1\"/>");
            if format != OutputFormat::Jpeg {
                assert!(read.original == picture, "{format:?}");
            }
        }
    }

    #[test]
    fn colours_of_png_go_through_and_are_named_where_they_cannot() {
        let chunks = vec![(*b"cICP", vec![12, 13, 0, 1]), (*b"gAMA", vec![0, 0, 1, 1]), (*b"pHYs", vec![0, 0, 11, 19, 0, 0, 11, 19, 1])];
        let metadata = Metadata { chunks: chunks.clone(), ..Metadata::default() };
        let (bytes, _) = encode(OutputFormat::Png, RgbImage::new(3, 2).into(), metadata.clone(), 90).unwrap();
        assert_eq!(PictureFile::decode(&bytes).unwrap().metadata.chunks, chunks);
        for format in [OutputFormat::Jpeg, OutputFormat::WebP] {
            assert_eq!(encode(format, RgbImage::new(3, 2).into(), metadata.clone(), 90).unwrap().1, ["cICP", "gAMA", "pHYs"]);
        }
    }

    #[test]
    fn density_stays_in_jpeg_and_transparency_is_laid_over_white_with_a_word() {
        let metadata = Metadata { density: Some((1, 300, 300)), ..Metadata::default() };
        let clear = GrayAlphaImage::from_pixel(8, 8, image::LumaA([0, 0]));
        let (bytes, lost) = encode(OutputFormat::Jpeg, clear.into(), metadata, 95).unwrap();
        let read = PictureFile::decode(&bytes).unwrap();
        assert_eq!(read.metadata.density, Some((1, 300, 300)));
        assert!(read.original.into_luma8().pixels().all(|pixel| pixel[0] > 250));
        assert_eq!(lost, ["transparency, laid over white"]);
    }
}
