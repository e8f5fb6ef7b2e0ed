//! A JPEG file walked segment by segment: whether it is whole, and what stands beside the picture. No pixel is decoded.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

/// What the segments say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// Colour components: 1 grey, 3 colours, 4 CMYK.
    pub components: u8,
    /// Unit (0 none, 1 inch, 2 centimetre) and pixels per unit, across and down.
    pub density: Option<(u8, u16, u16)>,
    /// Names of what cannot be carried into another file.
    pub lost: BTreeSet<String>,
    /// Bytes behind the picture's end that are not all zero: the film of a motion photo, other pictures.
    pub trailing: usize,
}

/// Walks a file from its start to the picture's end, wherever in the file that is.
///
/// # Errors
/// It does not begin as a JPEG, or ends before the picture does.
pub fn walk(bytes: &[u8]) -> Result<Segments> {
    let mut found = Segments::default();
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        bail!("it does not begin as a jpeg");
    }
    let mut at = 2;
    loop {
        let Some(marker) = next_marker(bytes, &mut at) else { bail!("its end is missing") };
        match marker {
            0xD9 => {
                let rest = &bytes[at..];
                found.trailing = if rest.iter().all(|byte| *byte == 0) { 0 } else { rest.len() };
                return Ok(found);
            }
            // Markers without a segment.
            0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let length = bytes.get(at..at + 2).map(|two| usize::from(two[0]) << 8 | usize::from(two[1]));
        let Some(content) = length.filter(|length| *length >= 2).and_then(|length| bytes.get(at + 2..at + length)) else {
            bail!("its end is missing: a segment is cut");
        };
        at += content.len() + 2;
        found.note(marker, content);
        if marker == 0xDA {
            skip_scan(bytes, &mut at);
        }
    }
}

/// The next marker; bytes that belong to nothing are passed over.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        *at += bytes.get(*at..)?.iter().position(|byte| *byte == 0xFF)?;
        // Any number of FF may stand before a marker.
        *at += bytes[*at..].iter().position(|byte| *byte != 0xFF)?;
        let marker = bytes[*at];
        *at += 1;
        if marker != 0 {
            return Some(marker);
        }
    }
}

/// Compressed data, up to the marker that ends it.
fn skip_scan(bytes: &[u8], at: &mut usize) {
    while let Some(step) = bytes.get(*at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xFF)) {
        *at += step;
        match bytes.get(*at + 1) {
            // A stuffed FF, a restart, or a fill byte.
            Some(0 | 0xD0..=0xD7) => *at += 2,
            Some(0xFF) => *at += 1,
            _ => return,
        }
    }
    *at = bytes.len();
}

impl Segments {
    fn note(&mut self, marker: u8, content: &[u8]) {
        match (marker, content) {
            (0xE0, [b'J', b'F', b'I', b'F', 0, _, _, unit, x1, x2, y1, y2, ..]) => {
                self.density = Some((*unit, u16::from_be_bytes([*x1, *x2]), u16::from_be_bytes([*y1, *y2])));
            }
            (0xED, _) => drop(self.lost.insert("captions (IPTC)".to_owned())),
            (0xFE, _) => drop(self.lost.insert("a comment".to_owned())),
            // The decoder knows EXIF, XMP, the profile and how colours are stored; an index of further pictures is none without them.
            (0xE0 | 0xEE, _) => {}
            (0xE1, _) if content.starts_with(b"Exif\0") || content.starts_with(b"http://ns.adobe.com/xap/1.0/\0") => {}
            (0xE2, _) if content.starts_with(b"ICC_PROFILE\0") || content.starts_with(b"MPF\0") => {}
            (0xE1..=0xEF, _) => {
                let name: String = content.iter().take(20).take_while(|byte| byte.is_ascii_graphic()).map(|byte| *byte as char).collect();
                self.lost.insert(format!("APP{} {name}", marker - 0xE0).trim().to_owned());
            }
            // All frames but the tables DHT, JPG and DAC that stand between them.
            (0xC0..=0xCF, [_, _, _, _, _, components, ..]) if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => self.components = *components,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbImage};

    use super::*;

    fn jpeg() -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let noise = RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x * y * 37 % 251) as u8, (x * 91 + y * 13) as u8, (y * 7) as u8]));
        noise.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn the_end_is_found_wherever_it_is() {
        let whole = jpeg();
        let plain = walk(&whole).unwrap();
        assert_eq!((plain.components, plain.trailing), (3, 0));
        assert_eq!(walk(&[whole.clone(), vec![0; 200_000]].concat()).unwrap().trailing, 0);
        assert_eq!(walk(&[whole.clone(), vec![7; 200_000]].concat()).unwrap().trailing, 200_000);
        for cut in 2..whole.len() {
            assert!(walk(&whole[..cut]).is_err(), "{cut} of {} bytes", whole.len());
        }
    }

    #[test]
    fn what_cannot_be_carried_over_is_named() {
        let whole = jpeg();
        let segments = b"\xff\xfe\0\x04hi\xff\xeb\0\x06JP\0\0\xff\xed\0\x10Photoshop 3.0\0\xff\xe1\0\x08Exif\0\0";
        let found = walk(&[&whole[..2], segments, &whole[2..]].concat()).unwrap();
        assert_eq!(found.lost.into_iter().collect::<Vec<_>>(), ["APP11 JP", "a comment", "captions (IPTC)"]);
    }

    /// A thumbnail is a whole JPEG inside a segment: its end is not the picture's.
    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end_of_the_picture() {
        let whole = jpeg();
        let thumbnail = [b"Exif\0\0".as_slice(), &whole].concat();
        let length = u16::try_from(thumbnail.len() + 2).unwrap().to_be_bytes();
        let with = [&whole[..2], &[0xFF, 0xE1], &length, &thumbnail, &whole[2..]].concat();
        assert!(walk(&with).is_ok());
        assert!(walk(&with[..with.len() - 2]).is_err());
        assert!(walk(&with[..with.len() - whole.len() / 2]).is_err());
    }

    #[test]
    fn fill_bytes_and_restarts_are_no_end() {
        let whole = jpeg();
        let filled = [&whole[..2], &[0xFF, 0xFF, 0xFF], &whole[3..]].concat();
        assert!(walk(&filled).is_ok());
        assert!(walk(b"\xff\xd8\xff\xda\0\x02ab\xff\0c\xff\xd0d\xff\xff\xd9").is_ok());
        assert!(walk(b"GIF89a").is_err());
    }
}
