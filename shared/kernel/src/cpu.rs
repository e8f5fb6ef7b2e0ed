//! Convolution on the CPU, forward and both gradients, each as one matrix product a tap; shapes for which
//! `winograd` is faster go there.
//!
//! A plane with a border of zeros, its rows one after the other, makes every tap of a convolution a
//! shifted view of the same numbers: no copies of patches, and rows of a thousand pixels for the matrix
//! product. The price is `side − 1` columns a row of which nothing is used. burn's own path goes through
//! patches and, for the gradients, through shapes that its matrix product handles one column at a time:
//! training the `nature` preset spent 70 % of its time there.

use std::borrow::Cow;

use burn::{
    backend::flex::{FlexTensor, Layout},
    tensor::{Bytes, DType, Shape},
};

use super::{threads, winograd};

/// The shape of a convolution that keeps the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Pictures.
    pub batch: usize,
    /// Channels that go in.
    pub input: usize,
    /// Channels that come out.
    pub output: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Taps in a row or a column, odd.
    pub side: usize,
}

impl Sizes {
    pub(super) fn area(self) -> usize {
        self.height * self.width
    }

    /// From one row of a plane with its border to the next.
    fn stride(self) -> usize {
        self.width + self.side - 1
    }

    /// Values of a plane with its border.
    fn padded(self) -> usize {
        self.stride() * (self.height + self.side - 1)
    }

    /// Values of a plane whose rows lie as far apart as with a border, which it does not have.
    fn spread(self) -> usize {
        self.stride() * (self.height - 1) + self.width
    }

    fn taps(self) -> usize {
        self.side * self.side
    }

    /// Where the view of a tap begins.
    fn offset(self, tap: usize) -> usize {
        tap / self.side * self.stride() + tap % self.side
    }
}

/// A matrix to read: row-major or column-major.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub values: &'a [f32],
    pub row_stride: usize,
    pub column_stride: usize,
}

/// target `[rows, columns]`, row-major with the given stride, += left `[rows, depth]` · right
/// `[depth, columns]`; or = where `add` is false.
#[expect(unsafe_code, reason = "the gemm crate takes pointers; the bounds are checked first")]
pub(super) fn product(
    target: &mut [f32],
    stride: usize,
    add: bool,
    left: Matrix<'_>,
    right: Matrix<'_>,
    [rows, columns, depth]: [usize; 3],
) {
    if rows == 0 || columns == 0 || depth == 0 {
        return;
    }
    let last = |matrix: &Matrix<'_>, rows: usize, columns: usize| (rows - 1) * matrix.row_stride + (columns - 1) * matrix.column_stride;
    assert!(last(&left, rows, depth) < left.values.len(), "the left factor is too short");
    assert!(last(&right, depth, columns) < right.values.len(), "the right factor is too short");
    assert!((rows - 1) * stride + columns <= target.len() && columns <= stride.max(columns), "the target is too short");
    // SAFETY: every element that the shapes and strides reach lies inside the slices, as just checked, and
    // the target is borrowed exclusively.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            target.as_mut_ptr(),
            1,
            stride as isize,
            add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

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

/// # Shapes
/// - input: `[batch, input, height, width]`
/// - weight: `[output, input, side, side]`
/// - bias: `[output]`
/// - result: `[batch, output, height, width]`
pub fn forward(sizes: Sizes, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    if winograd::fits(sizes) {
        return winograd::forward(sizes, input, weight, bias);
    }
    let weight = by_tap(weight, sizes.taps());
    let mut output = vec![0.0; sizes.batch * sizes.output * sizes.area()];
    for_each(parts(&mut output, sizes.output, sizes), |Part { picture, first, target }| {
        let padded = pad(picture_of(input, picture, sizes.input, sizes), sizes);
        let of_tap = |tap: usize| {
            let begin = (tap * sizes.output + first) * sizes.input;
            Matrix { values: &weight[begin..], row_stride: sizes.input, column_stride: 1 }
        };
        convolve(target, &padded, sizes.input, sizes, of_tap, |row| bias[first + row]);
    });
    output
}

/// The gradient of the input: a convolution of the output's gradient with the taps in reverse order.
///
/// # Shapes
/// - weight: `[output, input, side, side]`
/// - gradient: `[batch, output, height, width]`
/// - result: `[batch, input, height, width]`
#[cfg(feature = "autodiff")]
pub fn input_gradient(sizes: Sizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    if winograd::fits(sizes) {
        return winograd::input_gradient(sizes, weight, gradient);
    }
    let weight = by_tap(weight, sizes.taps());
    let mut result = vec![0.0; sizes.batch * sizes.input * sizes.area()];
    for_each(parts(&mut result, sizes.input, sizes), |Part { picture, first, target }| {
        let padded = pad(picture_of(gradient, picture, sizes.output, sizes), sizes);
        let of_tap = |tap: usize| {
            let begin = (sizes.taps() - 1 - tap) * sizes.output * sizes.input + first;
            Matrix { values: &weight[begin..], row_stride: 1, column_stride: sizes.input }
        };
        convolve(target, &padded, sizes.output, sizes, of_tap, |_| 0.0);
    });
    result
}

/// Sums over the batch are made in as many groups, whatever the number of threads, so that it does not
/// change the result.
#[cfg(feature = "autodiff")]
const GROUPS: usize = 8;

/// The gradients of the weight and of the bias.
///
/// # Shapes
/// - input: `[batch, input, height, width]`
/// - gradient: `[batch, output, height, width]`
/// - results: `[output, input, side, side]` and `[output]`
#[cfg(feature = "autodiff")]
pub fn weight_gradient(sizes: Sizes, input: &[f32], gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let pairs = sizes.output * sizes.input;
    let each = sizes.batch.div_ceil(GROUPS);
    let count = sizes.batch.div_ceil(each);
    let quick = winograd::fits(sizes);
    let numbers = if quick { 16 } else { sizes.taps() };
    let mut of_weight = vec![0.0; count * numbers * pairs];
    let mut of_bias = vec![0.0; count * sizes.output];
    let groups = of_weight.chunks_exact_mut(numbers * pairs).zip(of_bias.chunks_exact_mut(sizes.output)).enumerate();
    for_each(groups.collect(), |(group, (of_weight, of_bias))| {
        let pictures = group * each..((group + 1) * each).min(sizes.batch);
        for picture in pictures.clone() {
            let planes = picture_of(gradient, picture, sizes.output, sizes);
            for (sum, plane) in of_bias.iter_mut().zip(planes.chunks_exact(sizes.area())) {
                *sum += total(plane);
            }
            if !quick {
                add_weight_gradient(sizes, picture_of(input, picture, sizes.input, sizes), planes, of_weight);
            }
        }
        if quick {
            winograd::add_weight_gradient(sizes, input, gradient, pictures.start, pictures.len(), of_weight);
        }
    });
    let mut sums = vec![0.0; numbers * pairs];
    for group in of_weight.chunks_exact(numbers * pairs) {
        sums.iter_mut().zip(group).for_each(|(sum, value)| *sum += value);
    }
    let mut weight = vec![0.0; sizes.taps() * pairs];
    for (pair, taps) in weight.chunks_exact_mut(sizes.taps()).enumerate() {
        match quick {
            true => taps.copy_from_slice(&winograd::to_taps(std::array::from_fn(|number| sums[number * pairs + pair]))),
            false => taps.iter_mut().enumerate().for_each(|(tap, value)| *value = sums[tap * pairs + pair]),
        }
    }
    let bias = (0..sizes.output).map(|channel| of_bias.iter().skip(channel).step_by(sizes.output).sum()).collect();
    (weight, bias)
}

/// Adds to `[tap, output, input]` what one picture has for a weight's gradient.
#[cfg(feature = "autodiff")]
fn add_weight_gradient(sizes: Sizes, input: &[f32], gradient: &[f32], target: &mut [f32]) {
    let (padded, gradient) = (pad(input, sizes), pad(gradient, sizes));
    // The gradient's own pixels, with zeros between the rows where the views of the input run on.
    let centre = sizes.offset(sizes.taps() / 2);
    let left = Matrix { values: &gradient[centre..], row_stride: sizes.padded(), column_stride: 1 };
    for (tap, target) in target.chunks_exact_mut(sizes.output * sizes.input).enumerate() {
        let right = Matrix { values: &padded[sizes.offset(tap)..], row_stride: 1, column_stride: sizes.padded() };
        product(target, sizes.input, true, left, right, [sizes.output, sizes.input, sizes.spread()]);
    }
}

fn picture_of(values: &[f32], picture: usize, channels: usize, sizes: Sizes) -> &[f32] {
    let each = channels * sizes.area();
    &values[picture * each..(picture + 1) * each]
}

/// Σ values, in lanes that the processor adds side by side.
#[cfg(feature = "autodiff")]
fn total(values: &[f32]) -> f32 {
    let mut lanes = [0.0; 16];
    let chunks = values.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    rest + lanes.iter().sum::<f32>()
}

/// Values as a tensor of the CPU backend.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(Shape::from(shape)), DType::F32)
}

/// Runs every task, on all processors.
#[cfg(feature = "rayon")]
pub(super) fn for_each<T: Send>(tasks: Vec<T>, run: impl Fn(T) + Sync + Send) {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    tasks.into_par_iter().for_each(run);
}

/// Runs every task.
#[cfg(not(feature = "rayon"))]
pub(super) fn for_each<T>(tasks: Vec<T>, run: impl Fn(T)) {
    tasks.into_iter().for_each(run);
}
