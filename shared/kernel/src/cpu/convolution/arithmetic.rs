//! The arithmetic of a convolution and of its gradients on slices, by the faster of two ways: a product a tap (`taps`), or
//! tiles (`winograd`).

use super::{sizes::Sizes, taps, winograd};
#[cfg(feature = "autodiff")]
use crate::cpu::parallel::for_each;

/// # Shapes
/// - input: `[batch, input, height, width]`
/// - weight: `[output, input, side, side]`
/// - bias: `[output]`
/// - result: `[batch, output, height, width]`
pub fn forward(sizes: Sizes, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    match winograd::fits(sizes) {
        true => winograd::forward(sizes, input, weight, bias),
        false => taps::forward(sizes, input, weight, bias),
    }
}

/// The gradient of the input: a convolution of the output's gradient with the taps in reverse order.
///
/// # Shapes
/// - weight: `[output, input, side, side]`
/// - gradient: `[batch, output, height, width]`
/// - result: `[batch, input, height, width]`
#[cfg(feature = "autodiff")]
pub fn input_gradient(sizes: Sizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    match winograd::fits(sizes) {
        true => winograd::input_gradient(sizes, weight, gradient),
        false => taps::input_gradient(sizes, weight, gradient),
    }
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
            let planes = sizes.picture(gradient, picture, sizes.output);
            for (sum, plane) in of_bias.iter_mut().zip(planes.chunks_exact(sizes.area())) {
                *sum += total(plane);
            }
            if !quick {
                taps::add_weight_gradient(sizes, sizes.picture(input, picture, sizes.input), planes, of_weight);
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
