//! JPEG restoration: tiles at the picture's own resolution, because what is to be removed lives at it.
//!
//! Tiles begin on the JPEG's grid, as in training, and overlap. Their noise belongs to places on the
//! picture, so that tiles agree where they overlap; there they are blended with a smooth window.
//! Sums are kept for one row of tiles only.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    window::Window,
    work::{Prepared, Traces, Work},
};
use crate::{
    noise::{self, Purpose, stream},
    picture::{Picture, from_unit},
};

/// JPEG qualities trained on.
const QUALITIES: std::ops::RangeInclusive<u8> = 5..=30;

/// A quality Q from 5 to 30 with probability ∝ exp(−Q/10): bad ones are rarer in the world, and harder.
pub fn random_quality(rng: &mut ChaCha8Rng) -> u8 {
    let weight = |quality: u8| (-f64::from(quality) / 10.0).exp();
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

/// Columns that share a stream of noise.
const BLOCK: usize = 64;

/// A picture and its restoration, as far as it is done.
#[derive(Debug)]
pub struct Restore {
    degraded: Picture,
    restored: Picture,
    /// Weighted sums of one row of tiles and their weights, 4 values a pixel.
    sums: Vec<f32>,
    /// Width of `sums` in pixels: the tiles' reach.
    reach: usize,
    /// Weight of a tile's column (and row) by its place in the tile.
    ramp: Vec<f32>,
    stride: usize,
    columns: usize,
    rows: usize,
    size: usize,
}

/// From one tile to the next: three quarters of a tile, on the grid of JPEG's blocks.
fn stride(size: usize) -> usize {
    let wanted = size - size / 4;
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

/// Columns and rows of tiles that cover a picture.
pub fn tiles((width, height): (usize, usize), size: usize) -> (usize, usize) {
    let stride = stride(size);
    (count(width, size, stride), count(height, size, stride))
}

impl Restore {
    /// Restores a picture in tiles of `size`.
    pub fn new(picture: Picture, size: usize) -> Self {
        let stride = stride(size);
        let (columns, rows) = tiles((picture.width(), picture.height()), size);
        let reach = (columns - 1) * stride + size;
        let overlap = (size - stride).max(1) as f32;
        let rise = |distance: usize| 0.5 - 0.5 * (PI * ((distance as f32 + 0.5) / overlap).min(1.0)).cos();
        Self {
            restored: picture.clone(),
            degraded: picture,
            sums: vec![0.0; 4 * reach * size],
            reach,
            ramp: (0..size).map(|place| rise(place.min(size - 1 - place))).collect(),
            stride,
            columns,
            rows,
            size,
        }
    }

    fn place(&self, index: usize) -> (usize, usize) {
        (index % self.columns * self.stride, index / self.columns * self.stride)
    }

    /// Noise of the tile at a place, `[3, size, size]`: at every pixel of the picture always the same.
    fn noise(&self, (left, top): (usize, usize), seed: u64) -> Vec<f32> {
        let area = self.size * self.size;
        let mut planes = vec![0.0; 3 * area];
        for y in 0..self.size {
            for block in left / BLOCK..=(left + self.size - 1) / BLOCK {
                let mut rng = stream(seed, Purpose::Start, (top + y) as u64, block as u64);
                let values = noise::gaussian(&mut rng, 3 * BLOCK);
                for x in (block * BLOCK).max(left)..((block + 1) * BLOCK).min(left + self.size) {
                    for channel in 0..3 {
                        planes[channel * area + y * self.size + x - left] = values[3 * (x - block * BLOCK) + channel];
                    }
                }
            }
        }
        planes
    }

    /// Writes the rows that no later tile reaches, and moves the sums up.
    fn finish_row(&mut self, row: usize) {
        let top = row * self.stride;
        let finished = if row + 1 == self.rows { self.size } else { self.stride };
        for y in top..(top + finished).min(self.degraded.height()) {
            let sums = self.sums[4 * self.reach * (y - top)..].chunks_exact(4);
            for (pixel, sums) in self.restored.row_mut(y).chunks_exact_mut(3).zip(sums) {
                for channel in 0..3 {
                    pixel[channel] = from_unit(sums[channel] / sums[3]);
                }
            }
        }
        let length = 4 * self.reach * finished;
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
        self.columns * self.rows
    }

    fn window(&self, index: usize) -> Window {
        let (left, top) = self.place(index);
        Window { left: left as isize, top: top as isize, side: self.size }
    }

    fn prepare(&self, index: usize, _random: &mut ChaCha8Rng) -> Prepared {
        let picture = (self.degraded.width(), self.degraded.height());
        let pixels = self.window(index).shrink(picture, self.size, 3, |x, y, values| {
            values.copy_from_slice(&self.degraded.get(x, y).map(f32::from));
        });
        let area = self.size * self.size;
        let condition = (0..3 * area).map(|place| pixels[place % area * 3 + place / area] / 127.5 - 1.0);
        Prepared { condition: condition.collect(), known: None, guess: None }
    }

    fn start(&self, index: usize, seed: u64) -> Vec<f32> {
        self.noise(self.place(index), seed)
    }

    fn net_size(&self) -> usize {
        self.size
    }

    fn accept(&mut self, index: usize, values: &[f32]) {
        let (left, _) = self.place(index);
        let area = self.size * self.size;
        for y in 0..self.size {
            let start = 4 * (y * self.reach + left);
            let sums = self.sums[start..start + 4 * self.size].chunks_exact_mut(4);
            for (x, sums) in sums.enumerate() {
                let weight = self.ramp[x] * self.ramp[y];
                for channel in 0..3 {
                    sums[channel] += weight * values[channel * area + y * self.size + x];
                }
                sums[3] += weight;
            }
        }
        if (index + 1).is_multiple_of(self.columns) {
            self.finish_row(index / self.columns);
        }
    }

    fn traces(&self, done: usize) -> Traces {
        // Rows are written when their last tile is done.
        let pixels = if done < self.columns { Vec::new() } else { self.restored.pixels().to_vec() };
        Traces { pixels, sums: self.sums.clone() }
    }

    fn resume(&mut self, done: usize, traces: Traces) -> bool {
        if traces.sums.len() != self.sums.len() {
            return false;
        }
        if done >= self.columns {
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
