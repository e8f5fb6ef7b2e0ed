//! Planes of pixels to transformed tiles and back, a row of tiles side by side.

use multiversion::multiversion;

use super::form::{Form, Four, Transforms, Two};

/// How a plane is cut into tiles.
#[derive(Clone, Copy)]
pub struct Tiles {
    pub form: Form,
    pub rows: usize,
    pub columns: usize,
}

impl Tiles {
    /// Enough of them for so many pixels.
    pub fn new(form: Form, height: usize, width: usize) -> Self {
        Self { form, rows: height.div_ceil(form.results()), columns: width.div_ceil(form.results()) }
    }

    pub fn count(self) -> usize {
        self.rows * self.columns
    }
}

/// A plane with zeros around, sorted so that tiles which stand side by side can be computed so: of every row the first
/// pixels of all tiles, then the second ones, and so on.
pub struct Sorted {
    tiles: Tiles,
    /// Zeros before the first row and column: 1 for pixels, of which neighbouring tiles share two, 0 for results.
    border: usize,
    values: Vec<f32>,
}

impl Sorted {
    pub fn new(tiles: Tiles, border: usize) -> Self {
        let mut sorted = Self { tiles, border, values: Vec::new() };
        let rows = tiles.form.results() * tiles.rows + 2 * border;
        sorted.values = vec![0.0; rows * sorted.stride()];
        sorted
    }

    /// Pixels in the same place of all tiles of a row.
    fn each(&self) -> usize {
        self.tiles.columns + self.border
    }

    fn stride(&self) -> usize {
        self.tiles.form.results() * self.each()
    }

    /// Takes a plane in. What lies around it stays zero.
    pub fn fill(&mut self, plane: &[f32], width: usize) {
        let (results, border, each, stride) = (self.tiles.form.results(), self.border, self.each(), self.stride());
        for (values, target) in plane.chunks_exact(width).zip(self.values[border * stride..].chunks_exact_mut(stride)) {
            for (place, target) in target.chunks_exact_mut(each).enumerate() {
                // The first pixel that stands there, and in which tile.
                let (first, tile) = if place < border { (results - border, 1) } else { (place - border, 0) };
                target[tile..].iter_mut().zip(values.iter().skip(first).step_by(results)).for_each(|(target, value)| *target = *value);
            }
        }
    }
}

/// Bᵀ·d·B of every tile of a plane. `channel` is `[positions, all]`, written from tile `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
pub fn transform_input(plane: &Sorted, channel: &mut [f32], all: usize, first: usize) {
    match plane.tiles.form {
        Form::Two => input::<Two, 2, 4>(plane, channel, all, first),
        Form::Four => input::<Four, 4, 6>(plane, channel, all, first),
    }
}

#[inline(always)]
fn input<F: Transforms<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize>(
    plane: &Sorted,
    channel: &mut [f32],
    all: usize,
    first: usize,
) {
    let (stride, each, columns) = (plane.stride(), plane.each(), plane.tiles.columns);
    let mut lines = vec![0.0; SIDE * stride];
    for tile in 0..plane.tiles.rows {
        let begin = RESULTS * tile * stride;
        let rows: [&[f32]; SIDE] = std::array::from_fn(|row| &plane.values[begin + row * stride..begin + (row + 1) * stride]);
        let targets = pieces::<SIDE>(&mut lines, stride, 0, stride);
        for place in 0..stride {
            let values = F::input(std::array::from_fn(|row| rows[row][place]));
            for row in 0..SIDE {
                targets[row][place] = values[row];
            }
        }
        for (row, line) in lines.chunks_exact(stride).enumerate() {
            let places: [&[f32]; SIDE] = std::array::from_fn(|column| {
                let begin = column % RESULTS * each + column / RESULTS;
                &line[begin..begin + columns]
            });
            let positions = &mut channel[row * SIDE * all..(row + 1) * SIDE * all];
            let targets = pieces::<SIDE>(positions, all, first + tile * columns, columns);
            for place in 0..columns {
                let values = F::input(std::array::from_fn(|column| places[column][place]));
                for column in 0..SIDE {
                    targets[column][place] = values[column];
                }
            }
        }
    }
}

/// Of each of the first `N` rows of `stride` numbers so many from `begin` on.
#[inline(always)]
fn pieces<const N: usize>(values: &mut [f32], stride: usize, begin: usize, count: usize) -> [&mut [f32]; N] {
    let mut rows = values.chunks_exact_mut(stride);
    std::array::from_fn(|_| &mut rows.next().unwrap_or_default()[begin..begin + count])
}

/// Aᵀ·m·A of every tile of a plane, plus a summand. `channel` is `[positions, all]`, read from tile `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
pub fn transform_output(channel: &[f32], all: usize, first: usize, tiles: Tiles, summand: f32, plane: &mut [f32], width: usize) {
    match tiles.form {
        Form::Two => output::<Two, 2, 4>(channel, all, first, tiles, summand, plane, width),
        Form::Four => output::<Four, 4, 6>(channel, all, first, tiles, summand, plane, width),
    }
}

#[inline(always)]
fn output<F: Transforms<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize>(
    channel: &[f32],
    all: usize,
    first: usize,
    tiles: Tiles,
    summand: f32,
    plane: &mut [f32],
    width: usize,
) {
    let count = tiles.columns;
    // `[result's row, position's column, tile]`
    let mut sums = vec![0.0; RESULTS * SIDE * count];
    for (tile, rows) in plane.chunks_mut(RESULTS * width).enumerate() {
        let begin = first + tile * count;
        for column in 0..SIDE {
            let products: [&[f32]; SIDE] = std::array::from_fn(|row| {
                let begin = (row * SIDE + column) * all + begin;
                &channel[begin..begin + count]
            });
            let targets = pieces::<RESULTS>(&mut sums, SIDE * count, column * count, count);
            for place in 0..count {
                let values = F::output(std::array::from_fn(|row| products[row][place]));
                for row in 0..RESULTS {
                    targets[row][place] = values[row];
                }
            }
        }
        for (target, sums) in rows.chunks_exact_mut(width).zip(sums.chunks_exact(SIDE * count)) {
            let columns: [&[f32]; SIDE] = std::array::from_fn(|column| &sums[column * count..(column + 1) * count]);
            let result = |place: usize| F::output(std::array::from_fn(|column| columns[column][place])).map(|value| value + summand);
            if width == RESULTS * count {
                for (place, target) in target.chunks_exact_mut(RESULTS).enumerate() {
                    target.copy_from_slice(&result(place));
                }
            } else {
                for (place, target) in target.chunks_mut(RESULTS).enumerate() {
                    target.copy_from_slice(&result(place)[..target.len()]);
                }
            }
        }
    }
}

/// A·y·Aᵀ of every tile of [`Form::Two`] of a plane without a border: what [`transform_output`] does, turned around.
#[cfg(feature = "autodiff")]
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
pub fn transform_gradient(plane: &Sorted, channel: &mut [f32], all: usize, first: usize) {
    let (stride, count) = (plane.stride(), plane.tiles.columns);
    let mut lines = vec![0.0; 4 * stride];
    for (tile, rows) in plane.values.chunks_exact(2 * stride).enumerate() {
        let (upper, lower) = rows.split_at(stride);
        let targets = pieces::<4>(&mut lines, stride, 0, stride);
        for place in 0..stride {
            let values = Two::gradient([upper[place], lower[place]]);
            for row in 0..4 {
                targets[row][place] = values[row];
            }
        }
        for (row, line) in lines.chunks_exact(stride).enumerate() {
            let (left, right) = line.split_at(count);
            let targets = pieces::<4>(&mut channel[4 * row * all..4 * (row + 1) * all], all, first + tile * count, count);
            for place in 0..count {
                let values = Two::gradient([left[place], right[place]]);
                for column in 0..4 {
                    targets[column][place] = values[column];
                }
            }
        }
    }
}
