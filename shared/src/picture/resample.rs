//! Resampling of one axis: which source samples make a target sample, and how much of each. The mean
//! over the area when shrinking (nothing rings, nothing aliases much), Catmull-Rom when growing.

/// Weights from `source` samples to `target` samples along one axis.
#[derive(Clone, Debug)]
pub struct Resampler {
    /// Of each target sample: its first source sample, and where its weights begin and end.
    spans: Vec<(usize, usize, usize)>,
    weights: Vec<f32>,
}

impl Resampler {
    /// Weights for scaling an axis; both counts at least 1. Every target's weights add up to 1.
    pub fn new(source: usize, target: usize) -> Self {
        assert!(source > 0 && target > 0, "{source} samples cannot become {target}");
        let mut resampler = Self { spans: Vec::with_capacity(target), weights: Vec::new() };
        for index in 0..target {
            let begin = resampler.weights.len();
            let first =
                if target < source { resampler.push_mean(index, source, target) } else { resampler.push_cubic(index, source, target) };
            resampler.spans.push((first, begin, resampler.weights.len()));
        }
        resampler
    }

    /// The area [index, index + 1)·source/target, in exact fractions of `target`.
    fn push_mean(&mut self, index: usize, source: usize, target: usize) -> usize {
        let (begin, end) = (index * source, (index + 1) * source);
        let first = begin / target;
        for sample in first..end.div_ceil(target) {
            let overlap = end.min((sample + 1) * target) - begin.max(sample * target);
            self.weights.push(overlap as f32 / source as f32);
        }
        first
    }

    /// Catmull-Rom about the target's centre; samples beyond the ends repeat the last one.
    fn push_cubic(&mut self, index: usize, source: usize, target: usize) -> usize {
        let centre = (index as f64 + 0.5) * source as f64 / target as f64 - 0.5;
        let base = centre.floor();
        let cubic = catmull_rom(centre - base);
        let place = |tap: usize| (base as isize - 1 + tap as isize).clamp(0, source as isize - 1) as usize;
        let first = place(0);
        let mut weights = [0.0f32; 4];
        for (tap, weight) in cubic.into_iter().enumerate() {
            weights[place(tap) - first] += weight as f32;
        }
        self.weights.extend_from_slice(&weights[..=place(3) - first]);
        first
    }

    /// Target samples.
    pub fn target_length(&self) -> usize {
        self.spans.len()
    }

    /// The source samples that a target sample is made of.
    pub fn source_range(&self, index: usize) -> std::ops::Range<usize> {
        let (first, begin, end) = self.spans[index];
        first..first + end - begin
    }

    /// Source samples of a target sample with their weights.
    pub(crate) fn taps(&self, index: usize) -> impl Iterator<Item = (usize, f32)> {
        let (first, begin, end) = self.spans[index];
        self.weights[begin..end].iter().enumerate().map(move |(offset, weight)| (first + offset, *weight))
    }

    /// Scales one line of `channels` interleaved values a sample.
    pub fn apply(&self, line: &[f32], channels: usize, target: &mut [f32]) {
        for (index, out) in target.chunks_exact_mut(channels).enumerate() {
            out.fill(0.0);
            for (sample, weight) in self.taps(index) {
                for (value, source) in out.iter_mut().zip(&line[sample * channels..]) {
                    *value += weight * source;
                }
            }
        }
    }

    /// Target row `index` of rows of `length` values, scaled across rows.
    pub fn apply_row(&self, rows: &[f32], length: usize, index: usize, target: &mut [f32]) {
        target.fill(0.0);
        for (sample, weight) in self.taps(index) {
            for (value, source) in target.iter_mut().zip(&rows[sample * length..(sample + 1) * length]) {
                *value += weight * source;
            }
        }
    }
}

/// Weights of the four samples around a point `fraction` after the second (Catmull and Rom 1974,
/// which is Keys' cubic with a = −½).
fn catmull_rom(fraction: f64) -> [f64; 4] {
    let (x, x2, x3) = (fraction, fraction * fraction, fraction * fraction * fraction);
    [0.5 * (-x3 + 2.0 * x2 - x), 0.5 * (3.0 * x3 - 5.0 * x2 + 2.0), 0.5 * (-3.0 * x3 + 4.0 * x2 + x), 0.5 * (x3 - x2)]
}

/// Planes `[channels, height, width]` at another size `(width, height)`, by the same rules as
/// [`Picture::resize`](super::Picture::resize).
pub fn resize_planes(planes: &[f32], from: (usize, usize), to: (usize, usize)) -> Vec<f32> {
    if from == to {
        return planes.to_vec();
    }
    let (across, down) = (Resampler::new(from.0, to.0), Resampler::new(from.1, to.1));
    let mut result = vec![0.0; planes.len() / (from.0 * from.1) * to.0 * to.1];
    let mut narrow = vec![0.0; to.0 * from.1];
    for (plane, target) in planes.chunks_exact(from.0 * from.1).zip(result.chunks_exact_mut(to.0 * to.1)) {
        for (line, out) in plane.chunks_exact(from.0).zip(narrow.chunks_exact_mut(to.0)) {
            across.apply(line, 1, out);
        }
        for (y, out) in target.chunks_exact_mut(to.0).enumerate() {
            down.apply_row(&narrow, to.0, y, out);
        }
    }
    result
}
