//! Samples as a decoder gives them, seen upright as RGBA with 8 bits, a row at a time: the picture is never here twice.

use image::{ColorType, metadata::Orientation};

/// A decoded picture's samples.
#[derive(Debug)]
pub struct Samples {
    values: Vec<u8>,
    /// As the file has it, before it is turned.
    size: (usize, usize),
    channels: usize,
    deep: bool,
    turned: Orientation,
}

impl Samples {
    /// Of a picture whose file has `size` pixels of a kind, and is to be turned.
    pub fn new(values: Vec<u8>, size: (usize, usize), colour: ColorType, turned: Orientation) -> Self {
        let channels = usize::from(colour.channel_count());
        Self { values, size, channels, deep: colour.bytes_per_pixel() > colour.channel_count(), turned }
    }

    /// Width and height in pixels, upright.
    pub fn size(&self) -> (usize, usize) {
        let (width, height) = self.size;
        match self.turned {
            Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        }
    }

    /// Appends a row, upright, as RGBA.
    pub fn append_row(&self, y: usize, to: &mut Vec<u8>) {
        for x in 0..self.size().0 {
            let (from_x, from_y) = self.place(x, y);
            let first = (from_y * self.size.0 + from_x) * self.channels;
            let value = |channel: usize| self.value(first + channel);
            let (colour, opacity) = match self.channels {
                1 => ([value(0); 3], 255),
                2 => ([value(0); 3], value(1)),
                3 => ([value(0), value(1), value(2)], 255),
                _ => ([value(0), value(1), value(2)], value(3)),
            };
            to.extend_from_slice(&colour);
            to.push(opacity);
        }
    }

    /// Where a pixel of the upright picture lies in the file's.
    fn place(&self, x: usize, y: usize) -> (usize, usize) {
        let (right, bottom) = (self.size.0 - 1, self.size.1 - 1);
        match self.turned {
            Orientation::NoTransforms => (x, y),
            Orientation::FlipHorizontal => (right - x, y),
            Orientation::Rotate180 => (right - x, bottom - y),
            Orientation::FlipVertical => (x, bottom - y),
            Orientation::Rotate90 => (y, bottom - x),
            Orientation::Rotate270 => (right - y, x),
            Orientation::Rotate90FlipH => (y, x),
            Orientation::Rotate270FlipH => (right - y, bottom - x),
        }
    }

    /// A sample with 8 bits, rounded as `image` rounds.
    fn value(&self, place: usize) -> u8 {
        if !self.deep {
            return self.values[place];
        }
        let value = u16::from_ne_bytes([self.values[2 * place], self.values[2 * place + 1]]);
        ((u32::from(value) + 128) / 257) as u8
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};

    use super::*;

    fn pictures() -> [DynamicImage; 8] {
        let wide = |x: u32, y: u32, c: u32| (x * 9001 + y * 4177 + c * 12_345) as u16;
        let byte = |x: u32, y: u32, c: u32| (x * 37 + y * 59 + c * 101) as u8;
        [
            ImageBuffer::from_fn(7, 4, |x, y| Luma([byte(x, y, 0)])).into(),
            ImageBuffer::from_fn(7, 4, |x, y| LumaA([byte(x, y, 0), byte(x, y, 1)])).into(),
            ImageBuffer::from_fn(7, 4, |x, y| Rgb([0, 1, 2].map(|c| byte(x, y, c)))).into(),
            ImageBuffer::from_fn(7, 4, |x, y| Rgba([0, 1, 2, 3].map(|c| byte(x, y, c)))).into(),
            ImageBuffer::from_fn(7, 4, |x, y| Luma([wide(x, y, 0)])).into(),
            ImageBuffer::from_fn(7, 4, |x, y| LumaA([wide(x, y, 0), wide(x, y, 1)])).into(),
            ImageBuffer::from_fn(7, 4, |x, y| Rgb([0, 1, 2].map(|c| wide(x, y, c)))).into(),
            ImageBuffer::from_fn(7, 4, |x, y| Rgba([0, 1, 2, 3].map(|c| wide(x, y, c)))).into(),
        ]
    }

    #[test]
    fn every_kind_turned_every_way_is_what_image_makes_of_it() {
        for picture in pictures() {
            for turned in (1..=8).filter_map(Orientation::from_exif) {
                let samples = Samples::new(picture.as_bytes().to_vec(), (7, 4), picture.color(), turned);
                let mut expected = picture.clone();
                expected.apply_orientation(turned);
                let (width, height) = samples.size();
                assert_eq!((width as u32, height as u32), (expected.width(), expected.height()));
                let mut rgba = Vec::new();
                (0..height).for_each(|y| samples.append_row(y, &mut rgba));
                assert!(rgba == expected.to_rgba8().into_raw(), "{:?} {turned:?}", picture.color());
            }
        }
    }
}
