//! JPEG restoration: tiles at the picture's own resolution, because what is to be removed lives at it.
//!
//! Tiles begin on the JPEG's grid, as in training, wherever that begins, and overlap. Their noise belongs to places on the
//! picture, so that tiles agree where they overlap; there they are blended with a smooth window.
//! Sums are kept for one row of tiles only. Tiles that show no blocks of JPEG can be left as they are.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    blocks::Blocks,
    window::Window,
    work::{Prepared, Traces, Work},
};
use crate::{
    noise::{self, Purpose, stream},
    picture::{Picture, from_unit},
};

/// JPEG qualities trained on (paper: 5 to 30). People also repair better ones, of which a net must know to leave them.
const QUALITIES: std::ops::RangeInclusive<u8> = 5..=60;

/// A quality Q from 5 to 60 with probability ∝ exp(−Q/15) (paper: Q/10): there is more to learn from bad ones.
pub fn random_quality(rng: &mut ChaCha8Rng) -> u8 {
    let weight = |quality: u8| (-f64::from(quality) / 15.0).exp();
    let total: f64 = QUALITIES.map(weight).sum();
    let mut left = rng.random_range(0.0..total);
    for quality in QUALITIES {
        left -= weight(quality);
        if left < 0.0 {
            return quality;
        }
    }
    *QUALITIES.end()
}

/// A level of 255 in [−1, 1].
fn unit(level: u8) -> f32 {
    f32::from(level) / 127.5 - 1.0
}

/// Columns that share a stream of noise.
const BLOCK: usize = 64;

/// How a picture is repaired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repair {
    /// How much of the repair is used, 0 none to 1 all.
    pub strength: f32,
    /// Whether parts that show no blocks of JPEG are left as they are.
    pub leave_clean: bool,
}

impl Default for Repair {
    fn default() -> Self {
        Self { strength: 1.0, leave_clean: false }
    }
}

/// A picture and its restoration, as far as it is done.
#[derive(Debug)]
pub struct Restore {
    degraded: Picture,
    restored: Picture,
    strength: f32,
    /// The tiles that the net is asked about, in their order.
    asked: Vec<usize>,
    /// Weighted sums of one row of tiles and their weights, 4 values a pixel, of all columns that the tiles cover.
    sums: Vec<f32>,
    /// Weight of a tile's column (and row) by its place in the tile.
    ramp: Vec<f32>,
    grid: Grid,
}

/// Pixels that tiles share with the next, at most: two of JPEG's blocks.
const OVERLAP: usize = 16;

/// From one tile to the next, on the grid of JPEG's blocks.
fn stride(size: usize) -> usize {
    let wanted = size - (size / 4).min(OVERLAP);
    match wanted {
        16.. => wanted / 16 * 16,
        8.. => 8,
        _ => wanted.max(1),
    }
}

/// Tiles that cover a length.
fn count(length: usize, size: usize, stride: usize) -> usize {
    1 + length.saturating_sub(size).div_ceil(stride)
}

/// Columns and rows of tiles that cover a picture of whole blocks.
pub fn tiles((width, height): (usize, usize), size: usize) -> (usize, usize) {
    let stride = stride(size);
    (count(width, size, stride), count(height, size, stride))
}

/// How many tiles of a picture show blocks, and are repaired where clean ones are left.
pub fn repaired_tiles(size: (usize, usize), blocks: &Blocks, tile: usize) -> usize {
    Grid::new(size, blocks, tile).seen(size, blocks).count()
}

/// Where tiles lie on a picture. They begin with its first block, some of which may be missing.
#[derive(Clone, Copy, Debug)]
struct Grid {
    /// Side of a tile.
    size: usize,
    stride: usize,
    columns: usize,
    rows: usize,
    /// Columns and rows of the first tiles that lie outside of the picture.
    outside: (usize, usize),
}

impl Grid {
    fn new((width, height): (usize, usize), blocks: &Blocks, size: usize) -> Self {
        let outside = blocks.missing();
        let (columns, rows) = tiles((width + outside.0, height + outside.1), size);
        Self { size, stride: stride(size), columns, rows, outside }
    }

    /// Columns that the tiles cover, the ones outside included.
    fn reach(&self) -> usize {
        (self.columns - 1) * self.stride + self.size
    }

    /// Where a tile begins, counted from where the first does.
    fn place(&self, tile: usize) -> (usize, usize) {
        (tile % self.columns * self.stride, tile / self.columns * self.stride)
    }

    /// A tile on the picture.
    fn window(&self, tile: usize) -> Window {
        let (left, top) = self.place(tile);
        let before = |place: usize, outside: usize| place as isize - outside as isize;
        Window { left: before(left, self.outside.0), top: before(top, self.outside.1), side: self.size }
    }

    /// The tiles of a picture of some size in which blocks are seen.
    fn seen(self, size: (usize, usize), blocks: &Blocks) -> impl Iterator<Item = usize> {
        (0..self.columns * self.rows).filter(move |tile| blocks.are_seen(&self.window(*tile).area(size)))
    }
}

impl Restore {
    /// Restores a picture in tiles of `size`.
    pub fn new(picture: Picture, Repair { strength, leave_clean }: Repair, size: usize) -> Self {
        let all = (picture.width(), picture.height());
        let blocks = Blocks::find(all, picture.pixels());
        let grid = Grid::new(all, &blocks, size);
        let asked = if leave_clean { grid.seen(all, &blocks).collect() } else { (0..grid.columns * grid.rows).collect() };
        let overlap = (size - grid.stride).max(1) as f32;
        let rise = |distance: usize| 0.5 - 0.5 * (PI * ((distance as f32 + 0.5) / overlap).min(1.0)).cos();
        let mut work = Self {
            strength: strength.clamp(0.0, 1.0),
            asked,
            restored: picture.clone(),
            degraded: picture,
            sums: vec![0.0; 4 * grid.reach() * size],
            ramp: (0..size).map(|place| rise(place.min(size - 1 - place))).collect(),
            grid,
        };
        if !work.asked.is_empty() {
            work.finish_rows(0, work.row_of(0));
        }
        work
    }

    /// A tile of the picture, `[3, size, size]` in [−1, 1].
    fn shown(&self, tile: usize) -> Vec<f32> {
        let size = self.grid.size;
        let pixels = self.grid.window(tile).shrink((self.degraded.width(), self.degraded.height()), size, 3, |x, y, values| {
            values.copy_from_slice(&self.degraded.get(x, y).map(f32::from));
        });
        let area = size * size;
        (0..3 * area).map(|place| pixels[place % area * 3 + place / area] / 127.5 - 1.0).collect()
    }

    /// The row of tiles that a window is in; after the last window the row after the last.
    fn row_of(&self, window: usize) -> usize {
        self.asked.get(window).map_or(self.grid.rows, |tile| tile / self.grid.columns)
    }

    /// Adds a tile's values, `[3, size, size]`, to the sums.
    fn add(&mut self, tile: usize, values: &[f32]) {
        let Grid { size, .. } = self.grid;
        let ((left, _), area, reach) = (self.grid.place(tile), size * size, self.grid.reach());
        for y in 0..size {
            let start = 4 * (y * reach + left);
            let sums = self.sums[start..start + 4 * size].chunks_exact_mut(4);
            for (x, sums) in sums.enumerate() {
                let weight = self.ramp[x] * self.ramp[y];
                for channel in 0..3 {
                    sums[channel] += weight * values[channel * area + y * size + x];
                }
                sums[3] += weight;
            }
        }
    }

    /// Finishes rows of tiles, those that the net is not asked about with the picture itself.
    fn finish_rows(&mut self, from: usize, to: usize) {
        for row in from..to {
            for tile in row * self.grid.columns..(row + 1) * self.grid.columns {
                if self.asked.binary_search(&tile).is_err() {
                    let values = self.shown(tile);
                    self.add(tile, &values);
                }
            }
            self.finish_row(row);
        }
    }

    /// Noise of the tile at a place, `[3, size, size]`: at every pixel of the picture always the same.
    fn noise(&self, (left, top): (usize, usize), seed: u64) -> Vec<f32> {
        let size = self.grid.size;
        let area = size * size;
        let mut planes = vec![0.0; 3 * area];
        for y in 0..size {
            for block in left / BLOCK..=(left + size - 1) / BLOCK {
                let mut rng = stream(seed, Purpose::Start, (top + y) as u64, block as u64);
                let values = noise::gaussian(&mut rng, 3 * BLOCK);
                for x in (block * BLOCK).max(left)..((block + 1) * BLOCK).min(left + size) {
                    for channel in 0..3 {
                        planes[channel * area + y * size + x - left] = values[3 * (x - block * BLOCK) + channel];
                    }
                }
            }
        }
        planes
    }

    /// Writes the rows that no later tile reaches, and moves the sums up.
    fn finish_row(&mut self, row: usize) {
        let Grid { size, stride, rows, outside, .. } = self.grid;
        let (top, reach) = (row * stride, self.grid.reach());
        let finished = if row + 1 == rows { size } else { stride };
        for y in top.max(outside.1)..(top + finished).min(self.degraded.height() + outside.1) {
            let sums = self.sums[4 * (reach * (y - top) + outside.0)..].chunks_exact(4);
            for (pixel, sums) in self.restored.row_mut(y - outside.1).chunks_exact_mut(3).zip(sums) {
                for channel in 0..3 {
                    let made = sums[channel] / sums[3];
                    // The pixel is as it was until now.
                    let kept = unit(pixel[channel]);
                    pixel[channel] = from_unit(if self.strength < 1.0 { kept + self.strength * (made - kept) } else { made });
                }
            }
        }
        let length = 4 * reach * finished;
        self.sums.copy_within(length.., 0);
        let end = self.sums.len() - length;
        self.sums[end..].fill(0.0);
    }
}

impl Work for Restore {
    fn independent(&self) -> bool {
        true
    }

    fn windows(&self) -> usize {
        self.asked.len()
    }

    fn window(&self, index: usize) -> Window {
        self.grid.window(self.asked[index])
    }

    fn prepare(&self, index: usize, _random: &mut ChaCha8Rng) -> Prepared {
        Prepared { condition: self.shown(self.asked[index]), known: None, guess: None }
    }

    fn start(&self, index: usize, seed: u64) -> Vec<f32> {
        self.noise(self.grid.place(self.asked[index]), seed)
    }

    fn net_size(&self) -> usize {
        self.grid.size
    }

    fn accept(&mut self, index: usize, values: &[f32]) {
        self.add(self.asked[index], values);
        self.finish_rows(self.row_of(index), self.row_of(index + 1));
    }

    fn traces(&self, done: usize) -> Traces {
        // Rows are written when their last tile is done.
        let pixels = if self.row_of(done) == self.row_of(0) { Vec::new() } else { self.restored.pixels().to_vec() };
        Traces { pixels, sums: self.sums.clone() }
    }

    fn resume(&mut self, done: usize, traces: Traces) -> bool {
        if traces.sums.len() != self.sums.len() {
            return false;
        }
        if self.row_of(done) > self.row_of(0) {
            let Ok(picture) = Picture::new(self.degraded.width(), self.degraded.height(), traces.pixels) else { return false };
            self.restored = picture;
        }
        self.sums = traces.sums;
        true
    }

    fn mix(&self, _x: usize, _y: usize, generated: [f32; 3]) -> [u8; 3] {
        generated.map(from_unit)
    }

    fn picture(&self) -> &Picture {
        &self.restored
    }

    fn into_picture(self: Box<Self>) -> Picture {
        self.restored
    }
}
