//! Uncropping: half of the area is missing, on one side or all around. Its condition is inpainting's.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::mask::{Mask, Shape};

/// Left, right, top, bottom or all four sides, uniformly; always half of the area (as far as whole
/// pixels allow it).
pub fn random_mask(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Mask {
    let (across, down) = (width.div_ceil(2), height.div_ceil(2));
    let (left, top, known_width, known_height) = match rng.random_range(0..5u32) {
        0 => (width - across, 0, across, height),
        1 => (0, 0, across, height),
        2 => (0, height - down, width, down),
        3 => (0, 0, width, down),
        _ => centre(width, height),
    };
    let mut mask = Mask::full(width, height);
    let known = Shape::Rectangle { x: left as f32, y: top as f32, width: known_width as f32, height: known_height as f32 };
    mask.draw(&known, false);
    mask
}

/// The known rectangle in the middle, half of the area: `(left, top, width, height)`.
fn centre(width: usize, height: usize) -> (usize, usize, usize, usize) {
    let across = ((width as f64 / 2f64.sqrt()).round() as usize).max(1);
    let down = ((width * height) as f64 / (2.0 * across as f64)).round() as usize;
    let down = down.clamp(1, height);
    ((width - across) / 2, (height - down) / 2, across, down)
}
