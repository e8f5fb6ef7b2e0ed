//! TIFF: the first page of a file. What cameras write in TIFF's clothes (DNG, NEF, CR2) is told apart: its first page is a small
//! preview. It decodes nothing itself.

use std::io::Cursor;

use image::{
    ColorType, ImageDecoder, ImageError, ImageFormat, Limits,
    codecs::tiff::TiffDecoder,
    error::{ImageFormatHint, UnsupportedError, UnsupportedErrorKind},
    metadata::Orientation,
};

use crate::{
    Bounds, Decoder, Fault,
    opened::{Opened, words},
};

/// Tags of a page (TIFF 6.0 and DNG 1.7): what it is of, a camera's raw file, and how it is turned.
const SUBFILE_TYPE: u16 = 254;
const ORIENTATION: u16 = 274;
const DNG_VERSION: u16 = 50706;

/// What the decoder may take beside the samples, of which a strip may be all.
const BESIDE_BYTES: u64 = 128 << 20;

/// What the list of the first page says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    raw: bool,
    more: bool,
}

/// Opens a TIFF file: its first page.
pub fn open(bytes: &[u8], bounds: Bounds) -> Result<Opened<'_>, Fault> {
    let page = page(bytes).unwrap_or_default();
    if page.raw {
        return Err(Fault::Format("camera's raw"));
    }
    let mut decoder = TiffDecoder::new(Cursor::new(bytes))?;
    if let kind @ (ColorType::Rgb32F | ColorType::Rgba32F) = decoder.color_type() {
        let kind = UnsupportedErrorKind::Color(kind.into());
        let hint = ImageFormatHint::Exact(ImageFormat::Tiff);
        return Err(Fault::Unsupported(ImageError::Unsupported(UnsupportedError::from_format_and_kind(hint, kind))));
    }
    let mut words = words(&mut decoder, bounds)?;
    let mut limits = Limits::default();
    // Its own limit is below what the largest pictures need.
    limits.max_alloc = Some(8 * bounds.pixels as u64 + BESIDE_BYTES);
    decoder.set_limits(limits)?;
    words.exif = Some(turned(decoder.orientation().unwrap_or(Orientation::NoTransforms)));
    let inks = matches!(decoder.original_color_type(), image::ExtendedColorType::Cmyk8 | image::ExtendedColorType::Cmyk16);
    Ok(words.with(Decoder::Tiff(Box::new(decoder)), ImageFormat::Tiff, page.more, inks))
}

/// EXIF that says how the picture is turned and nothing else: a TIFF file's own list also says where its samples lie.
fn turned(orientation: Orientation) -> Vec<u8> {
    let tag = ORIENTATION.to_le_bytes();
    let head = [b'I', b'I', 42, 0, 8, 0, 0, 0, 1, 0, tag[0], tag[1], 3, 0, 1, 0, 0, 0];
    [&head[..], &[orientation.to_exif(), 0, 0, 0], &[0; 4]].concat()
}

/// The list of the first page; `None` where it is not whole or of the kind for files over 4 GB.
fn page(bytes: &[u8]) -> Option<Page> {
    let little = bytes.starts_with(b"II*\0");
    if !little && !bytes.starts_with(b"MM\0*") {
        return None;
    }
    let short = |at: usize| {
        let two = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let long = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) } as usize)
    };
    let list = long(4)?;
    let count = usize::from(short(list)?);
    let mut raw = bytes.get(8..10) == Some(b"CR");
    for number in 0..count {
        let entry = list.checked_add(2 + 12 * number)?;
        // A reduced picture of another one in the file is no page for people.
        raw |= match short(entry)? {
            SUBFILE_TYPE => long(entry + 8)? & 1 == 1,
            DNG_VERSION => true,
            _ => false,
        };
    }
    Some(Page { raw, more: long(list.checked_add(2 + 12 * count)?)? != 0 })
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageDecoder, Rgb, RgbImage};

    use super::*;

    const BOUNDS: Bounds = Bounds { pixels: 1 << 20, side: 1 << 12 };

    fn file() -> Vec<u8> {
        let picture = RgbImage::from_fn(9, 5, |x, y| Rgb([x as u8 * 20, y as u8 * 40, 7]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(picture).write_to(&mut bytes, ImageFormat::Tiff).unwrap();
        bytes.into_inner()
    }

    /// Where the list of the first page begins, in a file of this machine's order of bytes.
    fn list(bytes: &[u8]) -> (usize, usize) {
        let at = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
        (at, usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())))
    }

    #[test]
    fn a_page_is_read_and_further_ones_are_noticed() {
        let mut bytes = file();
        let opened = open(&bytes, BOUNDS).unwrap();
        assert_eq!((opened.decoder.dimensions(), opened.animated, opened.inks), ((9, 5), false, false));
        let mut samples = vec![0; 9 * 5 * 3];
        opened.decoder.read_image(&mut samples).unwrap();
        assert_eq!(samples[3 * (2 * 9 + 4)..][..3], [80, 80, 7]);
        let (at, count) = list(&bytes);
        let next = at + 2 + 12 * count;
        bytes[next..next + 4].copy_from_slice(&8_u32.to_le_bytes());
        assert!(open(&bytes, BOUNDS).unwrap().animated);
    }

    #[test]
    fn raw_files_floats_cut_and_large_files_are_refused() {
        let whole = file();
        let (at, _) = list(&whole);
        let mut raw = whole.clone();
        raw[at + 2..at + 4].copy_from_slice(&DNG_VERSION.to_le_bytes());
        assert!(matches!(open(&raw, BOUNDS), Err(Fault::Format("camera's raw"))));
        let small = Bounds { pixels: 44, side: 100 };
        assert!(matches!(open(&whole, small), Err(Fault::TooLarge { width: 9, height: 5, .. })));
        let mut floats = Cursor::new(Vec::new());
        DynamicImage::new_rgb32f(3, 3).write_to(&mut floats, ImageFormat::Tiff).unwrap();
        assert!(matches!(open(floats.get_ref(), BOUNDS), Err(Fault::Unsupported(_))));
        for end in 0..whole.len() {
            let read = open(&whole[..end], BOUNDS).and_then(|opened| {
                let mut samples = vec![0; opened.decoder.total_bytes() as usize];
                opened.decoder.read_image(&mut samples).map_err(Fault::from)
            });
            assert!(read.is_err(), "{end} of {} bytes were enough", whole.len());
        }
    }

    #[test]
    fn the_way_it_is_turned_is_said_as_exif() {
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            assert_eq!(Orientation::from_exif_chunk(&turned(orientation)), Some(orientation));
        }
        assert!(open(&file(), BOUNDS).unwrap().exif.is_some());
    }
}
