//! `Guide`: what belongs into a hole, said by somebody else, and how far it leads.

use crate::picture::Picture;

/// What belongs into a hole, as far as somebody can say.
#[derive(Clone, Debug)]
pub struct Guide {
    /// Of the picture's size; it counts in the hole only.
    pub picture: Picture,
    /// Pixels of the picture for one of whoever made the guide: finer things it cannot say.
    pub scale: f32,
    /// How far it leads.
    pub lead: Lead,
}

/// How far a guide leads. Both were chosen by `infill evaluate --photos`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lead {
    /// How much a difference to the guide counts beside one to the picture, where the guide can say all of a pixel.
    pub weight: f32,
    /// How firmly joins hold what was copied to the guide's colours, where a difference between neighbours counts 1; 0: they hold it to its own.
    pub hold: f32,
}

impl Lead {
    /// Of a hole, whose rim stands all around it.
    pub const ENCLOSED: Self = Self { weight: 0.6, hold: 0.0 };
    /// Of new area beyond an edge: no rim on the other side says that what is copied goes astray.
    pub const OPEN: Self = Self { weight: 1.0, hold: 0.02 };
}
