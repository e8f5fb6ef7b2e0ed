//! Attention over the cells of a picture without a matrix of scores: every query keeps the largest score so
//! far, the sum of the exponentials below it and the weighted sum of the values, and corrects the two sums
//! when a larger score comes (the online softmax, arXiv 1805.02867).

use burn_cubecl::tensor::CubeTensor;
use cubecl::{calculate_cube_count_elemwise, prelude::*};

use super::layout::{Extent, across, element, empty, lanes};
use crate::plan::Plan;

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

/// What is fixed when the kernel is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Fixed {
    /// Vectors of a head.
    parts: usize,
    /// Neighbouring cells whose queries an invocation answers: each key and value is then read once for all of them.
    queries: usize,
    /// Whether the last keys of a block, or the last queries of an invocation, can lie past the last cell.
    ragged: bool,
}

/// Extents of a launch.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
struct Extents {
    cells: u32,
    heads: u32,
    /// Invocations of a picture's head.
    groups: u32,
    /// The first invocation of this launch, and where all of them end.
    first: u32,
    end: u32,
}

/// What lies at a place, in 32 bits: sums over all cells are made in those.
#[cube]
fn loaded<S: Float, N: Size>(qkv: &[Vector<S, N>], place: u32) -> Vector<f32, N> {
    Vector::cast_from(qkv[place as usize])
}

#[cube(launch_unchecked)]
fn attend<S: Float, N: Size>(
    qkv: &[Vector<S, N>],
    output: &mut [Vector<S, N>],
    extents: Extents,
    scale: f32,
    #[comptime] fixed: Fixed,
    #[define(S)] _element: ElemType,
) {
    let position = ABSOLUTE_POS as u32 + extents.first;
    if position >= extents.end {
        terminate!();
    }
    let (cells, heads) = (extents.cells, extents.heads);
    let of_head = comptime!(fixed.parts as u32);
    let (head, group) = (position % heads, position / heads % extents.groups);
    let picture = position / heads / extents.groups;
    let first = group * comptime!(fixed.queries as u32);
    let of_cell = heads * comptime!(3 * fixed.parts as u32);
    let start = picture * cells * of_cell + head * comptime!(3 * fixed.parts as u32);

    let mut queries = Sequence::<Vector<f32, N>>::new();
    let mut sums = Sequence::<RuntimeCell<Vector<f32, N>>>::new();
    let mut largest = Sequence::<RuntimeCell<f32>>::new();
    let mut weights = Sequence::<RuntimeCell<f32>>::new();
    #[unroll]
    for query in 0..comptime!(fixed.queries) {
        let cell = first + comptime!(query as u32);
        let inside = comptime!(!fixed.ragged) || cell < cells;
        let place = start + select(inside, cell, 0u32) * of_cell;
        #[unroll]
        for part in 0..comptime!(fixed.parts) {
            queries.push(loaded(qkv, place + comptime!(part as u32)));
            sums.push(RuntimeCell::new(Vector::new(0.0_f32)));
        }
        largest.push(RuntimeCell::new(LEAST));
        weights.push(RuntimeCell::new(0.0_f32));
    }

    for block in range_stepped(0u32, cells, comptime!(KEYS as u32)) {
        let mut places = Sequence::<u32>::new();
        let mut scores = Sequence::<RuntimeCell<Vector<f32, N>>>::new();
        #[unroll]
        for key in 0..comptime!(KEYS) {
            let at = block + comptime!(key as u32);
            let inside = comptime!(!fixed.ragged) || at < cells;
            places.push(start + select(inside, at, 0u32) * of_cell + of_head);
            #[unroll]
            for _ in 0..comptime!(fixed.queries) {
                scores.push(RuntimeCell::new(Vector::new(0.0_f32)));
            }
        }
        #[unroll]
        for part in 0..comptime!(fixed.parts) {
            #[unroll]
            for key in 0..comptime!(KEYS) {
                let value = loaded(qkv, *places.index(key) + comptime!(part as u32));
                #[unroll]
                for query in 0..comptime!(fixed.queries) {
                    let score = scores.index(comptime!(key * fixed.queries + query));
                    score.store(fma(*queries.index(comptime!(query * fixed.parts + part)), value, score.read()));
                }
            }
        }
        // The weight of each key for each query, and the sums so far brought to the same scale.
        let mut factors = Sequence::<Vector<f32, N>>::new();
        #[unroll]
        for query in 0..comptime!(fixed.queries) {
            let before = largest.index(query).read();
            let highest = RuntimeCell::<f32>::new(before);
            let mut totals = Sequence::<f32>::new();
            #[unroll]
            for key in 0..comptime!(KEYS) {
                let inside = comptime!(!fixed.ragged) || block + comptime!(key as u32) < cells;
                let score = across(scores.index(comptime!(key * fixed.queries + query)).read()) * scale;
                let score = select(inside, score, LEAST);
                highest.store(highest.read().max(score));
                totals.push(score);
            }
            let highest = highest.read();
            largest.index(query).store(highest);
            let correction = (before - highest).exp();
            let sum = RuntimeCell::<f32>::new(weights.index(query).read() * correction);
            #[unroll]
            for key in 0..comptime!(KEYS) {
                let weight = (*totals.index(key) - highest).exp();
                sum.store(sum.read() + weight);
                factors.push(Vector::new(weight));
            }
            weights.index(query).store(sum.read());
            let correction = Vector::<f32, N>::new(correction);
            #[unroll]
            for part in 0..comptime!(fixed.parts) {
                let sum = sums.index(comptime!(query * fixed.parts + part));
                sum.store(sum.read() * correction);
            }
        }
        #[unroll]
        for part in 0..comptime!(fixed.parts) {
            #[unroll]
            for key in 0..comptime!(KEYS) {
                let value = loaded(qkv, *places.index(key) + of_head + comptime!(part as u32));
                #[unroll]
                for query in 0..comptime!(fixed.queries) {
                    let sum = sums.index(comptime!(query * fixed.parts + part));
                    sum.store(fma(*factors.index(comptime!(query * KEYS + key)), value, sum.read()));
                }
            }
        }
    }

    #[unroll]
    for query in 0..comptime!(fixed.queries) {
        let cell = first + comptime!(query as u32);
        if comptime!(!fixed.ragged) || cell < cells {
            let target = (picture * cells + cell) * heads * of_head + head * of_head;
            let inverse = Vector::<f32, N>::new(1.0_f32 / weights.index(query).read());
            #[unroll]
            for part in 0..comptime!(fixed.parts) {
                let sum = sums.index(comptime!(query * fixed.parts + part)).read();
                output[(target + comptime!(part as u32)) as usize] = Vector::cast_from(sum * inverse);
            }
        }
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
    let parts = head / width;
    let queries = plan.queries(parts);
    let groups = cells.div_ceil(queries);
    let fixed = Fixed { parts, queries, ragged: !cells.is_multiple_of(KEYS.max(queries)) };
    let work = source.batch * groups * heads;
    let part = plan.part(2 * cells * head * queries);
    let (client, element) = (qkv.client.clone(), element(&qkv));
    let cube_dim = CubeDim::new_1d(plan.units);
    for first in (0..work).step_by(part) {
        let count = part.min(work - first);
        let extents = ExtentsLaunch::new(cells as u32, heads as u32, groups as u32, first as u32, (first + count) as u32);
        // SAFETY: a position below the end belongs to one picture, head and group of cells; queries and keys past
        // the last cell read the first one's numbers, which are then not written and count nothing.
        #[expect(unsafe_code, reason = "bounds are checked once for an invocation, not for each access")]
        unsafe {
            attend::launch_unchecked(
                &client,
                calculate_cube_count_elemwise(&client, count, cube_dim),
                cube_dim,
                width,
                qkv.clone().into_buffer_arg(),
                output.clone().into_buffer_arg(),
                extents,
                (head as f32).sqrt().recip(),
                fixed,
                element,
            );
        }
    }
    output
}
