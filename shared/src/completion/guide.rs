//! `Guide`: what belongs into a hole, said by somebody else.

use crate::picture::Picture;

/// What belongs into a hole, as far as somebody can say.
#[derive(Clone, Debug)]
pub struct Guide {
    /// Of the picture's size; it counts in the hole only.
    pub picture: Picture,
    /// Pixels of the picture for one of whoever made the guide: finer things it cannot say.
    pub scale: f32,
}
