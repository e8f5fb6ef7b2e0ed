//! A sheet of pictures: one column for each question, one row for each answer.

use std::io::Cursor;

use anyhow::Context;
use image::{ImageFormat, Rgb, RgbImage};
use infill::picture::Picture;

/// White pixels between pictures.
const GAP: usize = 2;

/// Pictures smaller than this are shown enlarged, pixel by pixel.
const LEGIBLE: usize = 96;

/// The rows as one PNG; all pictures have the same size.
///
/// # Errors
/// There is no picture.
pub fn png(rows: &[Vec<Picture>]) -> anyhow::Result<Vec<u8>> {
    let first = rows.iter().flatten().next().context("a sheet without pictures")?;
    let scale = LEGIBLE.div_ceil(first.width()).max(1);
    let (across, down) = (first.width() * scale, first.height() * scale);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(1);
    let width = columns * (across + GAP) + GAP;
    let height = rows.len() * (down + GAP) + GAP;
    let mut sheet = RgbImage::from_pixel(width as u32, height as u32, Rgb([255; 3]));
    for (row, pictures) in rows.iter().enumerate() {
        for (column, picture) in pictures.iter().enumerate() {
            let (left, top) = (GAP + column * (across + GAP), GAP + row * (down + GAP));
            for y in 0..down {
                for x in 0..across {
                    sheet.put_pixel((left + x) as u32, (top + y) as u32, Rgb(picture.get(x / scale, y / scale)));
                }
            }
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    sheet.write_to(&mut bytes, ImageFormat::Png).context("encoding the sheet")?;
    Ok(bytes.into_inner())
}
