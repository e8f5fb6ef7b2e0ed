//! Sets of pictures compared in a feature space: Fréchet distance, kernel distance, inception score,
//! accuracy and paired distance. Plain numbers; which net made the features is not known here.

use rayon::prelude::*;

use super::feature_net::Seen;
use super::jackknife::{PARTS, is_enough};
use super::matrix::Matrix;

/// The Fréchet distance of the normal distributions that fit two sets of features (FID; Heusel et al.
/// 2017, arXiv 1706.08500): |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½), covariances unbiased. `None` for
/// fewer than two pictures in a set. It is biased upwards by 1/n: only distances between sets of one size
/// compare.
pub fn frechet_distance(first: &[&[f64]], second: &[&[f64]]) -> Option<f64> {
    if first.len() < 2 || second.len() < 2 {
        return None;
    }
    let (mean_first, mean_second) = (mean(first), mean(second));
    let between: f64 = mean_first.iter().zip(&mean_second).map(|(a, b)| (a - b).powi(2)).sum();
    let (first, second) = (deviations(first, &mean_first), deviations(second, &mean_second));
    // With Σ = XᵀX the trace of (Σ₁Σ₂)^½ is the sum of X₁X₂ᵀ's singular values: no larger than the fewer of pictures and dimensions.
    let mixed: f64 = first.times_transposed(&second).singular_values().iter().sum();
    Some((between + first.squares() + second.squares() - 2.0 * mixed).max(0.0))
}

/// The kernel distance (KID; Bińkowski et al. 2018, arXiv 1801.01401): the unbiased estimate of the squared
/// maximum mean discrepancy with the kernel (x·y/d + 1)³. It may be a little below 0 for sets of one
/// distribution. `None` for fewer than two pictures in a set.
///
/// With it come the distances without each part of the pictures (see `jackknife`), which cost nothing more; none where there are too few.
pub fn kernel_distance(first: &[&[f64]], second: &[&[f64]]) -> Option<(f64, Vec<f64>)> {
    if first.len() < 2 || second.len() < 2 {
        return None;
    }
    let sums = KernelSums::of(first, second);
    let enough = is_enough(first.len().min(second.len()));
    let without = if enough { (0..PARTS).map(|part| sums.distance(|other| other != part)).collect() } else { Vec::new() };
    Some((sums.distance(|_| true), without))
}

/// Sums of the kernel over pairs of pictures, by the parts that the two are in.
struct KernelSums {
    /// Within the first set, within the second, from one to the other; a place for each pair of parts.
    sums: Vec<[f64; 3]>,
    /// Pictures of both sets.
    counts: [usize; 2],
}

impl KernelSums {
    fn of(first: &[&[f64]], second: &[&[f64]]) -> KernelSums {
        let kernel = |x: &[f64], y: &[f64]| (x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>() / x.len() as f64 + 1.0).powi(3);
        let pairs = |one: &[&[f64]], other: &[&[f64]], [row, column]: [usize; 2], itself: bool| -> f64 {
            let others = |x: usize| (column..other.len()).step_by(PARTS).filter(move |y| itself || *y != x);
            (row..one.len()).step_by(PARTS).flat_map(|x| others(x).map(move |y| kernel(one[x], other[y]))).sum()
        };
        let block = |place: usize| {
            let [row, column] = [place / PARTS, place % PARTS];
            // Within a set, both orders of a pair have the same kernel.
            let within = |set: &[&[f64]]| match row.cmp(&column) {
                std::cmp::Ordering::Less => 2.0 * pairs(set, set, [row, column], false),
                std::cmp::Ordering::Equal => pairs(set, set, [row, column], false),
                std::cmp::Ordering::Greater => 0.0,
            };
            [within(first), within(second), pairs(first, second, [row, column], true)]
        };
        KernelSums { sums: (0..PARTS * PARTS).into_par_iter().map(block).collect(), counts: [first.len(), second.len()] }
    }

    /// The distance of the pictures in some of the parts.
    fn distance(&self, is_in: impl Fn(usize) -> bool) -> f64 {
        let mut totals = [0.0; 3];
        let within = |place: usize| is_in(place / PARTS) && is_in(place % PARTS);
        for (_, sums) in self.sums.iter().enumerate().filter(|(place, _)| within(*place)) {
            totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        }
        let [first, second] = self.counts.map(|count| (0..count).filter(|number| is_in(number % PARTS)).count() as f64);
        totals[0] / (first * (first - 1.0)) + totals[1] / (second * (second - 1.0)) - 2.0 * totals[2] / (first * second)
    }
}

/// The inception score (Salimans et al. 2016, arXiv 1606.03498): exp of the mean Kullback-Leibler divergence
/// of each picture's class probabilities from their mean; 1 to the number of classes.
pub fn inception_score(probabilities: &[&[f64]]) -> f64 {
    let marginal = mean(probabilities);
    let divergence =
        |row: &&[f64]| -> f64 { row.iter().zip(&marginal).filter(|(p, _)| **p > 0.0).map(|(p, marginal)| p * (p / marginal).ln()).sum() };
    (probabilities.iter().map(divergence).sum::<f64>() / probabilities.len().max(1) as f64).exp()
}

/// Part of the pictures that are taken for what they show (CA), 0 to 1; those without a class that the net
/// knows do not count, and `None` where none does.
pub fn accuracy<'a>(seen: impl IntoIterator<Item = (&'a Seen, Option<usize>)>) -> Option<f64> {
    let known: Vec<bool> = seen.into_iter().filter_map(|(seen, class)| Some(seen.class() == class?)).collect();
    (!known.is_empty()).then(|| known.iter().filter(|right| **right).count() as f64 / known.len() as f64)
}

/// Euclidean distance of two pictures' features.
pub fn distance(first: &[f64], second: &[f64]) -> f64 {
    first.iter().zip(second).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn mean(rows: &[&[f64]]) -> Vec<f64> {
    let mut mean = vec![0.0; rows.first().map_or(0, |row| row.len())];
    for row in rows {
        for (mean, value) in mean.iter_mut().zip(*row) {
            *mean += value / rows.len() as f64;
        }
    }
    mean
}

/// An X with XᵀX = Σ, the covariance: the deviations from the mean, or a square factor where there are more pictures than dimensions.
fn deviations(rows: &[&[f64]], mean: &[f64]) -> Matrix {
    let root = (rows.len() as f64 - 1.0).sqrt();
    let deviations = Matrix::new(rows.len(), mean.len(), |row, column| (rows[row][column] - mean[column]) / root);
    if rows.len() > mean.len() { deviations.factor() } else { deviations }
}

#[cfg(test)]
mod tests {
    use infill::noise::{self, Purpose};

    use super::*;

    fn rows(values: &[Vec<f64>]) -> Vec<&[f64]> {
        values.iter().map(Vec::as_slice).collect()
    }

    /// Points at ± deviation on every axis: mean and covariance are exactly diagonal.
    fn cross(centre: &[f64], deviations: &[f64]) -> Vec<Vec<f64>> {
        let point = |axis: usize, sign: f64| {
            let mut point = centre.to_vec();
            point[axis] += sign * deviations[axis];
            point
        };
        (0..centre.len()).flat_map(|axis| [point(axis, 1.0), point(axis, -1.0)]).collect()
    }

    #[test]
    fn frechet_distance_of_diagonal_covariances() {
        let (first, second) = (cross(&[0.0, 1.0, 2.0], &[1.0, 2.0, 0.5]), cross(&[1.0, 1.0, -1.0], &[3.0, 2.0, 0.0]));
        // Six points: an axis has two at ± deviation, so that its variance is 2·deviation²/5.
        let spread = |a: f64, b: f64| (a - b).powi(2) * 2.0 / 5.0;
        let expected = 1.0 + 9.0 + spread(1.0, 3.0) + spread(2.0, 2.0) + spread(0.5, 0.0);
        let found = frechet_distance(&rows(&first), &rows(&second)).expect("a distance");
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        assert!(frechet_distance(&rows(&first), &rows(&first)).expect("a distance") < 1e-9);
        assert_eq!(frechet_distance(&rows(&first[..1]), &rows(&second)), None);
    }

    #[test]
    fn frechet_distance_does_not_change_when_space_is_turned() {
        let values = noise::gaussian(&mut noise::stream(4, Purpose::Start, 0, 0), 40 * 2);
        let set = |scale: f64, shift: f64| -> Vec<Vec<f64>> {
            values.chunks(2).map(|pair| vec![scale * f64::from(pair[0]) + shift, f64::from(pair[1] + 0.7 * pair[0])]).collect()
        };
        let turned = |set: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let (sine, cosine) = 0.6f64.sin_cos();
            set.iter().map(|point| vec![cosine * point[0] - sine * point[1], sine * point[0] + cosine * point[1]]).collect()
        };
        let (first, second) = (set(1.0, 0.0), set(2.5, 0.3));
        let plain = frechet_distance(&rows(&first), &rows(&second)).expect("a distance");
        let other = frechet_distance(&rows(&turned(&first)), &rows(&turned(&second))).expect("a distance");
        assert!(plain > 0.5 && (plain - other).abs() < 1e-9, "{plain} {other}");
    }

    #[test]
    fn kernel_distance_of_hand_counted_sets() {
        // One dimension, kernel (xy + 1)³: within {0, 1}: 1; within {2, 3}: 343; across: 1, 1, 27, 64.
        let (first, second) = (vec![vec![0.0], vec![1.0]], vec![vec![2.0], vec![3.0]]);
        let (found, without) = kernel_distance(&rows(&first), &rows(&second)).expect("a distance");
        assert!(without.is_empty());
        assert!((found - (1.0 + 343.0 - 2.0 * (1.0 + 1.0 + 27.0 + 64.0) / 4.0)).abs() < 1e-9, "{found}");
        assert_eq!(kernel_distance(&rows(&first[..1]), &rows(&second)), None);
    }

    #[test]
    fn kernel_distances_without_a_part_are_those_of_the_rest() {
        let draw = |seed: u64| -> Vec<Vec<f64>> {
            let values = noise::gaussian(&mut noise::stream(seed, Purpose::Start, 0, 0), 43 * 3);
            values.chunks(3).map(|row| row.iter().copied().map(f64::from).collect()).collect()
        };
        let rest = |set: &[Vec<f64>], part: usize| -> Vec<Vec<f64>> {
            set.iter().enumerate().filter(|(number, _)| number % PARTS != part).map(|(_, row)| row.clone()).collect()
        };
        let (first, second) = (draw(1), draw(2));
        let (_, without) = kernel_distance(&rows(&first), &rows(&second)).expect("a distance");
        assert_eq!(without.len(), PARTS);
        for (part, found) in without.iter().enumerate() {
            let (expected, _) = kernel_distance(&rows(&rest(&first, part)), &rows(&rest(&second, part))).expect("a distance");
            assert!((found - expected).abs() < 1e-9, "{part}: {found} {expected}");
        }
    }

    #[test]
    fn kernel_distance_of_one_distribution_is_zero_on_average() {
        let draw = |number: u64| -> Vec<Vec<f64>> {
            let values = noise::gaussian(&mut noise::stream(number, Purpose::Start, 0, 0), 30 * 4);
            values.chunks(4).map(|row| row.iter().copied().map(f64::from).collect()).collect()
        };
        let distances: Vec<f64> =
            (0..60).filter_map(|number| Some(kernel_distance(&rows(&draw(2 * number)), &rows(&draw(2 * number + 1)))?.0)).collect();
        let mean = distances.iter().sum::<f64>() / 60.0;
        assert!(mean.abs() < 0.1 && distances.iter().any(|distance| *distance < 0.0), "{mean}");
    }

    #[test]
    fn inception_score_of_certain_and_of_uncertain_nets() {
        let certain: Vec<Vec<f64>> = (0..8).map(|place| (0..4).map(|class| f64::from(u8::from(class == place % 4))).collect()).collect();
        assert!((inception_score(&rows(&certain)) - 4.0).abs() < 1e-12);
        assert!((inception_score(&rows(&vec![vec![0.25; 4]; 8])) - 1.0).abs() < 1e-12);
        // Two halves at (¾, ¼) and (¼, ¾): ln 2 − H(¾).
        let half = [vec![0.75, 0.25], vec![0.25, 0.75]];
        let entropy = -(0.75f64 * 0.75f64.ln() + 0.25 * 0.25f64.ln());
        assert!((inception_score(&rows(&half)) - (2.0f64.ln() - entropy).exp()).abs() < 1e-12);
    }

    #[test]
    fn accuracy_leaves_out_what_has_no_class() {
        let seen =
            |class: usize| Seen { features: vec![], probabilities: (0..3).map(|place| f64::from(u8::from(place == class))).collect() };
        let (zero, two) = (seen(0), seen(2));
        assert_eq!(accuracy([(&zero, Some(0)), (&two, Some(1)), (&two, None), (&two, Some(2)), (&zero, Some(1))]), Some(0.5));
        assert_eq!(accuracy([(&zero, None)]), None);
        assert_eq!(distance(&[1.0, 5.0], &[4.0, 1.0]), 5.0);
    }
}
