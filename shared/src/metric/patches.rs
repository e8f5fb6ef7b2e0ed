//! Whether a picture is made of the same small parts as the truth, wherever they lie.

use super::planes::check_sizes;
use crate::{
    mask::Mask,
    noise::{self, Purpose},
    picture::Picture,
};

/// Half of a patch of 7×7.
const REACH: usize = 3;
/// Pixels across a patch.
const SIDE: usize = 2 * REACH + 1;
/// Numbers of a patch: its pixels' colours.
const NUMBERS: usize = 3 * SIDE * SIDE;
/// Directions on which patches are projected.
const PROJECTIONS: u64 = 64;
/// Patches that are compared at most. Of more, every second, third and so on is taken.
const MOST: usize = 1 << 14;

/// The sliced Wasserstein distance (Rabin et al. 2011; Karras et al. 2018, section 5) of two pictures' 7×7 patches: the mean over
/// 64 random directions of the mean difference of the sorted projections. It asks which patches there are, not where, so that
/// a texture that is only shifted is near. In 8-bit values: a picture that is brighter by d everywhere has the distance d.
///
/// Compared are the patches that lie in the picture and whose centre the mask covers, or all; 16,384 at most. The same seed
/// gives the same directions. NaN where there is no such patch.
///
/// # Panics
/// When the sizes differ.
pub fn patch_distance(answer: &Picture, truth: &Picture, mask: Option<&Mask>, seed: u64) -> f64 {
    check_sizes(answer, truth, mask);
    let centres = centres(truth, mask);
    if centres.is_empty() {
        return f64::NAN;
    }
    let (mut distance, mut brighter) = (0.0, 0.0);
    for projection in 0..PROJECTIONS {
        let direction = direction(seed, projection);
        let (ours, theirs) = (projected(answer, &centres, &direction), projected(truth, &centres, &direction));
        let sum: f32 = ours.iter().zip(&theirs).map(|(one, other)| (one - other).abs()).sum();
        distance += f64::from(sum) / centres.len() as f64;
        brighter += f64::from(direction.iter().sum::<f32>().abs());
    }
    distance / brighter
}

/// Where patches have their centres, `(x, y)`, row by row.
fn centres(picture: &Picture, mask: Option<&Mask>) -> Vec<(usize, usize)> {
    let (right, bottom) = (picture.width().saturating_sub(REACH), picture.height().saturating_sub(REACH));
    let all = (REACH..bottom).flat_map(|y| (REACH..right).map(move |x| (x, y)));
    let centres: Vec<(usize, usize)> = all.filter(|(x, y)| mask.is_none_or(|mask| mask.covers(*x, *y))).collect();
    let every = centres.len().div_ceil(MOST).max(1);
    centres.into_iter().step_by(every).collect()
}

/// A direction of length 1, drawn uniformly.
fn direction(seed: u64, projection: u64) -> Vec<f32> {
    let mut direction = noise::gaussian(&mut noise::stream(seed, Purpose::Projection, projection, 0), NUMBERS);
    let length = direction.iter().map(|value| value * value).sum::<f32>().sqrt();
    direction.iter_mut().for_each(|value| *value /= length);
    direction
}

/// How far the patches reach in a direction, sorted.
fn projected(picture: &Picture, centres: &[(usize, usize)], direction: &[f32]) -> Vec<f32> {
    let reach = |&(x, y): &(usize, usize)| {
        let rows = direction.chunks_exact(3 * SIDE).enumerate();
        rows.map(|(row, weights)| {
            let pixels = &picture.row(y + row - REACH)[3 * (x - REACH)..3 * (x + REACH + 1)];
            pixels.iter().zip(weights).map(|(value, weight)| f32::from(*value) * weight).sum::<f32>()
        })
        .sum()
    };
    let mut projected: Vec<f32> = centres.iter().map(reach).collect();
    projected.sort_unstable_by(f32::total_cmp);
    projected
}
