//! Inpainting: holes as training draws them, and as a person marks them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{fill::Fill, holes, work::Net};
use crate::{
    completion::Lead,
    mask::{self, Mask, Shape},
    picture::{Far, Picture, guess_fill},
};

/// A mask of a picture's size, to be filled.
pub fn begin(picture: Picture, mask: Mask, net: Net) -> Fill {
    let windows = holes::plan(&mask, net.size);
    Fill::new(picture, mask, windows, net, guess, Lead::ENCLOSED)
}

/// What sampling may begin from: the rim, continued smoothly.
fn guess(planes: &mut [f32], width: usize, missing: &[bool]) {
    guess_fill(planes, width, missing, Far::Smooth);
}

/// Of a window's area, what a compact hole covers: an edit's window is twice as wide as its hole.
const COMPACT: [f64; 2] = [0.04, 0.3];

/// The hole of a window of an edit: one, and compact.
pub fn compact_mask(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Mask {
    some_of(width, height, || mask::blob(width, height, COMPACT, rng))
}

/// Brush strokes (60 %) or rectangles (40 %): never nothing, never everything.
pub fn random_mask(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Mask {
    let draw = if rng.random_bool(0.6) { mask::free_form } else { mask::rectangles };
    some_of(width, height, || draw(width, height, rng))
}

/// What is drawn, if it covers some of the picture and not all; on pictures of a few pixels, where it can miss every pixel's centre or cover
/// everything, sixteen draws are made before one pixel is taken instead.
fn some_of(width: usize, height: usize, mut draw: impl FnMut() -> Mask) -> Mask {
    for _ in 0..16 {
        let mask = draw();
        let covered = mask.values().iter().filter(|value| **value >= mask::THRESHOLD).count();
        if (1..width * height).contains(&covered) {
            return mask;
        }
    }
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Rectangle { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }, true);
    mask
}
