//! `Preference`: which parts of a picture a seed likes less to copy from, so that a guide that has one answer leads to several.

use rand::RngExt;

use crate::noise::{Purpose, stream};

/// Pixels along a cell at the coarsest level, where a hole is some five pixels across.
const CELL: u32 = 4;

/// What a difference to the picture costs more, at most, in a part that is liked less: a share of it.
const MOST: f32 = 0.6;

/// Cells of sources, each with a factor of what they cost.
#[derive(Clone, Debug)]
pub struct Preference {
    factors: Vec<f32>,
    columns: usize,
    /// A cell's side is two to this power.
    shift: u32,
}

impl Default for Preference {
    /// All are liked alike.
    fn default() -> Self {
        Self { factors: vec![1.0], columns: 1, shift: usize::BITS - 1 }
    }
}

impl Preference {
    /// Of a seed, in the region of a number, on a level of so many pixels that `coarser` more follow. Seed 0 likes all alike.
    pub fn new(seed: u64, region: u64, (width, height): (usize, usize), coarser: u32) -> Self {
        if seed == 0 {
            return Self::default();
        }
        let side = (CELL << coarser.min(16)) as usize;
        let columns = width.div_ceil(side);
        let mut random = stream(seed, Purpose::Sources, 0, region);
        // As many cells as at every other level, for sizes are halved and rounded up.
        let factors = (0..columns * height.div_ceil(side)).map(|_| 1.0 + MOST * random.random::<f32>()).collect();
        Self { factors, columns, shift: side.trailing_zeros() }
    }

    /// The factor of the source at a pixel.
    pub fn factor(&self, x: usize, y: usize) -> f32 {
        self.factors[(y >> self.shift) * self.columns + (x >> self.shift)]
    }
}
