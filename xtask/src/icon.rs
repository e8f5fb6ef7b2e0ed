//! The page's icon, drawn: a rounded square with a hole in it.

use std::collections::BTreeSet;

use anyhow::Result;

/// Where an icon is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Shown as drawn.
    Any,
    /// Cut to the shape of the system's icons.
    Maskable,
}

impl Purpose {
    /// As the web manifest calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Maskable => "maskable",
        }
    }
}

/// The page's accent.
const GROUND: [f64; 3] = [11.0, 110.0, 95.0];

/// A PNG file, `size` pixels a side, of a palette: fewer bytes than RGBA, and every visitor loads it.
///
/// # Errors
/// Only a fault of the encoder.
pub fn png(size: u32, purpose: Purpose) -> Result<Vec<u8>> {
    let pixels = pixels(size, purpose);
    let (pixels, _) = pixels.as_chunks::<4>();
    let palette: Vec<[u8; 4]> = pixels.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let indices = pixels.iter().filter_map(|pixel| palette.binary_search(pixel).ok()).map(|index| index as u8).collect::<Vec<_>>();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size, size);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.iter().flat_map(|[colour @ .., _]| *colour).collect::<Vec<u8>>());
    encoder.set_trns(palette.iter().map(|[.., alpha]| *alpha).collect::<Vec<u8>>());
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(bytes)
}

fn pixels(size: u32, purpose: Purpose) -> Vec<u8> {
    let side = f64::from(size);
    // Corners have a radius of a quarter; a maskable icon fills what a system may cut away.
    let corner = if purpose == Purpose::Maskable { 0.0 } else { 0.25 * side };
    let hole = if purpose == Purpose::Maskable { 0.2 } else { 0.25 } * side;
    let mut pixels = Vec::with_capacity(4 * (size * size) as usize);
    for place in 0..size * size {
        // From the middle of the picture to the middle of the pixel.
        let (x, y) = (f64::from(place % size) + 0.5 - side / 2.0, f64::from(place / size) + 0.5 - side / 2.0);
        let edge = |position: f64| position.abs() - (side / 2.0 - corner);
        let outside = edge(x).max(0.0).hypot(edge(y).max(0.0)) - corner;
        let white = cover(x.hypot(y) - hole);
        pixels.extend(GROUND.map(|ground| (ground + white * (255.0 - ground)).round() as u8));
        pixels.push(if purpose == Purpose::Maskable { 255 } else { (255.0 * cover(outside)).round() as u8 });
    }
    pixels
}

/// How much of a pixel is inside, from the distance of its middle to the edge: one of so many shades, so that a palette holds all colours.
fn cover(distance: f64) -> f64 {
    const SHADES: f64 = 100.0;
    ((0.5 - distance).clamp(0.0, 1.0) * SHADES).round() / SHADES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_clear_unless_they_are_cut_and_the_middle_is_white() {
        for (purpose, corner) in [(Purpose::Any, 0), (Purpose::Maskable, 255)] {
            let pixels = pixels(64, purpose);
            let at = |x: usize, y: usize| &pixels[4 * (64 * y + x)..][..4];
            assert_eq!(at(0, 0)[3], corner);
            assert_eq!(at(32, 32), [255; 4]);
            assert_eq!(at(4, 32), [11, 110, 95, 255]);
        }
    }

    #[test]
    fn the_file_shows_the_same_pixels() {
        for (size, purpose) in [(192, Purpose::Any), (512, Purpose::Any), (512, Purpose::Maskable)] {
            let file = png(size, purpose).unwrap();
            let mut decoder = png::Decoder::new(std::io::Cursor::new(&file));
            decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
            let mut reader = decoder.read_info().unwrap();
            let mut shown = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut shown).unwrap();
            assert!(shown == pixels(size, purpose), "{size}, {purpose:?}");
            assert!(file.len() < 8000, "{} bytes", file.len());
        }
    }
}
