//! What the segments of a JPEG file say that another file may take, and what they say that it cannot.

use std::collections::BTreeSet;

use infill_picture_file::{Fault, jpeg};

/// What the segments say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// Unit (0 none, 1 inch, 2 centimetre) and pixels per unit, across and down.
    pub density: Option<(u8, u16, u16)>,
    /// Names of what cannot be carried into another file.
    pub lost: BTreeSet<String>,
    /// Bytes behind the picture's end that are not all zero: the film of a motion photo, other pictures.
    pub trailing: usize,
}

/// What a file says beside its picture.
///
/// # Errors
/// It does not begin as a JPEG, or ends before the picture does.
pub fn read(bytes: &[u8]) -> Result<Segments, Fault> {
    let mut found = Segments::default();
    let end = jpeg::walk(bytes, &mut |marker, content| found.note(marker, content))?;
    let rest = &bytes[end..];
    found.trailing = if rest.iter().all(|byte| *byte == 0) { 0 } else { rest.len() };
    Ok(found)
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
        RgbImage::from_pixel(40, 30, image::Rgb([9, 8, 7])).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn what_is_behind_the_picture_is_counted_unless_it_is_nothing() {
        let whole = jpeg();
        for (behind, trailing) in [(vec![], 0), (vec![0; 200_000], 0), (vec![7; 200_000], 200_000)] {
            assert_eq!(read(&[whole.clone(), behind].concat()).unwrap().trailing, trailing);
        }
    }

    #[test]
    fn what_cannot_be_carried_over_is_named() {
        let whole = jpeg();
        let segments = b"\xff\xfe\0\x04hi\xff\xeb\0\x06JP\0\0\xff\xed\0\x10Photoshop 3.0\0\xff\xe1\0\x08Exif\0\0";
        let found = read(&[&whole[..2], segments, &whole[2..]].concat()).unwrap();
        assert_eq!(found.lost.into_iter().collect::<Vec<_>>(), ["APP11 JP", "a comment", "captions (IPTC)"]);
    }
}
