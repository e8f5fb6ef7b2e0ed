//! A JPEG file walked segment by segment: whether it is whole, and what stands in it. No pixel is decoded.

use crate::Fault;

/// Walks a file from its start to the picture's end, which is not the end of a thumbnail inside a segment, nor that of the
/// file. `see` is told each segment's marker and content. Returns where the picture ends.
///
/// # Errors
/// It ends before the picture does, or does not begin as a JPEG.
pub fn walk(bytes: &[u8], see: &mut dyn FnMut(u8, &[u8])) -> Result<usize, Fault> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return Err(Fault::NoPicture);
    }
    let mut at = 2;
    loop {
        match next_marker(bytes, &mut at).ok_or(Fault::Cut)? {
            0xD9 => return Ok(at),
            // Markers without a segment.
            0x01 | 0xD0..=0xD8 => {}
            marker => {
                let content = segment(bytes, at).ok_or(Fault::Cut)?;
                at += content.len() + 2;
                see(marker, content);
                if marker == 0xDA {
                    skip_scan(bytes, &mut at);
                }
            }
        }
    }
}

/// Colour components, where a segment says it: 1 grey, 3 colours, 4 inks.
pub fn components(marker: u8, content: &[u8]) -> Option<u8> {
    // All frames; the three that are left out are tables between them.
    let frame = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
    content.get(5).copied().filter(|_| frame)
}

/// The content of the segment whose length stands here.
fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    bytes.get(at + 2..at + length)
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

    fn end(bytes: &[u8]) -> Result<usize, Fault> {
        walk(bytes, &mut |_, _| {})
    }

    #[test]
    fn the_end_is_found_wherever_it_is() {
        let whole = jpeg();
        let mut found = None;
        assert_eq!(walk(&whole, &mut |marker, content| found = found.or(components(marker, content))).unwrap(), whole.len());
        assert_eq!(found, Some(3));
        assert_eq!(end(&[whole.clone(), vec![0; 200_000]].concat()).unwrap(), whole.len());
        assert_eq!(end(&[whole.clone(), whole.clone()].concat()).unwrap(), whole.len());
        for cut in 2..whole.len() {
            assert!(matches!(end(&whole[..cut]), Err(Fault::Cut)), "{cut} of {} bytes", whole.len());
        }
    }

    /// A thumbnail is a whole JPEG inside a segment: its end is not the picture's.
    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end_of_the_picture() {
        let whole = jpeg();
        let thumbnail = [b"Exif\0\0".as_slice(), &whole].concat();
        let length = u16::try_from(thumbnail.len() + 2).unwrap().to_be_bytes();
        let with = [&whole[..2], &[0xFF, 0xE1], &length, &thumbnail, &whole[2..]].concat();
        assert_eq!(end(&with).unwrap(), with.len());
        assert!(end(&with[..with.len() - 2]).is_err());
        assert!(end(&with[..with.len() - whole.len() / 2]).is_err());
    }

    #[test]
    fn fill_bytes_and_restarts_are_no_end() {
        let whole = jpeg();
        let filled = [&whole[..2], &[0xFF, 0xFF, 0xFF], &whole[3..]].concat();
        assert!(end(&filled).is_ok());
        assert!(end(b"\xff\xd8\xff\xda\0\x02ab\xff\0c\xff\xd0d\xff\xff\xd9").is_ok());
        // A segment shorter than its own length.
        assert!(matches!(end(b"\xff\xd8\xff\xe0\0\x01\xff\xd9"), Err(Fault::Cut)));
        assert!(matches!(end(b"GIF89a"), Err(Fault::NoPicture)));
    }
}
