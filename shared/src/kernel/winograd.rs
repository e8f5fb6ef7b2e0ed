//! 3×3 convolutions on the CPU in Winograd's way, F(2×2, 3×3) (Lavin and Gray, arXiv 1509.09308): 16 products for
//! four pixels where nine taps take 36, forward and in both gradients. Tiles of 4×4 pixels that overlap by two, weights
//! and results are transformed so that a convolution becomes 16 matrix products; the transforms are sums alone. The
//! arithmetic by taps, for all other shapes, is in `cpu`.
//!
//! Transformed numbers lie as `[channels, 16, tiles]`, so that a channel is one piece of memory and a row of tiles can be
//! computed side by side.

use multiversion::multiversion;

use super::{
    cpu::{Matrix, Sizes, for_each, product},
    threads,
};

/// Memory that is used again: megabytes for each convolution, which the system would hand out page by page.
mod scratch {
    use std::cell::RefCell;

    thread_local!(static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) });

    /// So many numbers, whatever they are.
    pub fn take(count: usize) -> Vec<f32> {
        let mut numbers = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
        numbers.resize(count, 0.0);
        numbers
    }

    /// For the next who takes.
    pub fn give(numbers: Vec<f32>) {
        FREE.with_borrow_mut(|free| free.push(numbers));
    }
}

/// Numbers of a transformed tile.
const POSITIONS: usize = 16;

/// Tiles that a matrix product should have at least: fewer leave the processor's registers half empty.
const WIDE: usize = 64;

/// How a plane is cut into tiles of 2×2 results.
#[derive(Clone, Copy)]
struct Tiles {
    rows: usize,
    columns: usize,
}

impl Tiles {
    fn of(sizes: Sizes) -> Self {
        Self { rows: sizes.height.div_ceil(2), columns: sizes.width.div_ceil(2) }
    }

    fn count(self) -> usize {
        self.rows * self.columns
    }
}

/// Whether this is the faster way: small pictures and few channels do not pay for the transforms.
pub(super) fn fits(sizes: Sizes) -> bool {
    sizes.side == 3 && Tiles::of(sizes).count() >= 16 && sizes.input.min(sizes.output) >= 8
}

/// A plane's columns, even ones before odd ones, of every row, with zeros around as the shift says.
struct Halves {
    even: Vec<f32>,
    odd: Vec<f32>,
    stride: usize,
}

impl Halves {
    /// With a border of `border` (1 or 0) zeros before the first row and column, for tiles of `2 + 2·border` pixels.
    fn new(tiles: Tiles, border: usize) -> Self {
        let stride = tiles.columns + border;
        let count = (2 * tiles.rows + 2 * border) * stride;
        Self { even: vec![0.0; count], odd: vec![0.0; count], stride }
    }

    fn fill(&mut self, plane: &[f32], width: usize, border: usize) {
        for (row, values) in plane.chunks_exact(width).enumerate() {
            let begin = (row + border) * self.stride;
            let (even, odd) = (&mut self.even[begin..begin + self.stride], &mut self.odd[begin..begin + self.stride]);
            // With a border the first column of the plane is an odd one.
            let (first, second) = if border == 1 { (odd, &mut even[1..]) } else { (even, odd) };
            first.iter_mut().zip(values.iter().step_by(2)).for_each(|(target, value)| *target = *value);
            second.iter_mut().zip(values.iter().skip(1).step_by(2)).for_each(|(target, value)| *target = *value);
        }
    }

    fn row(&self, row: usize) -> (&[f32], &[f32]) {
        let range = row * self.stride..(row + 1) * self.stride;
        (&self.even[range.clone()], &self.odd[range])
    }
}

/// The four positions of a row of `line` of a transformed tile row, in a channel `[16, all]`, from tile `first` on.
fn positions(channel: &mut [f32], all: usize, line: usize, first: usize, columns: usize) -> [&mut [f32]; 4] {
    let mut rows = channel[4 * line * all..4 * (line + 1) * all].chunks_exact_mut(all);
    std::array::from_fn(|_| &mut rows.next().unwrap_or_default()[first..first + columns])
}

/// Bᵀ·d·B of every tile of a plane. `channel` is `[16, all]`, written from tile `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
fn transform_input(halves: &Halves, tiles: Tiles, channel: &mut [f32], all: usize, first: usize) {
    // Which rows of a tile, and with which sign the second one.
    const ROWS: [(usize, usize, f32); 4] = [(0, 2, -1.0), (1, 2, 1.0), (2, 1, -1.0), (1, 3, -1.0)];
    let count = tiles.columns;
    for tile in 0..tiles.rows {
        for (line, (one, other, sign)) in ROWS.into_iter().enumerate() {
            let [begin, second, third, last] = positions(channel, all, line, first + tile * count, count);
            let ((even, odd), (of_even, of_odd)) = (halves.row(2 * tile + one), halves.row(2 * tile + other));
            let (even, odd, of_even, of_odd) = (&even[..=count], &odd[..=count], &of_even[..=count], &of_odd[..=count]);
            for place in 0..count {
                let (here, next) = (even[place] + sign * of_even[place], even[place + 1] + sign * of_even[place + 1]);
                let (between, after) = (odd[place] + sign * of_odd[place], odd[place + 1] + sign * of_odd[place + 1]);
                begin[place] = here - next;
                second[place] = between + next;
                third[place] = next - between;
                last[place] = between - after;
            }
        }
    }
}

/// Aᵀ·m·A of every tile of a plane, plus a summand. `channel` is `[16, all]`, read from tile `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
fn transform_output(channel: &[f32], all: usize, first: usize, tiles: Tiles, summand: f32, plane: &mut [f32], width: usize) {
    let count = tiles.columns;
    let mut sums = vec![0.0; 8 * count];
    for (tile, rows) in plane.chunks_mut(2 * width).enumerate() {
        let begin = first + tile * count;
        let position = |index: usize| &channel[index * all + begin..index * all + begin + count];
        for column in 0..4 {
            let [top, upper, lower, bottom] = [0, 4, 8, 12].map(|row| position(row + column));
            let (above, below) = sums[2 * column * count..(2 * column + 2) * count].split_at_mut(count);
            for place in 0..count {
                above[place] = top[place] + upper[place] + lower[place];
                below[place] = upper[place] - lower[place] - bottom[place];
            }
        }
        let sum = |row: usize, column: usize| &sums[(2 * column + row) * count..(2 * column + row + 1) * count];
        for (row, target) in rows.chunks_exact_mut(width).enumerate() {
            let [first, second, third, last] = [0, 1, 2, 3].map(|column| sum(row, column));
            for (place, pair) in target.chunks_mut(2).enumerate() {
                pair[0] = first[place] + second[place] + third[place] + summand;
                if let Some(value) = pair.get_mut(1) {
                    *value = second[place] - third[place] - last[place] + summand;
                }
            }
        }
    }
}

/// G·g·Gᵀ of every pair of channels: `[16, rows, columns]` from nine taps of a row and a column each.
fn transform_weight<'a>(rows: usize, columns: usize, taps: impl Fn(usize, usize) -> [&'a f32; 9]) -> Vec<f32> {
    let pairs = rows * columns;
    let mut result = vec![0.0; POSITIONS * pairs];
    let expand = |[first, second, third]: [f32; 3]| {
        let (ends, middle) = (0.5 * (first + third), 0.5 * second);
        [first, ends + middle, ends - middle, third]
    };
    for row in 0..rows {
        for column in 0..columns {
            let taps = taps(row, column).map(|tap| *tap);
            // Columns of the taps first, so that each becomes four rows.
            let [left, middle, right] = [0, 1, 2].map(|tap| expand([taps[tap], taps[3 + tap], taps[6 + tap]]));
            for line in 0..4 {
                for (place, value) in expand([left[line], middle[line], right[line]]).into_iter().enumerate() {
                    result[(4 * line + place) * pairs + row * columns + column] = value;
                }
            }
        }
    }
    result
}

/// Pictures that are computed together, all channels of them or some of one.
struct Part<'a> {
    picture: usize,
    pictures: usize,
    first: usize,
    /// `[pictures, rows, height, width]`
    target: &'a mut [f32],
}

/// How many pictures make a matrix product wide enough. Not by the number of threads, which so does not change results.
fn together(sizes: Sizes, tiles: Tiles) -> usize {
    (2 * WIDE).div_ceil(tiles.count()).min(4).min(sizes.batch)
}

fn parts(target: &mut [f32], channels: usize, sizes: Sizes, tiles: Tiles) -> Vec<Part<'_>> {
    let together = together(sizes, tiles);
    let groups = sizes.batch.div_ceil(together);
    // Each part transforms the whole input, so only what threads are there for is cut.
    let cuts = if together == 1 { threads().div_ceil(groups) } else { 1 };
    let rows = channels.div_ceil(cuts);
    let all = target.chunks_mut(together * channels * sizes.area()).enumerate();
    all.flat_map(|(group, target)| {
        let pictures = target.len() / (channels * sizes.area());
        let size = if cuts == 1 { target.len() } else { rows * sizes.area() };
        let pieces = target.chunks_mut(size).enumerate();
        pieces.map(move |(index, target)| Part { picture: group * together, pictures, first: index * rows, target })
    })
    .collect()
}

/// The transformed tiles of some pictures, `[channels, 16, pictures · tiles]`.
fn transformed_input(input: &[f32], picture: usize, pictures: usize, channels: usize, sizes: Sizes) -> Vec<f32> {
    let tiles = Tiles::of(sizes);
    let all = pictures * tiles.count();
    let mut halves = Halves::new(tiles, 1);
    let mut result = scratch::take(channels * POSITIONS * all);
    for (channel, target) in result.chunks_exact_mut(POSITIONS * all).enumerate() {
        for index in 0..pictures {
            let begin = ((picture + index) * channels + channel) * sizes.area();
            halves.fill(&input[begin..begin + sizes.area()], sizes.width, 1);
            transform_input(&halves, tiles, target, all, index * tiles.count());
        }
    }
    result
}

/// A convolution from `channels` to `rows` channels with a transformed weight `[16, rows, channels]`.
fn convolve(sizes: Sizes, [channels, rows]: [usize; 2], input: &[f32], weight: &[f32], bias: impl Fn(usize) -> f32 + Sync) -> Vec<f32> {
    let tiles = Tiles::of(sizes);
    let mut output = vec![0.0; sizes.batch * rows * sizes.area()];
    for_each(parts(&mut output, rows, sizes, tiles), |Part { picture, pictures, first, target }| {
        let all = pictures * tiles.count();
        let right = transformed_input(input, picture, pictures, channels, sizes);
        let count = target.len() / (pictures * sizes.area());
        let mut products = scratch::take(count * POSITIONS * all);
        for position in 0..POSITIONS {
            let left = Matrix { values: &weight[(position * rows + first) * channels..], row_stride: channels, column_stride: 1 };
            let right = Matrix { values: &right[position * all..], row_stride: POSITIONS * all, column_stride: 1 };
            product(&mut products[position * all..], POSITIONS * all, false, left, right, [count, all, channels]);
        }
        for (index, planes) in target.chunks_exact_mut(count * sizes.area()).enumerate() {
            let channels = planes.chunks_exact_mut(sizes.area()).zip(products.chunks_exact(POSITIONS * all)).enumerate();
            for (row, (plane, products)) in channels {
                transform_output(products, all, index * tiles.count(), tiles, bias(first + row), plane, sizes.width);
            }
        }
        scratch::give(products);
        scratch::give(right);
    });
    output
}

/// The nine taps of a pair of channels of a weight `[output, input, 3, 3]`.
fn taps(weight: &[f32], pair: usize) -> [&f32; 9] {
    std::array::from_fn(|tap| &weight[9 * pair + tap])
}

/// As [`forward`](super::cpu::forward).
pub(super) fn forward(sizes: Sizes, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let weight = transform_weight(sizes.output, sizes.input, |output, input| taps(weight, output * sizes.input + input));
    convolve(sizes, [sizes.input, sizes.output], input, &weight, |row| bias[row])
}

#[cfg(feature = "train")]
mod gradient {
    use super::*;

    /// As [`input_gradient`](crate::kernel::cpu::input_gradient): the convolution with the taps in reverse order.
    pub(in crate::kernel) fn input_gradient(sizes: Sizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
        let reversed = |input: usize, output: usize| {
            let mut taps = taps(weight, output * sizes.input + input);
            taps.reverse();
            taps
        };
        let weight = transform_weight(sizes.input, sizes.output, reversed);
        convolve(sizes, [sizes.output, sizes.input], gradient, &weight, |_| 0.0)
    }

    /// A·y·Aᵀ of every tile of a plane: what [`transform_output`] does, turned around.
    #[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
    fn transform_gradient(halves: &Halves, tiles: Tiles, channel: &mut [f32], all: usize, first: usize) {
        // Factors of the upper and the lower row of a tile.
        const ROWS: [(f32, f32); 4] = [(1.0, 0.0), (1.0, 1.0), (1.0, -1.0), (0.0, -1.0)];
        let count = tiles.columns;
        for tile in 0..tiles.rows {
            let ((even, odd), (of_even, of_odd)) = (halves.row(2 * tile), halves.row(2 * tile + 1));
            let (even, odd, of_even, of_odd) = (&even[..count], &odd[..count], &of_even[..count], &of_odd[..count]);
            for (line, (of_upper, of_lower)) in ROWS.into_iter().enumerate() {
                let [begin, second, third, last] = positions(channel, all, line, first + tile * count, count);
                for place in 0..count {
                    let left = of_upper * even[place] + of_lower * of_even[place];
                    let right = of_upper * odd[place] + of_lower * of_odd[place];
                    begin[place] = left;
                    second[place] = left + right;
                    third[place] = left - right;
                    last[place] = -right;
                }
            }
        }
    }

    fn transformed_gradient(gradient: &[f32], picture: usize, pictures: usize, sizes: Sizes) -> Vec<f32> {
        let tiles = Tiles::of(sizes);
        let all = pictures * tiles.count();
        let mut halves = Halves::new(tiles, 0);
        let mut result = scratch::take(sizes.output * POSITIONS * all);
        for (channel, target) in result.chunks_exact_mut(POSITIONS * all).enumerate() {
            for index in 0..pictures {
                let begin = ((picture + index) * sizes.output + channel) * sizes.area();
                halves.fill(&gradient[begin..begin + sizes.area()], sizes.width, 0);
                transform_gradient(&halves, tiles, target, all, index * tiles.count());
            }
        }
        result
    }

    /// Adds to `[16, output, input]` what the pictures of a group have for a weight's gradient, before it is transformed.
    pub(in crate::kernel) fn add_weight_gradient(
        sizes: Sizes,
        input: &[f32],
        gradient: &[f32],
        picture: usize,
        pictures: usize,
        target: &mut [f32],
    ) {
        let all = pictures * Tiles::of(sizes).count();
        let right = transformed_input(input, picture, pictures, sizes.input, sizes);
        let left = transformed_gradient(gradient, picture, pictures, sizes);
        for (position, target) in target.chunks_exact_mut(sizes.output * sizes.input).enumerate() {
            let left = Matrix { values: &left[position * all..], row_stride: POSITIONS * all, column_stride: 1 };
            let right = Matrix { values: &right[position * all..], row_stride: 1, column_stride: POSITIONS * all };
            product(target, sizes.input, true, left, right, [sizes.output, sizes.input, all]);
        }
        scratch::give(left);
        scratch::give(right);
    }

    /// Gᵀ·u·G: the nine taps' gradients of a pair of channels from its 16 numbers.
    pub(in crate::kernel) fn to_taps(numbers: [f32; 16]) -> [f32; 9] {
        let shrink = |[first, second, third, last]: [f32; 4]| {
            let (sum, difference) = (0.5 * (second + third), 0.5 * (second - third));
            [first + sum, difference, sum + last]
        };
        let rows: [[f32; 3]; 4] = std::array::from_fn(|row| shrink(std::array::from_fn(|column| numbers[4 * row + column])));
        let columns: [[f32; 3]; 3] = std::array::from_fn(|column| shrink(std::array::from_fn(|row| rows[row][column])));
        std::array::from_fn(|tap| columns[tap % 3][tap / 3])
    }
}

#[cfg(feature = "train")]
pub(super) use gradient::{add_weight_gradient, input_gradient, to_taps};
