//! Attention over the cells of a picture without a matrix of scores: every query keeps the largest score so
//! far, the sum of the exponentials below it and the weighted sum of the values, and corrects the two sums
//! when a larger score comes (the online softmax, arXiv 1805.02867).

use burn_cubecl::tensor::CubeTensor;
use cubecl::{calculate_cube_count_elemwise, prelude::*};

use super::{
    layout::{Extent, element, empty, lanes},
    plan::Plan,
};

/// Keys that share one correction.
const KEYS: usize = 4;

/// Smaller than any score, and a number still.
const LEAST: f32 = -1e30;

/// Vectors of a head that an invocation has registers for, twice.
const LARGEST_HEAD: usize = 32;

/// Whether a head of so many channels has a kernel.
pub(super) fn fits(head: usize) -> bool {
    head / lanes(head) <= LARGEST_HEAD
}

/// What lies at a place, in 32 bits: sums over all cells are made in those.
#[cube]
fn loaded<S: Float, N: Size>(qkv: &[Vector<S, N>], place: u32) -> Vector<f32, N> {
    Vector::cast_from(qkv[place as usize])
}

#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments, reason = "what a kernel takes is what is bound to it")]
fn attend<S: Float, N: Size>(
    qkv: &[Vector<S, N>],
    output: &mut [Vector<S, N>],
    cells: u32,
    heads: u32,
    scale: f32,
    first: u32,
    end: u32,
    #[comptime] parts: usize,
    #[comptime] ragged: bool,
    #[define(S)] _element: ElemType,
) {
    let position = ABSOLUTE_POS as u32 + first;
    if position >= end {
        terminate!();
    }
    let of_head = comptime!(parts as u32);
    let (head, cell) = (position % heads, position / heads % cells);
    let picture = position / heads / cells;
    let of_cell = heads * comptime!(3 * parts as u32);
    let start = picture * cells * of_cell + head * comptime!(3 * parts as u32);

    let mut query = Sequence::<Vector<f32, N>>::new();
    let mut sums = Sequence::<RuntimeCell<Vector<f32, N>>>::new();
    let factor = Vector::<f32, N>::new(scale);
    #[unroll]
    for part in 0..parts {
        query.push(loaded(qkv, start + cell * of_cell + comptime!(part as u32)) * factor);
        sums.push(RuntimeCell::new(Vector::new(0.0_f32)));
    }
    let largest = RuntimeCell::<f32>::new(LEAST);
    let weights = RuntimeCell::<f32>::new(0.0_f32);

    for block in range_stepped(0u32, cells, comptime!(KEYS as u32)) {
        let mut places = Sequence::<u32>::new();
        let mut scores = Sequence::<f32>::new();
        let highest = RuntimeCell::<f32>::new(largest.read());
        #[unroll]
        for key in 0..comptime!(KEYS) {
            let at = block + comptime!(key as u32);
            let inside = comptime!(!ragged) || at < cells;
            let place = start + select(inside, at, 0u32) * of_cell + of_head;
            let product = RuntimeCell::<Vector<f32, N>>::new(Vector::new(0.0_f32));
            #[unroll]
            for part in 0..parts {
                product.store(fma(*query.index(part), loaded(qkv, place + comptime!(part as u32)), product.read()));
            }
            let score = RuntimeCell::<f32>::new(0.0_f32);
            #[unroll]
            for lane in 0..N::value() {
                score.store(score.read() + product.read().extract(lane));
            }
            let score = select(inside, score.read(), LEAST);
            highest.store(highest.read().max(score));
            places.push(place + of_head);
            scores.push(score);
        }
        let highest = highest.read();
        let correction = (largest.read() - highest).exp();
        largest.store(highest);
        weights.store(weights.read() * correction);
        let correction = Vector::<f32, N>::new(correction);
        #[unroll]
        for part in 0..parts {
            let sum = sums.index(part);
            sum.store(sum.read() * correction);
        }
        #[unroll]
        for key in 0..comptime!(KEYS) {
            let weight = (*scores.index(key) - highest).exp();
            weights.store(weights.read() + weight);
            let weight = Vector::<f32, N>::new(weight);
            let place = *places.index(key);
            #[unroll]
            for part in 0..parts {
                let sum = sums.index(part);
                sum.store(fma(weight, loaded(qkv, place + comptime!(part as u32)), sum.read()));
            }
        }
    }

    let target = (picture * cells + cell) * heads * of_head + head * of_head;
    let inverse = Vector::<f32, N>::new(1.0_f32 / weights.read());
    #[unroll]
    for part in 0..parts {
        output[(target + comptime!(part as u32)) as usize] = Vector::cast_from(sums.index(part).read() * inverse);
    }
}

/// # Shapes
/// - qkv: `[batch, height, width, 3·channels]`, contiguous; channels are (head, query, key or value, channel of
///   the head), slow to fast
/// - result: `[batch, height, width, channels]`
pub(super) fn launch(qkv: CubeTensor, heads: usize, plan: &Plan) -> CubeTensor {
    let source = Extent::of(&qkv);
    let target = Extent { channels: source.channels / 3, ..source };
    let (cells, head) = (source.area(), target.channels / heads);
    let width = lanes(head);
    let output = empty(&qkv, target);
    let work = source.batch * cells * heads;
    let part = plan.part(2 * cells * head);
    let (client, element) = (qkv.client.clone(), element(&qkv));
    let cube_dim = CubeDim::new_1d(plan.units);
    for first in (0..work).step_by(part) {
        let count = part.min(work - first);
        // SAFETY: a position below the end belongs to one picture, cell and head; keys past the last cell
        // read the first one's numbers, which then count nothing.
        #[expect(unsafe_code, reason = "bounds are checked once for an invocation, not for each access")]
        unsafe {
            attend::launch_unchecked(
                &client,
                calculate_cube_count_elemwise(&client, count, cube_dim),
                cube_dim,
                width,
                qkv.clone().into_buffer_arg(),
                output.clone().into_buffer_arg(),
                cells as u32,
                heads as u32,
                (head as f32).sqrt().recip(),
                first as u32,
                (first + count) as u32,
                head / width,
                !cells.is_multiple_of(KEYS),
                element,
            );
        }
    }
    output
}
