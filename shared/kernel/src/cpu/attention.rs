//! Self-attention on the CPU without gradients: some queries and keys at a time, so that no matrix of all scores is ever
//! there (the online softmax, arXiv 1805.02867), and with exponentials that the compiler can vectorise. With gradients it is made of burn's operations (`crate::attention`).

use burn::{
    backend::{Backend, Flex, TensorMetadata, backend_extension, flex::FlexTensor, tensor::FloatTensor},
    tensor::Tensor,
};
use multiversion::multiversion;

use super::{
    exponential::exp,
    flex::tensor,
    matrix::{Matrix, product},
    parallel::for_each,
};

/// Queries that are answered at a time: few enough that several threads have some, and in large pictures so many that
/// keys and values are brought into a matrix product's order for a lot of them at once.
const QUERIES: std::ops::RangeInclusive<usize> = 64..=256;

/// Keys that are looked at at a time: the scores of so many stay in a processor's cache.
const KEYS: usize = 512;

/// The operation on a backend.
#[backend_extension(Flex)]
trait AttentionBackend: Backend {
    /// `[batch, cells, 3·channels]` → `[batch, cells, channels]`
    fn attend_cells(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self>;
}

/// # Shapes
/// - qkv: `[batch, cells, 3·channels]`; channels are (head, query, key or value, channel of the head), slow to fast
/// - result: `[batch, cells, channels]`
pub fn apply(qkv: Tensor<3>, heads: usize) -> Tensor<3> {
    type Dispatch = burn::backend::Dispatch;
    Tensor::from_dispatch(<Dispatch as AttentionBackend>::attend_cells(qkv.into_dispatch(), heads))
}

impl AttentionBackend for Flex {
    fn attend_cells(qkv: FlexTensor, heads: usize) -> FlexTensor {
        let [batch, cells, width] = qkv.shape().dims();
        let channels = width / 3;
        let qkv = qkv.to_contiguous();
        let mut output = vec![0.0; batch * cells * channels];
        let queries = (cells / 8).clamp(*QUERIES.start(), *QUERIES.end());
        let pictures = qkv.storage::<f32>().chunks_exact(cells * width).zip(output.chunks_exact_mut(cells * channels));
        let tasks = pictures.flat_map(|(qkv, output)| {
            output.chunks_mut(queries * channels).enumerate().map(move |(block, output)| (qkv, block * queries, output))
        });
        for_each(tasks.collect(), |(qkv, first, output)| answer(qkv, first, heads, width, output));
        tensor(output, [batch, cells, channels])
    }
}

/// What is known of a query's softmax so far.
#[derive(Clone, Copy)]
struct Softmax {
    /// The largest score.
    largest: f32,
    /// The sum of the exponentials, each as far below the largest as its score is.
    sum: f32,
}

/// The answers to the queries from `first` on, `[queries, channels]`, of one picture's `[cells, 3·channels]`.
fn answer(qkv: &[f32], first: usize, heads: usize, width: usize, output: &mut [f32]) {
    let (channels, cells) = (width / 3, qkv.len() / width);
    let (queries, head) = (output.len() / channels, channels / heads);
    let factor = (head as f32).sqrt().recip();
    let mut scores = vec![0.0; queries * KEYS.min(cells)];
    for index in 0..heads {
        let begin = 3 * index * head;
        let query = Matrix { values: &qkv[first * width + begin..], row_stride: width, column_stride: 1 };
        let mut known = vec![Softmax { largest: f32::NEG_INFINITY, sum: 0.0 }; queries];
        let answers = index * head..(index + 1) * head;
        for block in (0..cells).step_by(KEYS) {
            let keys = KEYS.min(cells - block);
            let scores = &mut scores[..queries * keys];
            let key = Matrix { values: &qkv[block * width + begin + head..], row_stride: 1, column_stride: width };
            product(scores, keys, false, query, key, [queries, keys, head]);
            for ((scores, known), output) in scores.chunks_exact_mut(keys).zip(&mut known).zip(output.chunks_exact_mut(channels)) {
                let correction = exponentials(scores, factor, known);
                output[answers.clone()].iter_mut().for_each(|value| *value *= correction);
            }
            let weights = Matrix { values: scores, row_stride: keys, column_stride: 1 };
            let value = Matrix { values: &qkv[block * width + begin + 2 * head..], row_stride: width, column_stride: 1 };
            product(&mut output[answers.start..], channels, true, weights, value, [queries, head, keys]);
        }
        for (output, known) in output.chunks_exact_mut(channels).zip(&known) {
            output[answers.clone()].iter_mut().for_each(|value| *value /= known.sum);
        }
    }
}

/// Numbers that are compared or added side by side, which do not wait for each other.
const LANES: usize = 16;

/// The exponentials of scores times a factor, in their place, each as far below the largest of all so far as it is.
/// Gives the factor of what was summed before them.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
fn exponentials(scores: &mut [f32], factor: f32, known: &mut Softmax) -> f32 {
    let larger = |one: f32, other: f32| if other > one { other } else { one };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = scores.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied().fold(known.largest, larger);
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, score)| *lane = larger(*lane, *score));
    }
    let largest = lanes.into_iter().fold(rest, larger);
    let mut sums = [0.0f32; LANES];
    let mut rest = 0.0;
    for chunk in scores.chunks_mut(LANES) {
        for score in chunk.iter_mut() {
            *score = exp((*score - largest) * factor);
        }
        match chunk.len() {
            LANES => sums.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += *value),
            _ => rest = chunk.iter().sum(),
        }
    }
    let correction = ((known.largest - largest) * factor).exp();
    *known = Softmax { largest, sum: known.sum * correction + sums.into_iter().sum::<f32>() + rest };
    correction
}
