//! 3×3 convolutions on the CPU in Winograd's way (Lavin and Gray, arXiv 1509.09308), forward and in both gradients.
//! Tiles that overlap by two pixels, weights and results are transformed so that a convolution becomes 16 or 36 matrix
//! products with 4 or 2.25 multiplications a pixel where nine taps take 9. The transforms are in `form` and `planes`; the
//! arithmetic for all other shapes is in `taps`.
//!
//! Transformed numbers lie as `[channels, positions, tiles]`, so that a channel is one piece of memory and a row of tiles
//! can be computed side by side.

mod form;
mod planes;
mod scratch;

use super::sizes::Sizes;
use crate::{
    cpu::{
        matrix::{Matrix, product},
        parallel::for_each,
    },
    device::threads,
};
use form::{Form, Four, Transforms, Two};
use planes::{Sorted, Tiles, transform_input, transform_output};

/// Tiles that a matrix product should have at least: fewer leave the processor's registers half empty.
const WIDE: usize = 64;

/// Channels that go in or come out from which on the transforms pay.
const CHANNELS: usize = 8;

/// Tiles of a picture from which on a form pays.
const TILES: usize = 16;

/// How pictures are cut where weights change.
fn tiles(sizes: Sizes) -> Tiles {
    Tiles::new(CHANGING, sizes.height, sizes.width)
}

/// The form of weights that change, as in training: for weights and their gradients fewer numbers than in [`FIXED`], and
/// rows of tiles that are long enough for AVX-512. Training the `nature` preset in the larger form took a fifth longer.
const CHANGING: Form = Form::Two;

/// Whether this is the faster way: small pictures and few channels do not pay for the transforms.
pub fn fits(sizes: Sizes) -> bool {
    sizes.side == 3 && tiles(sizes).count() >= TILES && sizes.input.min(sizes.output) >= CHANNELS
}

/// G·g·Gᵀ of every pair of channels: `[positions, rows, columns]` from nine taps of a row and a column each.
fn transform_weight<'a>(form: Form, rows: usize, columns: usize, taps: impl Fn(usize, usize) -> [&'a f32; 9]) -> Vec<f32> {
    fn expand<'a, F: Transforms<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize>(
        [rows, columns]: [usize; 2],
        taps: impl Fn(usize, usize) -> [&'a f32; 9],
    ) -> Vec<f32> {
        let pairs = rows * columns;
        let mut result = vec![0.0; SIDE * SIDE * pairs];
        for row in 0..rows {
            for column in 0..columns {
                let taps = taps(row, column).map(|tap| *tap);
                // Columns of the taps first, so that each becomes as many rows as a tile has.
                let columns_of_taps: [[f32; SIDE]; 3] = std::array::from_fn(|tap| F::weight([taps[tap], taps[3 + tap], taps[6 + tap]]));
                for line in 0..SIDE {
                    for (place, value) in F::weight(columns_of_taps.map(|column| column[line])).into_iter().enumerate() {
                        result[(SIDE * line + place) * pairs + row * columns + column] = value;
                    }
                }
            }
        }
        result
    }
    match form {
        Form::Two => expand::<Two, 2, 4>([rows, columns], taps),
        Form::Four => expand::<Four, 4, 6>([rows, columns], taps),
    }
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

/// The transformed tiles of some pictures, `[channels, positions, pictures · tiles]`.
fn transformed_input(input: &[f32], picture: usize, pictures: usize, channels: usize, sizes: Sizes, tiles: Tiles) -> Vec<f32> {
    let all = pictures * tiles.count();
    let mut sorted = Sorted::new(tiles, 1);
    let each = tiles.form.positions() * all;
    let mut result = scratch::take(channels * each);
    for (channel, target) in result.chunks_exact_mut(each).enumerate() {
        for index in 0..pictures {
            let begin = ((picture + index) * channels + channel) * sizes.area();
            sorted.fill(&input[begin..begin + sizes.area()], sizes.width);
            transform_input(&sorted, target, all, index * tiles.count());
        }
    }
    result
}

/// A convolution from `channels` to `rows` channels with a transformed weight `[positions, rows, channels]`.
fn convolve(
    sizes: Sizes,
    tiles: Tiles,
    [channels, rows]: [usize; 2],
    input: &[f32],
    weight: &[f32],
    bias: impl Fn(usize) -> f32 + Sync,
) -> Vec<f32> {
    let positions = tiles.form.positions();
    let mut output = vec![0.0; sizes.batch * rows * sizes.area()];
    for_each(parts(&mut output, rows, sizes, tiles), |Part { picture, pictures, first, target }| {
        let all = pictures * tiles.count();
        let right = transformed_input(input, picture, pictures, channels, sizes, tiles);
        let count = target.len() / (pictures * sizes.area());
        let mut products = scratch::take(count * positions * all);
        for position in 0..positions {
            let left = Matrix { values: &weight[(position * rows + first) * channels..], row_stride: channels, column_stride: 1 };
            let right = Matrix { values: &right[position * all..], row_stride: positions * all, column_stride: 1 };
            product(&mut products[position * all..], positions * all, false, left, right, [count, all, channels]);
        }
        for (index, planes) in target.chunks_exact_mut(count * sizes.area()).enumerate() {
            let channels = planes.chunks_exact_mut(sizes.area()).zip(products.chunks_exact(positions * all)).enumerate();
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

/// As [`forward`](super::arithmetic::forward).
pub fn forward(sizes: Sizes, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let tiles = tiles(sizes);
    let weight = transformed_weight(tiles.form, weight, [sizes.output, sizes.input]);
    convolve(sizes, tiles, [sizes.input, sizes.output], input, &weight, |row| bias[row])
}

/// The same with a weight that [`fixed_weight`] made, for pictures of any size.
pub fn forward_fixed(sizes: Sizes, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let tiles = Tiles::new(FIXED, sizes.height, sizes.width);
    convolve(sizes, tiles, [sizes.input, sizes.output], input, weight, |row| bias[row])
}

/// The form of weights that stay transformed: few products matter more than few tiles when nothing has to be
/// transformed but pixels.
const FIXED: Form = Form::Four;

/// A weight `[output, input, 3, 3]` as `[positions, output, input]`, and how many positions.
pub fn fixed_weight(weight: &[f32], channels: [usize; 2]) -> (Vec<f32>, usize) {
    (transformed_weight(FIXED, weight, channels), FIXED.positions())
}

fn transformed_weight(form: Form, weight: &[f32], [output, input]: [usize; 2]) -> Vec<f32> {
    transform_weight(form, output, input, |of_output, of_input| taps(weight, of_output * input + of_input))
}

/// Whether a weight of this shape is worth keeping as [`fixed_weight`] gives it: with few channels the
/// products do not outweigh the transforms of pictures.
pub fn keeps(shape: &[usize]) -> bool {
    matches!(*shape, [output, input, 3, 3] if output.min(input) >= CHANNELS)
}

#[cfg(feature = "autodiff")]
mod gradient {
    use super::{planes::transform_gradient, *};

    /// As [`input_gradient`](super::super::arithmetic::input_gradient): the convolution with the taps in reverse order.
    pub fn input_gradient(sizes: Sizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
        let reversed = |input: usize, output: usize| {
            let mut taps = taps(weight, output * sizes.input + input);
            taps.reverse();
            taps
        };
        let tiles = tiles(sizes);
        let weight = transform_weight(CHANGING, sizes.input, sizes.output, reversed);
        convolve(sizes, tiles, [sizes.output, sizes.input], gradient, &weight, |_| 0.0)
    }

    fn transformed_gradient(gradient: &[f32], picture: usize, pictures: usize, sizes: Sizes, tiles: Tiles) -> Vec<f32> {
        let all = pictures * tiles.count();
        let mut sorted = Sorted::new(tiles, 0);
        let each = tiles.form.positions() * all;
        let mut result = scratch::take(sizes.output * each);
        for (channel, target) in result.chunks_exact_mut(each).enumerate() {
            for index in 0..pictures {
                let begin = ((picture + index) * sizes.output + channel) * sizes.area();
                sorted.fill(&gradient[begin..begin + sizes.area()], sizes.width);
                transform_gradient(&sorted, target, all, index * tiles.count());
            }
        }
        result
    }

    /// Adds to `[positions, output, input]` what the pictures of a group have for a weight's gradient, before it is
    /// transformed.
    pub fn add_weight_gradient(sizes: Sizes, input: &[f32], gradient: &[f32], picture: usize, pictures: usize, target: &mut [f32]) {
        let tiles = tiles(sizes);
        let all = pictures * tiles.count();
        let each = tiles.form.positions() * all;
        let right = transformed_input(input, picture, pictures, sizes.input, sizes, tiles);
        let left = transformed_gradient(gradient, picture, pictures, sizes, tiles);
        for (position, target) in target.chunks_exact_mut(sizes.output * sizes.input).enumerate() {
            let left = Matrix { values: &left[position * all..], row_stride: each, column_stride: 1 };
            let right = Matrix { values: &right[position * all..], row_stride: 1, column_stride: each };
            product(target, sizes.input, true, left, right, [sizes.output, sizes.input, all]);
        }
        scratch::give(left);
        scratch::give(right);
    }

    /// Gᵀ·u·G: the nine taps' gradients of a pair of channels from its 16 numbers.
    pub fn to_taps(numbers: [f32; 16]) -> [f32; 9] {
        let rows: [[f32; 3]; 4] = std::array::from_fn(|row| Two::taps(std::array::from_fn(|column| numbers[4 * row + column])));
        let columns: [[f32; 3]; 3] = std::array::from_fn(|column| Two::taps(rows.map(|row| row[column])));
        std::array::from_fn(|tap| columns[tap % 3][tap / 3])
    }
}

#[cfg(feature = "autodiff")]
pub use gradient::{add_weight_gradient, input_gradient, to_taps};
