//! The page's icon, drawn: a rounded square with a hole in it.

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

/// A PNG file, RGBA, `size` pixels a side.
///
/// # Errors
/// Only a fault of the encoder.
pub fn png(size: u32, purpose: Purpose) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size, size);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels(size, purpose))?;
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

/// How much of a pixel is inside, from the distance of its middle to the edge.
fn cover(distance: f64) -> f64 {
    (0.5 - distance).clamp(0.0, 1.0)
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
}
