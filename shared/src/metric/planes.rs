//! What every measure begins with: sizes that fit, and luma as numbers.

use crate::{
    mask::Mask,
    picture::{Picture, luma},
};

/// Stops where pictures or mask do not fit together.
///
/// # Panics
/// When the sizes differ.
pub fn check_sizes(first: &Picture, second: &Picture, mask: Option<&Mask>) {
    let size = (first.width(), first.height());
    assert_eq!(size, (second.width(), second.height()), "only pictures of one size can be compared");
    if let Some(mask) = mask {
        assert_eq!(size, (mask.width(), mask.height()), "the mask's size must be the pictures'");
    }
}

/// Rec.601 luma, 0 to 255, row by row.
pub fn luma_plane(picture: &Picture) -> Vec<f64> {
    picture.pixels().chunks_exact(3).map(|pixel| f64::from(luma([pixel[0], pixel[1], pixel[2]]))).collect()
}
