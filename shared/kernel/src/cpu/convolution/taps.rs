//! Convolution on the CPU, forward and both gradients, each as one matrix product a tap: for all shapes.
//!
//! A plane with a border of zeros, its rows one after the other, makes every tap of a convolution a
//! shifted view of the same numbers: no copies of patches, and rows of a thousand pixels for the matrix
//! product. The price is `side − 1` columns a row of which nothing is used. burn's own path goes through
//! patches and, for the gradients, through shapes that its matrix product handles one column at a time:
//! training the `nature` preset spent 70 % of its time there.

use std::borrow::Cow;

use super::sizes::Sizes;
use crate::{
    cpu::{
        matrix::{Matrix, product},
        parallel::for_each,
    },
    device::threads,
};

/// Planes `[channels, height, width]` with a border of zeros.
fn pad(planes: &[f32], sizes: Sizes) -> Cow<'_, [f32]> {
    let border = sizes.side / 2;
    if border == 0 {
        return Cow::Borrowed(planes);
    }
    let mut padded = vec![0.0; planes.len() / sizes.area() * sizes.padded()];
    for (source, target) in planes.chunks_exact(sizes.area()).zip(padded.chunks_exact_mut(sizes.padded())) {
        let rows = target[border * sizes.stride()..].chunks_mut(sizes.stride());
        for (source, target) in source.chunks_exact(sizes.width).zip(rows) {
            target[border..border + sizes.width].copy_from_slice(source);
        }
    }
    Cow::Owned(padded)
}

/// `[output, input, tap]` as `[tap, output, input]`.
fn by_tap(weight: &[f32], taps: usize) -> Vec<f32> {
    let pairs = weight.len() / taps;
    let mut sorted = vec![0.0; weight.len()];
    for (pair, values) in weight.chunks_exact(taps).enumerate() {
        for (tap, value) in values.iter().enumerate() {
            sorted[tap * pairs + pair] = *value;
        }
    }
    sorted
}

/// Some rows of the result for one picture.
struct Part<'a> {
    picture: usize,
    first: usize,
    /// `[rows, height, width]`
    target: &'a mut [f32],
}

/// Cuts `[batch, channels, height, width]` into at least as many parts as there are threads.
fn parts(target: &mut [f32], channels: usize, sizes: Sizes) -> Vec<Part<'_>> {
    let cuts = threads().div_ceil(sizes.batch);
    let rows = channels.div_ceil(cuts);
    let pictures = target.chunks_exact_mut(channels * sizes.area()).enumerate();
    pictures
        .flat_map(|(picture, target)| {
            let pieces = target.chunks_mut(rows * sizes.area()).enumerate();
            pieces.map(move |(index, target)| Part { picture, first: index * rows, target })
        })
        .collect()
}

/// `[rows, height, width]` = start + Σ over taps of weight(tap) `[rows, channels]` · the tap's view.
fn convolve<'a>(
    target: &mut [f32],
    padded: &[f32],
    channels: usize,
    sizes: Sizes,
    weight: impl Fn(usize) -> Matrix<'a>,
    start: impl Fn(usize) -> f32,
) {
    let rows = target.len() / sizes.area();
    let mut sums = vec![0.0; rows * sizes.spread()];
    for tap in 0..sizes.taps() {
        let view = Matrix { values: &padded[sizes.offset(tap)..], row_stride: sizes.padded(), column_stride: 1 };
        product(&mut sums, sizes.spread(), tap > 0, weight(tap), view, [rows, sizes.spread(), channels]);
    }
    for (row, (target, sums)) in target.chunks_exact_mut(sizes.area()).zip(sums.chunks_exact(sizes.spread())).enumerate() {
        let start = start(row);
        for (target, sums) in target.chunks_exact_mut(sizes.width).zip(sums.chunks(sizes.stride())) {
            for (target, sum) in target.iter_mut().zip(sums) {
                *target = sum + start;
            }
        }
    }
}

/// As [`forward`](super::arithmetic::forward).
pub fn forward(sizes: Sizes, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let weight = by_tap(weight, sizes.taps());
    let mut output = vec![0.0; sizes.batch * sizes.output * sizes.area()];
    for_each(parts(&mut output, sizes.output, sizes), |Part { picture, first, target }| {
        let padded = pad(sizes.picture(input, picture, sizes.input), sizes);
        let of_tap = |tap: usize| {
            let begin = (tap * sizes.output + first) * sizes.input;
            Matrix { values: &weight[begin..], row_stride: sizes.input, column_stride: 1 }
        };
        convolve(target, &padded, sizes.input, sizes, of_tap, |row| bias[first + row]);
    });
    output
}

/// As [`input_gradient`](super::arithmetic::input_gradient).
#[cfg(feature = "autodiff")]
pub fn input_gradient(sizes: Sizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    let weight = by_tap(weight, sizes.taps());
    let mut result = vec![0.0; sizes.batch * sizes.input * sizes.area()];
    for_each(parts(&mut result, sizes.input, sizes), |Part { picture, first, target }| {
        let padded = pad(sizes.picture(gradient, picture, sizes.output), sizes);
        let of_tap = |tap: usize| {
            let begin = (sizes.taps() - 1 - tap) * sizes.output * sizes.input + first;
            Matrix { values: &weight[begin..], row_stride: 1, column_stride: sizes.input }
        };
        convolve(target, &padded, sizes.output, sizes, of_tap, |_| 0.0);
    });
    result
}

/// Adds to `[tap, output, input]` what one picture has for a weight's gradient.
#[cfg(feature = "autodiff")]
pub fn add_weight_gradient(sizes: Sizes, input: &[f32], gradient: &[f32], target: &mut [f32]) {
    let (padded, gradient) = (pad(input, sizes), pad(gradient, sizes));
    // The gradient's own pixels, with zeros between the rows where the views of the input run on.
    let centre = sizes.offset(sizes.taps() / 2);
    let left = Matrix { values: &gradient[centre..], row_stride: sizes.padded(), column_stride: 1 };
    for (tap, target) in target.chunks_exact_mut(sizes.output * sizes.input).enumerate() {
        let right = Matrix { values: &padded[sizes.offset(tap)..], row_stride: 1, column_stride: sizes.padded() };
        product(target, sizes.input, true, left, right, [sizes.output, sizes.input, sizes.spread()]);
    }
}
