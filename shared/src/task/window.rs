//! Square windows on a picture: shrunk to the net's size, and enlarged back. A window may reach
//! outside its picture, which is then continued by reflection. It knows no tasks.

use std::ops::Range;

use crate::{mask::Rect, picture::Resampler};

/// A square part of a picture, in the picture's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First column; negative left of the picture.
    pub left: isize,
    /// First row; negative above the picture.
    pub top: isize,
    /// Columns and rows.
    pub side: usize,
}

/// A window and the part of it that is taken from the net's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What the net sees.
    pub window: Window,
    /// What is filled from it: inside the window and inside the picture.
    pub keep: Rect,
}

/// The index inside 0..length that stands for `index` when the samples are mirrored at both ends,
/// the outermost sample included.
pub fn reflect(index: isize, length: usize) -> usize {
    let folded = index.rem_euclid(2 * length as isize) as usize;
    folded.min(2 * length - 1 - folded)
}

/// Where an interval of `side` begins that should begin at `wanted`, kept inside 0..length; centred
/// where it is the longer.
fn place(wanted: isize, side: usize, length: usize) -> isize {
    let room = length as isize - side as isize;
    if room < 0 { room / 2 } else { wanted.clamp(0, room) }
}

impl Window {
    /// A window that begins at `(left, top)`, moved into the picture where it fits, else centred on it.
    pub fn inside(left: isize, top: isize, side: usize, (width, height): (usize, usize)) -> Self {
        Self { left: place(left, side, width), top: place(top, side, height), side }
    }

    /// A window with a rectangle in its middle, as far as the picture's edges allow.
    pub fn around(area: &Rect, side: usize, size: (usize, usize)) -> Self {
        let begin = |start: usize, length: usize| start as isize + (length as isize - side as isize) / 2;
        Self::inside(begin(area.left, area.width), begin(area.top, area.height), side, size)
    }

    /// The part inside a picture.
    pub fn area(&self, (width, height): (usize, usize)) -> Rect {
        let cut = |start: isize, length: usize| {
            let end = (start + self.side as isize).clamp(0, length as isize) as usize;
            let begin = (start.max(0) as usize).min(end);
            (begin, end - begin)
        };
        let ((left, width), (top, height)) = (cut(self.left, width), cut(self.top, height));
        Rect { left, top, width, height }
    }

    /// The window's mean over areas at `size`×`size` (never more than its side), `channels` values a
    /// pixel, interleaved. `pixel(x, y, values)` gives those of a pixel of the picture.
    ///
    /// Only one line at full width exists at a time.
    pub fn shrink(&self, picture: (usize, usize), size: usize, channels: usize, pixel: impl Fn(usize, usize, &mut [f32])) -> Vec<f32> {
        let axis = Resampler::new(self.side, size);
        let columns: Vec<usize> = (0..self.side).map(|x| reflect(self.left + x as isize, picture.0)).collect();
        let mut line = vec![0.0; self.side * channels];
        let length = size * channels;
        let mut narrow = vec![0.0; length * self.side];
        for (y, row) in narrow.chunks_exact_mut(length).enumerate() {
            let source = reflect(self.top + y as isize, picture.1);
            for (x, values) in columns.iter().zip(line.chunks_exact_mut(channels)) {
                pixel(*x, source, values);
            }
            axis.apply(&line, channels, row);
        }
        let mut result = vec![0.0; length * size];
        for (y, row) in result.chunks_exact_mut(length).enumerate() {
            axis.apply_row(&narrow, length, y, row);
        }
        result
    }
}

/// Planes at the net's size, enlarged smoothly (Catmull-Rom) and read row by row, so that nothing of
/// the full size is held.
pub struct Enlarged {
    down: Resampler,
    /// The planes' rows at full width, channels interleaved.
    rows: Vec<f32>,
    length: usize,
}

impl Enlarged {
    /// Planes `[channels, rows, columns]` enlarged to `target` `(columns, rows)`, of which only the
    /// columns in `range` will be read.
    pub fn new(planes: &[f32], from: (usize, usize), target: (usize, usize), range: Range<usize>) -> Self {
        let channels = planes.len() / (from.0 * from.1);
        let across = Resampler::new(from.0, target.0);
        let length = channels * range.len();
        let mut rows = vec![0.0; length * from.1];
        for (y, row) in rows.chunks_exact_mut(length).enumerate() {
            for (x, values) in range.clone().zip(row.chunks_exact_mut(channels)) {
                for (sample, weight) in across.taps(x) {
                    for (channel, value) in values.iter_mut().enumerate() {
                        *value += weight * planes[(channel * from.1 + y) * from.0 + sample];
                    }
                }
            }
        }
        Self { down: Resampler::new(from.1, target.1), rows, length }
    }

    /// Values of a row, channels interleaved.
    pub fn row(&self, y: usize, values: &mut [f32]) {
        self.down.apply_row(&self.rows, self.length, y, values);
    }

    /// Values in a row.
    pub fn length(&self) -> usize {
        self.length
    }
}
