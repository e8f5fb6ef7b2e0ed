//! Whether the edge of a hole can be seen after it was filled.

use super::planes::check_sizes;
use crate::{mask::Mask, picture::Picture};

/// Mean difference of two values that were only rounded differently, about. It is added to both steps, so that flat
/// pictures compare as equal.
const ROUNDING: f64 = 0.5;

/// How large the step across a hole's rim is, divided by what it is in the truth: 1 is right, more is a visible seam.
///
/// A step is the mean absolute difference, over all three channels, between a pixel that the mask covers and a neighbour above,
/// below, to the left or to the right that it does not. NaN where there are no such neighbours.
///
/// # Panics
/// When the sizes differ.
pub fn rim_step(answer: &Picture, truth: &Picture, mask: &Mask) -> f64 {
    check_sizes(answer, truth, Some(mask));
    let (width, height) = (truth.width(), truth.height());
    let (mut steps, mut count) = ([0u64; 2], 0u64);
    for y in 0..height {
        for x in 0..width {
            for (right, below) in [(x + 1, y), (x, y + 1)].into_iter().filter(|(x, y)| *x < width && *y < height) {
                if mask.covers(x, y) != mask.covers(right, below) {
                    for (step, picture) in steps.iter_mut().zip([answer, truth]) {
                        let pair = picture.get(x, y).into_iter().zip(picture.get(right, below));
                        *step += pair.map(|(one, other)| u64::from(one.abs_diff(other))).sum::<u64>();
                    }
                    count += 3;
                }
            }
        }
    }
    let [answer, truth] = steps.map(|step| step as f64 / count as f64 + ROUNDING);
    answer / truth
}
