//! How strongly a JPEG file is compressed, as the quality that most programs ask for when they write one.

use crate::jpeg::walk;

/// The table for brightness that JPEG's standard gives as an example (ITU-T T.81, table K.1), in the order of a file. Almost all programs
/// write it scaled by the quality.
const STANDARD: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55,
    64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/// The marker of quantisation tables.
const TABLES: u8 = 0xDB;

/// About the quality that a JPEG file was written with, 1 to 100: that of the standard's table, scaled as libjpeg does, which is
/// nearest to the file's own. None of a file that is no JPEG, or has no table for brightness.
pub fn quality(bytes: &[u8]) -> Option<u8> {
    let mut found = None;
    // A file that is cut short has its tables before that.
    let _ = walk(bytes, &mut |marker, content| {
        if marker == TABLES && found.is_none() {
            found = brightness(content);
        }
    });
    let table = found?;
    let distance = |quality: &u8| {
        let scaled = scaled(*quality);
        table.iter().zip(scaled).map(|(own, standard)| u32::from(own.abs_diff(standard))).sum::<u32>()
    };
    (1..=100).min_by_key(distance)
}

/// The table with number 0 in a segment, which is that for brightness in all but odd files.
fn brightness(mut content: &[u8]) -> Option<[u16; 64]> {
    while let Some((kind, rest)) = content.split_first() {
        let (wide, number) = (kind >> 4 != 0, kind & 15);
        let (table, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
        if number == 0 {
            let value =
                |place: usize| if wide { u16::from_be_bytes([table[2 * place], table[2 * place + 1]]) } else { table[place].into() };
            return Some(std::array::from_fn(value));
        }
        content = rest;
    }
    None
}

/// The standard's table at a quality, as libjpeg scales it (`jpeg_quality_scaling`).
fn scaled(quality: u8) -> [u16; 64] {
    let quality = u32::from(quality);
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    STANDARD.map(|value| ((u32::from(value) * percent + 50) / 100).clamp(1, 255) as u16)
}

#[cfg(test)]
mod tests {
    use image::{RgbImage, codecs::jpeg::JpegEncoder};

    use super::*;

    fn written(quality: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x * y) as u8, (x * 5) as u8, (y * 7) as u8]));
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
        bytes
    }

    #[test]
    fn the_quality_that_a_file_was_written_with_is_found() {
        for asked in [1, 5, 10, 30, 49, 50, 75, 92, 100] {
            assert_eq!(quality(&written(asked)), Some(asked));
        }
        let cut = written(35);
        assert_eq!(quality(&cut[..cut.len() / 2]), Some(35));
    }

    #[test]
    fn tables_of_16_bits_and_files_without_any_are_read() {
        let mut segment = vec![0x01];
        segment.extend([7; 64]);
        segment.push(0x10);
        segment.extend(scaled(20).iter().flat_map(|value| value.to_be_bytes()));
        let length = (segment.len() as u16 + 2).to_be_bytes();
        let file = [&[0xFF, 0xD8, 0xFF, TABLES], &length[..], &segment, &[0xFF, 0xD9]].concat();
        assert_eq!(quality(&file), Some(20));
        assert_eq!(quality(b"\xff\xd8\xff\xdb\x00\x05\x00\x01\x02\xff\xd9"), None, "a table that is cut short");
        assert_eq!(quality(b"\xff\xd8\xff\xd9"), None);
        assert_eq!(quality(b"\x89PNG"), None);
    }
}
