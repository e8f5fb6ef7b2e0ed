//! What a model answers, put into the picture of a file: in the file's own depth and channels, with its transparency.

use image::{DynamicImage, ImageBuffer, Pixel};
use infill::picture::Picture;

use super::picture_file::PictureFile;

impl PictureFile {
    /// This picture with `result` where `changed` says so of its own pixels, in the file's own depth and channels.
    ///
    /// `offset` is where this picture's left upper corner lies on the result; what is beyond it is new
    /// and opaque. Samples that are not changed are the file's, to the bit.
    pub fn with_result(self, result: &Picture, offset: (usize, usize), changed: impl Fn(usize, usize) -> bool) -> DynamicImage {
        match self.original {
            DynamicImage::ImageLuma8(buffer) => merge(&buffer, result, offset, changed, |value| value).into(),
            DynamicImage::ImageLumaA8(buffer) => merge(&buffer, result, offset, changed, |value| value).into(),
            DynamicImage::ImageRgba8(buffer) => merge(&buffer, result, offset, changed, |value| value).into(),
            DynamicImage::ImageLuma16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            DynamicImage::ImageLumaA16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            DynamicImage::ImageRgb16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            DynamicImage::ImageRgba16(buffer) => merge(&buffer, result, offset, changed, widen).into(),
            other => merge(&other.into_rgb8(), result, offset, changed, |value| value).into(),
        }
    }

    /// The same picture in colour, for a grey one that is to get colours.
    pub fn into_colour(self) -> Self {
        let original = match self.original {
            DynamicImage::ImageLuma8(_) => self.original.into_rgb8().into(),
            DynamicImage::ImageLumaA8(_) => self.original.into_rgba8().into(),
            DynamicImage::ImageLuma16(_) => self.original.into_rgb16().into(),
            DynamicImage::ImageLumaA16(_) => self.original.into_rgba16().into(),
            coloured => coloured,
        };
        Self { original, ..self }
    }
}

fn widen(value: u8) -> u16 {
    u16::from(value) * 257
}

fn merge<P>(
    original: &ImageBuffer<P, Vec<P::Subpixel>>,
    result: &Picture,
    (left, top): (usize, usize),
    changed: impl Fn(usize, usize) -> bool,
    depth: fn(u8) -> P::Subpixel,
) -> ImageBuffer<P, Vec<P::Subpixel>>
where
    P: Pixel,
{
    let colours = if P::HAS_ALPHA { P::CHANNEL_COUNT - 1 } else { P::CHANNEL_COUNT } as usize;
    ImageBuffer::from_fn(result.width() as u32, result.height() as u32, |x, y| {
        let (column, row) = (x as usize, y as usize);
        let known = column
            .checked_sub(left)
            .zip(row.checked_sub(top))
            .filter(|(x, y)| *x < original.width() as usize && *y < original.height() as usize)
            .map(|(x, y)| *original.get_pixel(x as u32, y as u32));
        match known {
            Some(pixel) if !changed(column - left, row - top) => pixel,
            known => {
                let colour = result.get(column, row);
                let mut samples = [depth(255); 4];
                match colours {
                    1 => samples[0] = depth(infill::picture::luma(colour).round() as u8),
                    _ => samples[..3].copy_from_slice(&colour.map(depth)),
                }
                if let (Some(pixel), true) = (known, P::HAS_ALPHA) {
                    samples[colours] = pixel.channels()[colours];
                }
                *P::from_slice(&samples[..P::CHANNEL_COUNT as usize])
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::pictures::metadata::Metadata;

    #[test]
    fn unchanged_samples_keep_all_their_bits_and_transparency_stays() {
        let original = ImageBuffer::from_fn(3, 2, |x, y| Rgba([1000 * x as u16 + 7, 2, 3 + y as u16, 40_000]));
        let file = PictureFile { original: original.clone().into(), metadata: Metadata::default(), notes: Vec::new(), quality: None };
        let result = Picture::filled(3, 2, [9, 8, 7]);
        let merged = file.with_result(&result, (0, 0), |x, _| x == 1).into_rgba16();
        for (x, y, pixel) in merged.enumerate_pixels() {
            let expected = if x == 1 { Rgba([9 * 257, 8 * 257, 7 * 257, 40_000]) } else { *original.get_pixel(x, y) };
            assert_eq!(*pixel, expected, "at {x}, {y}");
        }
    }

    #[test]
    fn new_parts_are_opaque_and_grey_stays_grey() {
        let original = ImageBuffer::from_pixel(2, 2, image::LumaA([5u8, 60]));
        let file = PictureFile { original: original.into(), metadata: Metadata::default(), notes: Vec::new(), quality: None };
        let merged = file.with_result(&Picture::filled(4, 2, [90, 90, 90]), (1, 0), |_, _| false).into_luma_alpha8();
        assert_eq!(merged.get_pixel(0, 0).0, [90, 255]);
        assert_eq!(merged.get_pixel(1, 1).0, [5, 60]);
        assert_eq!(merged.get_pixel(3, 1).0, [90, 255]);
    }
}
