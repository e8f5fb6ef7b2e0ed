//! Group norm, FiLM and SiLU in one pass over a group on the CPU, and its gradient: silu(n·factor + summand), where n
//! is the input normalised over each group of channels. The arithmetic on slices; `normalize` makes it an
//! operation of burn's.
//!
//! As single operations of burn's these were 40 % of the training time of the `nature` preset, most of it
//! in one thread's calls of the C library's `expf`.

use multiversion::multiversion;

use super::exponential::exp;

/// How channels are grouped, and the settings of a normalisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Groups {
    /// How many one picture has.
    pub groups: usize,
    /// Channels of one picture.
    pub channels: usize,
    /// Pixels of a plane.
    pub area: usize,
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether SiLU follows.
    pub activate: bool,
}

impl Groups {
    /// Channels of one group.
    pub fn members(self) -> usize {
        self.channels / self.groups
    }

    /// Values of a group.
    pub fn each(self) -> usize {
        self.members() * self.area
    }
}

/// Partial sums that the compiler keeps in registers; their order is the same on every processor.
const LANES: usize = 16;

/// Σ of `part` over the values, which come in pairs.
#[inline(always)]
fn sum(left: &[f32], right: &[f32], part: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (mut of_left, mut of_right) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    for (left, right) in of_left.by_ref().zip(of_right.by_ref()) {
        for lane in 0..LANES {
            lanes[lane] += part(left[lane], right[lane]);
        }
    }
    let rest: f32 = of_left.remainder().iter().zip(of_right.remainder()).map(|(left, right)| part(*left, *right)).sum();
    lanes.iter().sum::<f32>() + rest
}

/// Mean and 1/√(variance + ε).
#[inline(always)]
fn moments(values: &[f32], epsilon: f32) -> (f32, f32) {
    let count = values.len() as f32;
    let mean = sum(values, values, |value, _| value) / count;
    let variance = sum(values, values, |value, _| (value - mean) * (value - mean)) / count;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// One group. With s the input's deviation, n = (input − mean)/s:
/// output = silu(n·factor + summand), or without silu.
///
/// # Shapes
/// - input, output: `[members, area]`
/// - factors, summands: `[members]`
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
pub fn forward(norm: Groups, input: &[f32], factors: &[f32], summands: &[f32], output: &mut [f32]) {
    let (mean, inverse) = moments(input, norm.epsilon);
    let planes = input.chunks_exact(norm.area).zip(output.chunks_exact_mut(norm.area));
    for ((input, output), (factor, summand)) in planes.zip(factors.iter().zip(summands)) {
        let (scale, shift) = (inverse * factor, summand - mean * inverse * factor);
        if norm.activate {
            for (output, input) in output.iter_mut().zip(input) {
                let value = input * scale + shift;
                *output = value / (1.0 + exp(-value));
            }
        } else {
            for (output, input) in output.iter_mut().zip(input) {
                *output = input * scale + shift;
            }
        }
    }
}

/// The gradients of one group.
#[cfg(feature = "autodiff")]
pub struct GroupGradient<'a> {
    /// `[members, area]`
    pub input: &'a mut [f32],
    /// `[members]`
    pub factors: &'a mut [f32],
    /// `[members]`
    pub summands: &'a mut [f32],
}

/// The gradient of [`forward`]; `gradient` is that of its output, `[members, area]`.
#[cfg(feature = "autodiff")]
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma", "x86_64+avx2+fma"))]
pub fn backward<'a>(norm: Groups, input: &[f32], factors: &[f32], summands: &[f32], gradient: &[f32], target: GroupGradient<'a>) {
    let (mean, inverse) = moments(input, norm.epsilon);
    let (mut of_sum, mut of_product) = (0.0, 0.0);
    for member in 0..norm.members() {
        let plane = member * norm.area..(member + 1) * norm.area;
        let (input, gradient, before) = (&input[plane.clone()], &gradient[plane.clone()], &mut target.input[plane]);
        let (factor, summand) = (factors[member], summands[member]);
        let (scale, shift) = (inverse * factor, summand - mean * inverse * factor);
        if norm.activate {
            for ((before, input), gradient) in before.iter_mut().zip(input).zip(gradient) {
                let value = input * scale + shift;
                let gate = 1.0 / (1.0 + exp(-value));
                *before = gradient * gate * (1.0 + value * (1.0 - gate));
            }
        } else {
            before.copy_from_slice(gradient);
        }
        let summand = sum(before, before, |before, _| before);
        let factor_gradient = sum(before, input, |before, input| before * (input - mean)) * inverse;
        target.summands[member] = summand;
        target.factors[member] = factor_gradient;
        of_sum += factor * summand;
        of_product += factor * factor_gradient;
    }
    // The mean and the deviation depend on every value of the group.
    let count = norm.each() as f32;
    let (of_mean, of_deviation) = (of_sum / count, of_product / count);
    for (member, factor) in factors.iter().enumerate() {
        let plane = member * norm.area..(member + 1) * norm.area;
        for (target, input) in target.input[plane.clone()].iter_mut().zip(&input[plane]) {
            *target = inverse * (*target * factor - of_mean - (input - mean) * inverse * of_deviation);
        }
    }
}
