//! EXIF of a picture that was turned upright and changed: its orientation is 1, its size that of the result, and the thumbnail of
//! the old picture is gone. Everything else stays where it is, because notes of camera makers point to places in the file.

use image::metadata::Orientation;

/// A directory has at most so many entries, so that a damaged file ends.
const MOST_ENTRIES: u16 = 1000;

const WIDTHS: [u16; 2] = [0x0100, 0xA002];
const HEIGHTS: [u16; 2] = [0x0101, 0xA003];
const EXIF_DIRECTORY: u16 = 0x8769;
const THUMBNAIL_PLACE: u16 = 0x0201;
const THUMBNAIL_LENGTH: u16 = 0x0202;
const STRIP_PLACE: u16 = 0x0111;
const STRIP_LENGTH: u16 = 0x0117;

/// EXIF for a result of `width` × `height` that stands upright.
pub fn of_result(mut exif: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
    let _ = Orientation::remove_from_exif_chunk(&mut exif);
    let mut file = match exif.first_chunk::<4>() {
        Some(b"II*\0") => Tiff { bytes: &mut exif, little: true },
        Some(b"MM\0*") => Tiff { bytes: &mut exif, little: false },
        _ => return exif,
    };
    let Some(first) = file.long(4) else { return exif };
    for directory in [Some(first), file.entry(first, EXIF_DIRECTORY).and_then(|entry| file.value(entry))].into_iter().flatten() {
        for (tags, length) in [(WIDTHS, width), (HEIGHTS, height)] {
            for tag in tags {
                if let Some(entry) = file.entry(directory, tag) {
                    file.set_value(entry, length);
                }
            }
        }
    }
    file.drop_thumbnail(first);
    exif
}

/// A TIFF structure in memory. Whatever lies outside it is no part of it.
struct Tiff<'a> {
    bytes: &'a mut Vec<u8>,
    little: bool,
}

impl Tiff<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) } as usize)
    }

    fn put(&mut self, at: usize, big_endian: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + big_endian.len()) {
            place.copy_from_slice(big_endian);
            if self.little {
                place.reverse();
            }
        }
    }

    /// Where a directory's entry of this tag is.
    fn entry(&self, directory: usize, tag: u16) -> Option<usize> {
        let count = self.short(directory)?.min(MOST_ENTRIES);
        (0..usize::from(count)).map(|index| directory + 2 + 12 * index).find(|at| self.short(*at) == Some(tag))
    }

    /// The value of an entry of one whole number.
    fn value(&self, entry: usize) -> Option<usize> {
        match (self.short(entry + 2)?, self.long(entry + 4)?) {
            (3, 1) => self.short(entry + 8).map(usize::from),
            (4 | 13, 1) => self.long(entry + 8),
            _ => None,
        }
    }

    fn set_value(&mut self, entry: usize, value: u32) {
        match (self.short(entry + 2), self.long(entry + 4)) {
            (Some(3), Some(1)) => self.put(entry + 8, &u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes()),
            (Some(4), Some(1)) => self.put(entry + 8, &value.to_be_bytes()),
            _ => {}
        }
    }

    /// Takes the second directory out, which describes the thumbnail, and wipes the thumbnail itself: it shows what was changed.
    fn drop_thumbnail(&mut self, first: usize) {
        let Some(count) = self.short(first).filter(|count| *count <= MOST_ENTRIES) else { return };
        let link = first + 2 + 12 * usize::from(count);
        let Some(second) = self.long(link).filter(|second| *second != 0) else { return };
        for (place, length) in [(THUMBNAIL_PLACE, THUMBNAIL_LENGTH), (STRIP_PLACE, STRIP_LENGTH)] {
            let value = |tag| self.entry(second, tag).and_then(|entry| self.value(entry));
            let Some((begin, length)) = value(place).zip(value(length)) else { continue };
            let end = begin.saturating_add(length).min(self.bytes.len());
            if end == self.bytes.len() {
                self.bytes.truncate(begin.max(link + 4));
            } else if let Some(thumbnail) = self.bytes.get_mut(begin..end) {
                thumbnail.fill(0);
            }
        }
        self.put(link, &[0; 4]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{orientation, without_prefix};
    use super::*;

    /// Orientation 6, an Exif directory of size and date, and a thumbnail, in either order of bytes.
    pub fn sample(little: bool, thumbnail: &[u8]) -> Vec<u8> {
        let mut bytes = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        let short = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let long = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| [&short(tag)[..], &short(kind), &long(count), &value].concat();
        let of_short = |value: u16| [short(value)[0], short(value)[1], 0, 0];
        bytes.extend(long(8));
        // At 8: two entries, so that the second directory's place stands at 34 and the Exif directory at 38.
        bytes.extend(short(2));
        bytes.extend(entry(0x0112, 3, 1, of_short(6)));
        bytes.extend(entry(EXIF_DIRECTORY, 4, 1, long(38)));
        bytes.extend(long(100));
        bytes.extend(short(3));
        bytes.extend(entry(0x9003, 2, 20, long(80)));
        bytes.extend(entry(0xA002, 4, 1, long(4000)));
        bytes.extend(entry(0xA003, 3, 1, of_short(3000)));
        bytes.extend(long(0));
        bytes.extend(b"2024:05:06 07:08:09\0");
        bytes.extend(short(2));
        bytes.extend(entry(THUMBNAIL_PLACE, 4, 1, long(130)));
        bytes.extend(entry(THUMBNAIL_LENGTH, 4, 1, long(thumbnail.len() as u32)));
        bytes.extend(long(0));
        bytes.extend(thumbnail);
        bytes
    }

    #[test]
    fn a_result_is_upright_of_its_own_size_and_without_thumbnail() {
        for little in [true, false] {
            let before = sample(little, b"the old face");
            assert_eq!(orientation(&before), Orientation::Rotate90);
            assert_eq!(orientation(&without_prefix([b"Exif\0\0".as_slice(), &before].concat())), Orientation::Rotate90);
            for behind in [b"".as_slice(), b"more"] {
                let mut after = of_result([before.as_slice(), behind].concat(), 30, 20);
                assert_eq!(orientation(&after), Orientation::NoTransforms);
                assert!(!after.windows(8).any(|part| part == b"old face"));
                assert!(after.windows(10).any(|part| part == b"2024:05:06"));
                let file = Tiff { bytes: &mut after, little };
                let value = |tag| file.entry(38, tag).and_then(|entry| file.value(entry));
                assert_eq!((value(0xA002), value(0xA003)), (Some(30), Some(20)));
                assert_eq!(file.long(34), Some(0));
            }
        }
    }

    #[test]
    fn damaged_exif_is_passed_on_and_never_followed_outside() {
        let whole = sample(true, b"thumbnail");
        for cut in 0..whole.len() {
            let _ = of_result(whole[..cut].to_vec(), 30, 20);
        }
        for place in 0..whole.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut damaged = whole.clone();
                damaged[place] = value;
                let _ = of_result(damaged, 30, 20);
            }
        }
        assert_eq!(of_result(b"nonsense".to_vec(), 3, 2), b"nonsense");
    }
}
