//! Colorization: the net says which colours are where, the picture keeps its own luma.
//!
//! The net sees the whole picture, shrunk. Colour is a matter of the whole (what is sky, what is sea),
//! and tiles at full resolution would each decide it anew and disagree; the eye, in turn, resolves
//! colour far more coarsely than luma. So only chroma (Rec.601, full range) is taken from the net. It
//! is enlarged smoothly, and corrected where the full-size luma differs from the shrunk one by as much
//! as chroma follows luma nearby (the linear model of the guided filter, He et al. 2013), so that
//! colours end where things do. Only pictures more than twice as long as wide are seen in parts, which
//! overlap by half and are blended.

use rand_chacha::ChaCha8Rng;

use super::{
    hints::Hints,
    window::{Enlarged, Window},
    work::{Prepared, Traces, Work},
};
use crate::picture::{Picture, chroma, colour, luma};

/// Radius of the neighbourhood, in the net's pixels, in which chroma is compared with luma.
const RADIUS: usize = 2;
/// Variance of luma (of 255²) below which chroma is not taken to follow it: about 5 grey levels.
const FLAT: f32 = 25.0;

/// What training shows of a picture: Rec.601 luma in three channels, `[3, height, width]` in [−1, 1], rounded to 8 bits as
/// in a grey picture from a file.
pub fn condition(picture: &Picture) -> Vec<f32> {
    picture.grey().to_planes()
}

/// A picture, and chroma at the net's resolution as far as it is known.
#[derive(Debug)]
pub struct Colorize {
    picture: Picture,
    hints: Hints,
    /// Side of a window in the picture's pixels.
    side: usize,
    count: usize,
    /// Weighted sums over the windows: shrunk luma, Cb, Cr and weight, 4 planes.
    sums: Vec<f32>,
    /// Columns and rows of `sums`.
    grid: (usize, usize),
    size: usize,
}

/// The side of a picture's windows in its pixels, and how many there are.
pub fn windows((width, height): (usize, usize), size: usize) -> (usize, usize) {
    let (short, long) = (width.min(height), width.max(height));
    // A square of the whole picture, or parts twice as long as the picture is wide. An even side
    // makes half a window whole pixels; the net's own size is even.
    let part = (2 * short).max(size).next_multiple_of(2);
    if long <= part { (long.max(size), 1) } else { (part, (2 * long).div_ceil(part) - 1) }
}

impl Colorize {
    /// Colours a picture, with hints of its size or none; of coloured ones only luma is used.
    pub fn new(picture: Picture, hints: Hints, size: usize) -> Self {
        let (side, count) = windows((picture.width(), picture.height()), size);
        let long = picture.width().max(picture.height());
        let length = size / 2 * (count + 1);
        let grid = match (count, picture.width() == long) {
            (1, _) => (size, size),
            (_, true) => (length, size),
            (_, false) => (size, length),
        };
        Self { picture, hints, side, count, sums: vec![0.0; 4 * grid.0 * grid.1], grid, size }
    }

    /// Where a window begins, in half windows to the right and down.
    fn halves(&self, index: usize) -> (usize, usize) {
        if self.grid.0 >= self.grid.1 { (index, 0) } else { (0, index) }
    }

    /// Mean luma of a window, 0 to 255, row by row.
    fn shrink(&self, index: usize) -> Vec<f32> {
        let picture = (self.picture.width(), self.picture.height());
        self.window(index).shrink(picture, self.size, 1, |x, y, value| value[0] = luma(self.picture.get(x, y)))
    }

    /// Rises to the middle of a window and falls again: half-overlapping windows add up to 1.
    fn weight(&self, (x, y): (usize, usize)) -> f32 {
        let place = if self.grid.0 >= self.grid.1 { x } else { y } as f32;
        match self.count {
            1 => 1.0,
            _ => (std::f32::consts::PI * (place + 0.5) / self.size as f32).sin().powi(2),
        }
    }

    fn paint(&mut self) {
        let area = self.grid.0 * self.grid.1;
        let (planes, weights) = self.sums.split_at_mut(3 * area);
        for (place, value) in planes.iter_mut().enumerate() {
            *value /= weights[place % area];
        }
        let planes = guided_planes(planes, self.grid);
        let full = |cells: usize| cells * self.side / self.size;
        let (width, height) = (self.picture.width(), self.picture.height());
        let enlarged = Enlarged::new(&planes, self.grid, (full(self.grid.0), full(self.grid.1)), 0..width);
        let mut line = vec![0.0; enlarged.length()];
        for y in 0..height {
            enlarged.row(y, &mut line);
            let pixels = self.picture.row_mut(y).chunks_exact_mut(3);
            for (pixel, values) in pixels.zip(line.chunks_exact(5)) {
                let luma = luma([pixel[0], pixel[1], pixel[2]]);
                let chroma = [1, 2].map(|channel| values[channel] + values[channel + 2] * (luma - values[0]));
                pixel.copy_from_slice(&colour(luma, chroma));
            }
        }
        self.hints.apply(&mut self.picture);
    }
}

/// Luma, Cb, Cr → the same and two planes more: how much Cb and Cr change with luma around a pixel,
/// the slope of the guided filter's linear model.
fn guided_planes(planes: &[f32], grid: (usize, usize)) -> Vec<f32> {
    let area = grid.0 * grid.1;
    let guide = &planes[..area];
    let product = |plane: &[f32]| -> Vec<f32> { plane.iter().zip(guide).map(|(a, b)| a * b).collect() };
    let mean = |plane: &[f32]| box_mean(plane, grid);
    let (guide_mean, square_mean) = (mean(guide), mean(&product(guide)));
    let mut result = planes.to_vec();
    for chroma in planes[area..].chunks_exact(area) {
        let (chroma_mean, product_mean) = (mean(chroma), mean(&product(chroma)));
        let slopes: Vec<f32> = (0..area)
            .map(|place| {
                let variance = square_mean[place] - guide_mean[place] * guide_mean[place];
                (product_mean[place] - guide_mean[place] * chroma_mean[place]) / (variance.max(0.0) + FLAT)
            })
            .collect();
        result.extend(mean(&slopes));
    }
    result
}

/// The mean over a square of 2·RADIUS + 1, cut at the edges.
fn box_mean(plane: &[f32], (width, height): (usize, usize)) -> Vec<f32> {
    let mean = |centre: usize, length: usize, value: &dyn Fn(usize) -> f32| {
        let range = centre.saturating_sub(RADIUS)..(centre + RADIUS + 1).min(length);
        let count = range.len() as f32;
        range.map(value).sum::<f32>() / count
    };
    let across: Vec<f32> = (0..width * height).map(|place| mean(place % width, width, &|x| plane[place / width * width + x])).collect();
    (0..width * height).map(|place| mean(place / width, height, &|y| across[y * width + place % width])).collect()
}

impl Work for Colorize {
    fn windows(&self) -> usize {
        self.count
    }

    fn window(&self, index: usize) -> Window {
        let (right, down) = self.halves(index);
        let place = |halves: usize| (halves * self.side / 2) as isize;
        // Beginning at the picture's corner, so that chroma's grid does too.
        Window { left: place(right), top: place(down), side: self.side }
    }

    fn prepare(&self, index: usize, _random: &mut ChaCha8Rng) -> Prepared {
        let grey: Vec<f32> = self.shrink(index).iter().map(|luma| luma.round() / 127.5 - 1.0).collect();
        Prepared { condition: grey.repeat(3), known: None, guess: None }
    }

    fn net_size(&self) -> usize {
        self.size
    }

    fn accept(&mut self, index: usize, values: &[f32]) {
        let shrunk = self.shrink(index);
        let (area, grid_area) = (self.size * self.size, self.grid.0 * self.grid.1);
        let (right, down) = self.halves(index);
        for place in 0..area {
            let (x, y) = (place % self.size, place / self.size);
            let weight = self.weight((x, y));
            let [blue, red] = chroma([0, 1, 2].map(|channel| values[channel * area + place].clamp(-1.0, 1.0)));
            let cell = (down * self.size / 2 + y) * self.grid.0 + right * self.size / 2 + x;
            for (plane, value) in [shrunk[place], blue, red, 1.0].into_iter().enumerate() {
                self.sums[plane * grid_area + cell] += weight * value;
            }
        }
        if index + 1 == self.count {
            self.paint();
        }
    }

    fn traces(&self, done: usize) -> Traces {
        // Nothing is painted before the last window is done.
        let pixels = if done < self.count { Vec::new() } else { self.picture.pixels().to_vec() };
        Traces { pixels, sums: self.sums.clone() }
    }

    fn resume(&mut self, done: usize, traces: Traces) -> bool {
        if traces.sums.len() != self.sums.len() {
            return false;
        }
        if done == self.count {
            let Ok(picture) = Picture::new(self.picture.width(), self.picture.height(), traces.pixels) else { return false };
            self.picture = picture;
        }
        self.sums = traces.sums;
        true
    }

    fn mix(&self, x: usize, y: usize, generated: [f32; 3]) -> [u8; 3] {
        colour(luma(self.picture.get(x, y)), chroma(generated))
    }

    fn picture(&self) -> &Picture {
        &self.picture
    }

    fn into_picture(self: Box<Self>) -> Picture {
        self.picture
    }
}
