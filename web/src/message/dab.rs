//! A dab of the brush with a colour that is known.

use serde::{Deserialize, Serialize};

/// A dab, or a stroke.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dab {
    /// Its colour.
    pub colour: [u8; 3],
    /// Where the brush was, and half its width there, pixels of the picture: x, y, radius.
    pub path: Vec<[f32; 3]>,
}
