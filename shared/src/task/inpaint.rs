//! Inpainting: the hole is drawn as in training, and shown to the net as noise.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::{
    mask::{self, Mask, Shape},
    picture::{Picture, to_unit},
};

/// Brush strokes (60 %) or rectangles (40 %): never nothing, never everything.
pub fn random_mask(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Mask {
    let free_form = rng.random_bool(0.6);
    // Strokes can miss every pixel's centre, or cover everything, on pictures of a few pixels only.
    for _ in 0..16 {
        let draw = if free_form { mask::free_form } else { mask::rectangles };
        let mask = draw(width, height, rng);
        let covered = mask.values().iter().filter(|value| **value >= mask::THRESHOLD).count();
        if (1..width * height).contains(&covered) {
            return mask;
        }
    }
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Rectangle { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }, true);
    mask
}

/// The picture, `[3, height, width]` in [−1, 1], with `noise` of the same shape where the mask covers.
pub fn condition(picture: &Picture, mask: &Mask, noise: &[f32]) -> Vec<f32> {
    assert_eq!((picture.width(), picture.height()), (mask.width(), mask.height()), "the mask's size must be the picture's");
    let area = picture.width() * picture.height();
    (0..3 * area)
        .map(|index| {
            let (channel, place) = (index / area, index % area);
            if mask.values()[place] >= mask::THRESHOLD { noise[index] } else { to_unit(picture.pixels()[3 * place + channel]) }
        })
        .collect()
}
