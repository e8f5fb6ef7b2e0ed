//! `Hole`: what is to be filled with detail, and how far the fill that it has already leads.

use crate::{mask::Mask, picture::Picture};

/// A hole that somebody else has filled, the guide, to be filled again with detail.
#[derive(Clone, Copy, Debug)]
pub struct Hole<'a> {
    /// The picture with the guide's fill.
    pub picture: &'a Picture,
    /// What was filled, of the picture's size.
    pub mask: &'a Mask,
    /// The pixels that the mask covers in part, as they were: their places, row by row, ascending. They are blended into.
    pub partly: &'a [(usize, [u8; 3])],
    /// Pixels of the picture for one of whoever made the fill: finer things it cannot say.
    pub scale: f32,
    /// How far it leads.
    pub lead: Lead,
    /// 0 copies from wherever it fits best. Every other seed likes some parts of the picture less, and so makes another answer of the same guide.
    pub seed: u64,
}

/// How far a guide leads. Both were chosen by `infill evaluate --photos`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lead {
    /// How much a difference to the guide counts beside one to the picture, where the guide can say all of a pixel.
    pub weight: f32,
    /// How firmly joins hold what was copied to the guide's colours, where a difference between neighbours counts 1; 0: they hold it to its own.
    pub hold: f32,
    /// How much more firmly near the rim, where a guide knows most: so much over the square of a pixel's distance from it.
    pub near: f32,
    /// Whether its colours first go to those that the picture has around the hole.
    pub settles: bool,
}

impl Lead {
    /// Of a hole, whose rim stands all around it.
    pub const ENCLOSED: Self = Self { weight: 0.6, hold: 0.0, near: 0.5, settles: true };
    /// Of new area beyond an edge: no rim on the other side says that what is copied goes astray, and what belongs far from the picture need not
    /// have its colours.
    pub const OPEN: Self = Self { weight: 0.85, hold: 0.012, near: 0.0, settles: false };
}
