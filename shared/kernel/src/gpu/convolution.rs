//! Convolution 3×3 and 1×1 that keeps the resolution or doubles it: the kernel and its launch. Input and
//! output have their channels last, so that neighbouring invocations, which work at neighbouring output
//! channels, read the same input and write side by side.
//!
//! One invocation keeps a strip of pixels of a row times some output channels in registers. For every four
//! input channels it loads the strip with its border once for all taps of a row, and each weight once for the
//! strip. No shared memory and no barrier: the strip is what a workgroup tile would be on a GPU with caches,
//! and adapters that are a CPU pay for every barrier.

use burn::tensor::DType;
use burn_cubecl::{kernel::into_contiguous, ops::permute, tensor::CubeTensor};
use cubecl::{calculate_cube_count_elemwise, prelude::*};

use super::{
    layout::{Extent, element, empty, lanes},
    packed,
};
use crate::{
    packing::Layout,
    plan::{Plan, Strip},
};

/// What is added to the result, channel by channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Residual {
    /// A tensor of the output's shape.
    Same,
    /// One of half the resolution, every cell of it four times.
    Doubled,
    /// One of twice the resolution, the mean of four cells of it.
    Halved,
}

/// What is fixed when the kernel is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Fixed {
    /// 3 or 1.
    side: usize,
    /// Pixels of a strip, even.
    pixels: usize,
    /// Vectors of output channels.
    outputs: usize,
    /// Whether rows end within a strip.
    ragged: bool,
    /// Whether every cell of the input counts four times.
    doubled: bool,
    residual: Option<Residual>,
    /// Bits of a packed weight, 0 where it is of floats.
    bits: usize,
    /// Whether products are made and summed in 16 bits, as far as a vector of input channels and a row of taps go;
    /// the sums of those are of 32 bits.
    half: bool,
}

impl Fixed {
    /// Columns of the input that a strip reads.
    fn columns(self) -> usize {
        let border = self.side / 2;
        if self.doubled { self.pixels / 2 + 2 * border } else { self.pixels + 2 * border }
    }

    /// The column that a pixel reads for a tap.
    fn column(self, pixel: usize, tap: usize) -> usize {
        // In doubled resolution the strip begins at an even pixel, so halving rounds as the cells do.
        let border = self.side / 2;
        if self.doubled { (pixel + tap + border) / 2 } else { pixel + tap }
    }

    /// Sums of 16 bits.
    fn parts(self) -> usize {
        if self.half { self.pixels * self.outputs } else { 0 }
    }

    /// Whether a column can lie outside the picture.
    fn outside(self, column: usize) -> bool {
        self.ragged || (self.side > 1 && (column == 0 || column + 1 == self.columns()))
    }
}

/// Extents of a launch, in pixels of the output and vectors of channels.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
struct Extents {
    height: u32,
    width: u32,
    /// Strips of a row.
    strips: u32,
    /// Vectors of the input.
    inputs: u32,
    /// Vectors of the output.
    outputs: u32,
    /// The first invocation of this launch, and where all of them end.
    first: u32,
    end: u32,
}

#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments, reason = "what a kernel takes is what is bound to it")]
fn convolve<S: Float, I: Size, O: Size>(
    input: &[Vector<S, I>],
    weight: ComptimeOption<&[Vector<f32, O>]>,
    words: ComptimeOption<&[Vector<u32, O>]>,
    bias: &[Vector<f32, O>],
    residual: ComptimeOption<&[Vector<S, O>]>,
    output: &mut [Vector<S, O>],
    extents: Extents,
    #[comptime] fixed: Fixed,
    #[define(S)] _element: ElemType,
) {
    let position = ABSOLUTE_POS as u32 + extents.first;
    if position >= extents.end {
        terminate!();
    }
    let blocks = extents.outputs / comptime!(fixed.outputs as u32);
    let block = position % blocks;
    let strip = (position / blocks) % extents.strips;
    let line = position / blocks / extents.strips;
    let picture = line / extents.height;
    let y = line % extents.height;
    let x = strip * comptime!(fixed.pixels as u32);
    let first_output = block * comptime!(fixed.outputs as u32);

    let border = comptime!((fixed.side / 2) as u32);
    let shrink = comptime!(if fixed.doubled { 1u32 } else { 0u32 });
    let (source_height, source_width) = (extents.height >> shrink, extents.width >> shrink);
    let source_x = x >> shrink;

    let mut sums = Sequence::<RuntimeCell<Vector<f32, O>>>::new();
    #[unroll]
    for _ in 0..comptime!(fixed.pixels * fixed.outputs) {
        sums.push(RuntimeCell::new(Vector::new(0.0_f32)));
    }
    // Where the columns of the strip begin within a row.
    let mut columns = Sequence::<u32>::new();
    #[unroll]
    for column in 0..comptime!(fixed.columns()) {
        let place = source_x + comptime!(column as u32) - border;
        if comptime!(fixed.outside(column)) {
            columns.push(select(place < source_width, place, 0u32) * extents.inputs);
        } else {
            columns.push(place * extents.inputs);
        }
    }

    let lanes = I::value();
    for row in 0..comptime!(fixed.side as u32) {
        // Before the first row this wraps around to a large number.
        let line = y + row - border;
        if line < extents.height {
            let base = (picture * source_height + (line >> shrink)) * source_width * extents.inputs;
            for channel in 0..extents.inputs {
                let mut loaded = Sequence::<Vector<S, I>>::new();
                #[unroll]
                for column in 0..comptime!(fixed.columns()) {
                    let value = input[(base + *columns.index(column) + channel) as usize];
                    if comptime!(fixed.outside(column)) {
                        let inside = source_x + comptime!(column as u32) - border < source_width;
                        loaded.push(select(inside, value, Vector::new(S::new(0.0_f32))));
                    } else {
                        loaded.push(value);
                    }
                }
                let mut parts = Sequence::<RuntimeCell<Vector<S, O>>>::new();
                #[unroll]
                for _ in 0..comptime!(fixed.parts()) {
                    parts.push(RuntimeCell::new(Vector::new(S::new(0.0_f32))));
                }
                #[unroll]
                for tap in 0..comptime!(fixed.side) {
                    let of_tap = row * comptime!(fixed.side as u32) + comptime!(tap as u32);
                    #[unroll]
                    for part in 0..comptime!(fixed.outputs) {
                        let output = first_output + comptime!(part as u32);
                        let factors = factors::<S, O>(weight, words, of_tap, channel, output, &extents, lanes, fixed);
                        #[unroll]
                        for lane in 0..lanes {
                            #[unroll]
                            for pixel in 0..comptime!(fixed.pixels) {
                                let place = comptime!(pixel * fixed.outputs + part);
                                let value = Vector::<S, O>::new(loaded.index(comptime!(fixed.column(pixel, tap))).extract(lane));
                                let factor = *factors.index(lane);
                                if comptime!(fixed.half) {
                                    let sum = parts.index(place);
                                    sum.store(fma(value, factor, sum.read()));
                                } else {
                                    let sum = sums.index(place);
                                    sum.store(fma(Vector::cast_from(value), Vector::cast_from(factor), sum.read()));
                                }
                            }
                        }
                    }
                }
                #[unroll]
                for place in 0..comptime!(fixed.parts()) {
                    let sum = sums.index(place);
                    sum.store(sum.read() + Vector::cast_from(parts.index(place).read()));
                }
            }
        }
    }

    #[unroll]
    for pixel in 0..comptime!(fixed.pixels) {
        let column = x + comptime!(pixel as u32);
        let start = (line * extents.width + column) * extents.outputs + first_output;
        if comptime!(!fixed.ragged) || column < extents.width {
            #[unroll]
            for part in 0..comptime!(fixed.outputs) {
                let sum = sums.index(comptime!(pixel * fixed.outputs + part)).read();
                let mut value = sum + bias[(first_output + comptime!(part as u32)) as usize];
                #[comptime]
                match residual {
                    ComptimeOption::Some(residual) => {
                        value += added::<S, O>(residual, picture, y, column, first_output + comptime!(part as u32), &extents, fixed);
                    }
                    ComptimeOption::None => {}
                }
                output[(start + comptime!(part as u32)) as usize] = Vector::cast_from(value);
            }
        }
    }
}

/// The weights of a tap and a vector of outputs, for each of the input channels read at once.
#[cube]
#[allow(clippy::too_many_arguments, reason = "a kernel's values have no struct to be in")]
fn factors<S: Float, O: Size>(
    weight: ComptimeOption<&[Vector<f32, O>]>,
    words: ComptimeOption<&[Vector<u32, O>]>,
    tap: u32,
    channel: u32,
    output: u32,
    extents: &Extents,
    #[comptime] lanes: usize,
    #[comptime] fixed: Fixed,
) -> Sequence<Vector<S, O>> {
    let mut factors = Sequence::<Vector<S, O>>::new();
    #[comptime]
    match weight {
        ComptimeOption::Some(weight) => {
            let first = (tap * extents.inputs + channel) * comptime!(lanes as u32);
            #[unroll]
            for lane in 0..lanes {
                factors.push(Vector::cast_from(weight[((first + comptime!(lane as u32)) * extents.outputs + output) as usize]));
            }
        }
        ComptimeOption::None => {}
    }
    #[comptime]
    match words {
        ComptimeOption::Some(words) => {
            let taps = comptime!(fixed.side * fixed.side);
            let place = packed::place(tap, channel, extents.inputs, output, extents.outputs, lanes, taps, fixed.bits);
            let read = packed::read::<S, O>(words, place, lanes, fixed.bits);
            #[unroll]
            for lane in 0..lanes {
                factors.push(*read.index(lane));
            }
        }
        ComptimeOption::None => {}
    }
    factors
}

/// What the residual has for a pixel of the output.
#[cube]
fn added<S: Float, O: Size>(
    residual: &[Vector<S, O>],
    picture: u32,
    y: u32,
    x: u32,
    channel: u32,
    extents: &Extents,
    #[comptime] fixed: Fixed,
) -> Vector<f32, O> {
    let (height, width) = (extents.height, extents.width);
    if comptime!(fixed.residual == Some(Residual::Doubled)) {
        let place = ((picture * (height >> 1) + (y >> 1)) * (width >> 1) + (x >> 1)) * extents.outputs + channel;
        Vector::cast_from(residual[place as usize])
    } else if comptime!(fixed.residual == Some(Residual::Halved)) {
        let above = ((picture * height + y) * 2 * (2 * width) + 2 * x) * extents.outputs + channel;
        let below = above + 2 * width * extents.outputs;
        let sum = RuntimeCell::<Vector<f32, O>>::new(Vector::cast_from(residual[above as usize]));
        sum.store(sum.read() + Vector::cast_from(residual[(above + extents.outputs) as usize]));
        sum.store(sum.read() + Vector::cast_from(residual[below as usize]));
        sum.store(sum.read() + Vector::cast_from(residual[(below + extents.outputs) as usize]));
        sum.read() * Vector::new(0.25_f32)
    } else {
        Vector::cast_from(residual[(((picture * height + y) * width + x) * extents.outputs + channel) as usize])
    }
}

/// A weight as it lies in memory.
pub(super) enum Filter {
    /// `[side, side, input, output]`, contiguous.
    Floats(CubeTensor),
    /// As [`packed`] says.
    Packed(CubeTensor),
}

impl Filter {
    /// Taps of a row, output channels, and bits or 0.
    fn extents(&self) -> (usize, usize, usize) {
        match self {
            Self::Floats(weight) => {
                let [side, _, _, output] = weight.meta.shape().dims();
                (side, output, 0)
            }
            Self::Packed(weight) => {
                let Layout { taps, output, bits, .. } = packed::layout(weight);
                (taps.isqrt(), output, bits)
            }
        }
    }

    /// What is bound to the kernel: floats or words.
    fn bound(self) -> (Option<CubeTensor>, Option<CubeTensor>) {
        match self {
            Self::Floats(weight) => (Some(weight), None),
            Self::Packed(weight) => (None, Some(packed::uncovered(weight))),
        }
    }
}

/// The weight `[output, input, side, side]` with its memory in the order `[side, side, input, output]`.
/// One that was loaded that way is taken as it is.
pub(super) fn channels_innermost(weight: CubeTensor) -> CubeTensor {
    into_contiguous(permute(weight, &[2, 3, 1, 0]))
}

/// Runs the convolution.
///
/// # Shapes
/// - input: `[batch, height, width, input]`, contiguous
/// - bias: `[output]`
/// - residual: `[batch, height', width', output]`, contiguous
/// - result: `[batch, height, width, output]`, twice as high and wide when `doubled`
pub(super) fn launch(
    input: CubeTensor,
    weight: Filter,
    bias: CubeTensor,
    residual: Option<(CubeTensor, Residual)>,
    doubled: bool,
    plan: &Plan,
) -> CubeTensor {
    let source = Extent::of(&input);
    let (side, channels, bits) = weight.extents();
    let (floats, words) = weight.bound();
    let factor = if doubled { 2 } else { 1 };
    let target = Extent { channels, height: source.height * factor, width: source.width * factor, ..source };
    // Pixels of a 1×1 convolution have no neighbours, so a picture is one long row.
    let (height, width) = if side == 1 && !doubled && !matches!(residual, Some((_, Residual::Doubled | Residual::Halved))) {
        (1, target.height * target.width)
    } else {
        (target.height, target.width)
    };
    let (of_input, of_output) = (lanes(source.channels), lanes(channels));
    let outputs = channels / of_output;
    let Strip { pixels, vectors } = plan.strip(width, outputs);
    let kind = residual.as_ref().map(|(_, kind)| *kind);
    let half = input.dtype == DType::F16;
    let fixed = Fixed { side, pixels, outputs: vectors, ragged: !width.is_multiple_of(pixels), doubled, residual: kind, bits, half };

    let output = empty(&input, target);
    let strips = width.div_ceil(pixels);
    let work = source.batch * height * strips * (outputs / vectors);
    // Multiplications of one invocation.
    let each = pixels * vectors * of_output * side * side * source.channels;
    let part = plan.part(each);
    let client = input.client.clone();
    let element = element(&input);
    for first in (0..work).step_by(part) {
        let count = part.min(work - first);
        let extents = ExtentsLaunch::new(
            height as u32,
            width as u32,
            strips as u32,
            (source.channels / of_input) as u32,
            outputs as u32,
            first as u32,
            (first + count) as u32,
        );
        let cube_dim = CubeDim::new_1d(plan.units);
        // SAFETY: every index that the kernel forms lies within the tensors whose extents it is given;
        // invocations past the end return at once.
        #[expect(unsafe_code, reason = "bounds are checked once for an invocation, not for each access")]
        unsafe {
            convolve::launch_unchecked(
                &client,
                calculate_cube_count_elemwise(&client, count, cube_dim),
                cube_dim,
                of_input,
                of_output,
                input.clone().into_buffer_arg(),
                floats.clone().map(CubeTensor::into_buffer_arg).into(),
                words.clone().map(CubeTensor::into_buffer_arg).into(),
                bias.clone().into_buffer_arg(),
                residual.as_ref().map(|(tensor, _)| tensor.clone().into_buffer_arg()).into(),
                output.clone().into_buffer_arg(),
                extents,
                fixed,
                element,
            );
        }
    }
    output
}
