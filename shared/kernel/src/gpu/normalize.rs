//! Group norm, FiLM and SiLU: one reduction, which leaves a factor and a summand for every channel of every
//! picture, and one pass over the numbers, which also halves the resolution where a block does that next.

use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::{calculate_cube_count_elemwise, prelude::*};

use super::layout::{Extent, across, element, empty, empty_of, lanes};
use crate::plan::Plan;

/// What a channel is multiplied by, and what is added, `[batch, 1, 1, channels]` each.
pub(super) struct Coefficients {
    factors: CubeTensor,
    summands: CubeTensor,
}

/// Σ of every invocation's value, known to all of them.
#[cube]
fn total(value: f32, shared: &mut Shared<[f32]>, #[comptime] units: usize) -> f32 {
    let unit = UNIT_POS as usize;
    // What was read of an earlier sum must be read before this one is written.
    sync_cube();
    shared[unit] = value;
    sync_cube();
    #[unroll]
    for step in 0..comptime!(units.trailing_zeros()) {
        let half = comptime!(units >> (step + 1));
        if unit < half {
            let sum = shared[unit] + shared[unit + half];
            shared[unit] = sum;
        }
        sync_cube();
    }
    shared[0]
}

/// One workgroup for a group of a picture: the mean, then the deviation from it, so that a large mean costs
/// no precision.
#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments, reason = "what a kernel takes is what is bound to it")]
fn moments<S: Float, N: Size>(
    input: &[Vector<S, N>],
    gamma: &[f32],
    beta: &[f32],
    film: ComptimeOption<&[f32]>,
    factors: &mut [f32],
    summands: &mut [f32],
    area: u32,
    channels: u32,
    members: u32,
    epsilon: f32,
    #[comptime] units: usize,
    #[define(S)] _element: ElemType,
) {
    let lanes = N::value();
    let width = comptime!(lanes as u32);
    let (group, picture) = (CUBE_POS_X, CUBE_POS_Y);
    let (step, of_group) = (channels / width, members / width);
    let start = picture * area * step + group * of_group;
    let count = f32::cast_from(area * members);
    let mut shared = Shared::<[f32]>::new_slice(units);

    let sum = RuntimeCell::<Vector<f32, N>>::new(Vector::new(0.0_f32));
    for pixel in range_stepped(UNIT_POS, area, comptime!(units as u32)) {
        for member in 0..of_group {
            sum.store(sum.read() + Vector::cast_from(input[(start + pixel * step + member) as usize]));
        }
    }
    let mean = total(across::<N>(sum.read()), &mut shared, units) / count;

    sum.store(Vector::new(0.0_f32));
    for pixel in range_stepped(UNIT_POS, area, comptime!(units as u32)) {
        for member in 0..of_group {
            let difference = Vector::cast_from(input[(start + pixel * step + member) as usize]) - Vector::new(mean);
            sum.store(sum.read() + difference * difference);
        }
    }
    let variance = total(across::<N>(sum.read()), &mut shared, units) / count;
    let inverse = 1.0_f32 / (variance + epsilon).sqrt();

    for member in range_stepped(UNIT_POS, members, comptime!(units as u32)) {
        let channel = group * members + member;
        let mut factor = gamma[channel as usize];
        let mut summand = beta[channel as usize];
        #[comptime]
        match film {
            ComptimeOption::Some(film) => {
                let of_picture = picture * 2 * channels + channel;
                let scale = film[of_picture as usize] + 1.0_f32;
                factor *= scale;
                summand = summand * scale + film[(of_picture + channels) as usize];
            }
            ComptimeOption::None => {}
        }
        factor *= inverse;
        factors[(picture * channels + channel) as usize] = factor;
        summands[(picture * channels + channel) as usize] = summand - mean * factor;
    }
}

/// value·factor + summand, with SiLU or without.
#[cube]
fn affine<S: Float, N: Size>(
    value: Vector<S, N>,
    factor: Vector<f32, N>,
    summand: Vector<f32, N>,
    #[comptime] activate: bool,
) -> Vector<f32, N> {
    let affine = fma(Vector::cast_from(value), factor, summand);
    if comptime!(activate) {
        // e⁸⁰ is a number that f32 has; behind it the result is 0 anyway.
        let power = (-affine).min(Vector::new(80.0_f32)).exp();
        affine / (power + Vector::new(1.0_f32))
    } else {
        affine
    }
}

#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments, reason = "what a kernel takes is what is bound to it")]
fn apply<S: Float, N: Size>(
    input: &[Vector<S, N>],
    factors: &[Vector<f32, N>],
    summands: &[Vector<f32, N>],
    output: &mut [Vector<S, N>],
    height: u32,
    width: u32,
    channels: u32,
    count: u32,
    #[comptime] activate: bool,
    #[comptime] halve: bool,
    #[define(S)] _element: ElemType,
) {
    let position = ABSOLUTE_POS as u32;
    if position >= count {
        terminate!();
    }
    let (pixel, channel) = (position / channels, position % channels);
    let picture = pixel / (height * width);
    let factor = factors[(picture * channels + channel) as usize];
    let summand = summands[(picture * channels + channel) as usize];
    if comptime!(halve) {
        let (line, x) = (pixel / width, pixel % width);
        let above = (line * 4 * width + 2 * x) * channels + channel;
        let below = above + 2 * width * channels;
        let first = affine::<S, N>(input[above as usize], factor, summand, activate);
        let second = affine::<S, N>(input[(above + channels) as usize], factor, summand, activate);
        let third = affine::<S, N>(input[below as usize], factor, summand, activate);
        let fourth = affine::<S, N>(input[(below + channels) as usize], factor, summand, activate);
        output[position as usize] = Vector::cast_from((first + second + third + fourth) * Vector::new(0.25_f32));
    } else {
        output[position as usize] = Vector::cast_from(affine::<S, N>(input[position as usize], factor, summand, activate));
    }
}

/// The reduction.
///
/// # Shapes
/// - input: `[batch, height, width, channels]`, contiguous
/// - gamma, beta: `[channels]`
/// - film: `[batch, 2·channels]`, all scales before all shifts
pub(super) fn coefficients(
    input: &CubeTensor,
    gamma: CubeTensor,
    beta: CubeTensor,
    film: Option<CubeTensor>,
    groups: usize,
    epsilon: f64,
    plan: &Plan,
) -> Coefficients {
    let extent = Extent::of(input);
    let members = extent.channels / groups;
    let row = Extent { height: 1, width: 1, ..extent };
    let (factors, summands) = (empty_of(input, row, DType::F32), empty_of(input, row, DType::F32));
    // A power of two, for the sums by halves.
    let units = 1 << plan.units.ilog2();
    // SAFETY: every group and picture of the grid is one of the input's.
    #[expect(unsafe_code, reason = "the grid is the tensor's own, no access needs a check")]
    unsafe {
        moments::launch_unchecked(
            &input.client,
            CubeCount::Static(groups as u32, extent.batch as u32, 1),
            CubeDim::new_1d(units),
            lanes(members),
            input.clone().into_buffer_arg(),
            gamma.into_buffer_arg(),
            beta.into_buffer_arg(),
            film.map(|film| film.into_buffer_arg()).into(),
            factors.clone().into_buffer_arg(),
            summands.clone().into_buffer_arg(),
            extent.area() as u32,
            extent.channels as u32,
            members as u32,
            epsilon as f32,
            units as usize,
            element(input),
        );
    }
    Coefficients { factors, summands }
}

/// The pass over the numbers: `[batch, height, width, channels]` → the same, or half as high and wide.
pub(super) fn launch(input: CubeTensor, coefficients: Coefficients, activate: bool, halve: bool, plan: &Plan) -> CubeTensor {
    let source = Extent::of(&input);
    let divisor = if halve { 2 } else { 1 };
    let target = Extent { height: source.height / divisor, width: source.width / divisor, ..source };
    let output = empty(&input, target);
    let width = lanes(source.channels);
    let count = target.count() / width;
    let (client, element) = (input.client.clone(), element(&input));
    let cube_dim = CubeDim::new_1d(plan.units);
    // SAFETY: a position below the count belongs to one pixel and channel of the output, which has its
    // cell or its four cells in the input.
    #[expect(unsafe_code, reason = "bounds are checked once for an invocation, not for each access")]
    unsafe {
        apply::launch_unchecked(
            &client,
            calculate_cube_count_elemwise(&client, count, cube_dim),
            cube_dim,
            width,
            input.into_buffer_arg(),
            coefficients.factors.into_buffer_arg(),
            coefficients.summands.into_buffer_arg(),
            output.clone().into_buffer_arg(),
            target.height as u32,
            target.width as u32,
            (target.channels / width) as u32,
            count as u32,
            activate,
            halve,
            element,
        );
    }
    output
}
