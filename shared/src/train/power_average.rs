//! Averages of weights over a power of time, and the average of any other length that follows from a few of them after training
//! (EDM2; Karras et al. 2023, arXiv 2312.02696, section 3 and appendix C). Plain numbers: which weights are summed is the caller's
//! business.
//!
//! After step t the average of exponent γ weighs time τ ≤ t by (γ + 1)·τ^γ / t^(γ + 1). Its relative length is the deviation of that
//! profile, as a part of t. Two such averages, kept as snapshots now and then, span the profiles of others well.

/// The longest relative length, that of γ = 0: all steps weigh alike.
pub const LONGEST: f64 = 0.288;

/// The shortest that is kept: shorter ones are hardly more than the last weights.
pub const SHORTEST: f64 = 0.01;

/// A snapshot that turns less than this (squared sine) out of what the others span adds nothing but rounding.
const LEAST_NEW: f64 = 1e-12;

/// An average at the end of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// Steps made.
    pub step: u64,
    /// Relative length, [`SHORTEST`] to [`LONGEST`].
    pub length: f64,
}

/// The sum of snapshots that comes nearest to an average.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconstruction {
    /// The factor of each snapshot; together they are 1.
    pub factors: Vec<f64>,
    /// How far its profile is from the one that was asked for, as a part of that (root of mean squares over time).
    pub error: f64,
}

/// The exponent γ of a relative length σ: σ² = (γ + 1) / ((γ + 2)²·(γ + 3)) (equation 3 there).
pub fn exponent(length: f64) -> f64 {
    let variance = |exponent: f64| (exponent + 1.0) / ((exponent + 2.0).powi(2) * (exponent + 3.0));
    // It falls as γ grows. Halving a range 60 times leaves no more than rounding.
    let (mut low, mut high) = (0.0, 1.0 / SHORTEST.powi(2));
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if variance(middle) > length * length { low = middle } else { high = middle }
    }
    low
}

/// What is left of the average before in the one after `step` steps, counted from 1 (equation 2 there).
pub fn decay(length: f64, step: u64) -> f64 {
    (1.0 - 1.0 / step as f64).powf(exponent(length) + 1.0)
}

/// The sum of `snapshots` that comes nearest to `wanted`, by least squares over time; their factors add up to 1, so that weights that
/// do not change come out as they are (algorithm 3 there leaves that free). `None` without a snapshot.
pub fn reconstruct(snapshots: &[Snapshot], wanted: Snapshot) -> Option<Reconstruction> {
    let [profiles, asked] = [snapshots, &[wanted]].map(|snapshots| snapshots.iter().copied().map(Profile::of).collect::<Vec<_>>());
    let asked = asked[0];
    // The newest first: what is left out as nothing new is older.
    let mut order: Vec<usize> = (0..profiles.len()).collect();
    order.sort_by(|one, other| profiles[*other].steps.total_cmp(&profiles[*one].steps));
    let factor = Factor::of(&order.iter().map(|place| profiles[*place]).collect::<Vec<_>>());
    let wanted: Vec<f64> = factor.kept.iter().map(|profile| profile.product(&asked)).collect();
    let mut found = factor.solve(&wanted);
    let constant = factor.solve(&vec![1.0; factor.kept.len()]);
    let missing = (1.0 - found.iter().sum::<f64>()) / constant.iter().sum::<f64>();
    found.iter_mut().zip(&constant).for_each(|(found, constant)| *found += missing * constant);
    let own: f64 = factor
        .kept
        .iter()
        .zip(&found)
        .map(|(row, x)| factor.kept.iter().zip(&found).map(|(column, y)| x * y * row.product(column)).sum::<f64>())
        .sum();
    let across: f64 = wanted.iter().zip(&found).map(|(wanted, found)| wanted * found).sum();
    let square = asked.product(&asked);
    let mut factors = vec![0.0; snapshots.len()];
    factor.places.iter().zip(&found).for_each(|(place, found)| factors[order[*place]] = *found);
    (!snapshots.is_empty()).then_some(Reconstruction { factors, error: ((square - 2.0 * across + own) / square).max(0.0).sqrt() })
}

/// How an average weighs time.
#[derive(Clone, Copy, Debug)]
struct Profile {
    steps: f64,
    exponent: f64,
}

impl Profile {
    fn of(snapshot: Snapshot) -> Profile {
        Profile { steps: snapshot.step as f64, exponent: exponent(snapshot.length) }
    }

    /// ∫ of both profiles' product over time (equation 166 there).
    fn product(&self, other: &Profile) -> f64 {
        let (earlier, later) = if self.steps < other.steps { (self, other) } else { (other, self) };
        (self.exponent + 1.0) * (other.exponent + 1.0) * (earlier.steps / later.steps).powf(later.exponent)
            / ((self.exponent + other.exponent + 1.0) * later.steps)
    }
}

/// Cholesky's factor of the profiles' products, each scaled to length 1, without those that are in what those before them span.
struct Factor {
    /// The profiles that are in it, and their places.
    kept: Vec<Profile>,
    places: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl Factor {
    fn of(profiles: &[Profile]) -> Factor {
        let mut factor = Factor { kept: Vec::new(), places: Vec::new(), rows: Vec::new() };
        for (place, profile) in profiles.iter().enumerate() {
            let mut row: Vec<f64> = Vec::with_capacity(factor.rows.len() + 1);
            for (other, known) in factor.kept.iter().zip(&factor.rows) {
                let cosine = profile.product(other) / (profile.product(profile) * other.product(other)).sqrt();
                row.push((cosine - dot(&row, known)) / known[row.len()]);
            }
            let new = 1.0 - dot(&row, &row);
            if new > LEAST_NEW {
                row.push(new.sqrt());
                factor.rows.push(row);
                factor.kept.push(*profile);
                factor.places.push(place);
            }
        }
        factor
    }

    /// x with Σ products·x = `right`.
    fn solve(&self, right: &[f64]) -> Vec<f64> {
        let lengths: Vec<f64> = self.kept.iter().map(|profile| profile.product(profile).sqrt()).collect();
        let mut forward: Vec<f64> = Vec::with_capacity(right.len());
        for (row, (right, length)) in self.rows.iter().zip(right.iter().zip(&lengths)) {
            forward.push((right / length - dot(&forward, row)) / row[forward.len()]);
        }
        let mut back = vec![0.0; right.len()];
        for place in (0..right.len()).rev() {
            let known: f64 = (place + 1..right.len()).map(|later| self.rows[later][place] * back[later]).sum();
            back[place] = (forward[place] - known) / self.rows[place][place];
        }
        back.iter().zip(&lengths).map(|(value, length)| value / length).collect()
    }
}

/// Of as many numbers as both have.
fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::noise::{Purpose, stream};

    const STEPS: u64 = 4000;

    /// A weight that walks, falls and swings: its value after each step.
    fn trajectory() -> Vec<f64> {
        let mut random = stream(5, Purpose::Weights, 0, 0);
        let mut walk = 0.0;
        let step = |step: u64| {
            walk += 0.02 * (random.random::<f64>() - 0.5);
            walk + 2.0 * (-(step as f64) / 900.0).exp() + 0.1 * (step as f64 / 300.0).sin()
        };
        (1..=STEPS).map(step).collect()
    }

    /// The average after every step, as training keeps it.
    fn kept(weights: &[f64], length: f64) -> Vec<f64> {
        let mut average = 0.0;
        let step = |(step, weight): (u64, &f64)| {
            average += (weight - average) * (1.0 - decay(length, step));
            average
        };
        (1..).zip(weights).map(step).collect()
    }

    #[test]
    fn exponents_and_decays_are_the_papers() {
        for (length, known) in [(0.05, 16.97), (0.10, 6.94)] {
            assert!((exponent(length) - known).abs() < 0.005, "{length}: {}", exponent(length));
        }
        // What step s weighs in the end is the integral of the profile over it.
        let (length, steps) = (0.1, 50_u64);
        let power = exponent(length) + 1.0;
        for of in [1, 7, 49, 50] {
            let kept: f64 = (of + 1..=steps).map(|step| decay(length, step)).product();
            let expected = ((of as f64).powf(power) - (of as f64 - 1.0).powf(power)) / (steps as f64).powf(power);
            assert!(((1.0 - decay(length, of)) * kept - expected).abs() < 1e-12, "{of}");
        }
    }

    #[test]
    fn averages_of_other_lengths_follow_from_two() {
        let weights = trajectory();
        let averages: Vec<(f64, Vec<f64>)> = [0.05, 0.1].map(|length| (length, kept(&weights, length))).to_vec();
        let every = STEPS / 32;
        let mut snapshots = Vec::new();
        let mut values = Vec::new();
        for step in (every..=STEPS).step_by(every as usize) {
            for (length, average) in &averages {
                snapshots.push(Snapshot { step, length: *length });
                values.push(average[step as usize - 1]);
            }
        }
        for (length, most) in [(0.03, 0.02), (0.05, 1e-6), (0.07, 0.002), (0.1, 1e-6), (0.15, 0.004), (0.2, 0.01), (0.25, 0.04)] {
            let Reconstruction { factors, error } = reconstruct(&snapshots, Snapshot { step: STEPS, length }).unwrap();
            let found: f64 = factors.iter().zip(&values).map(|(factor, value)| factor * value).sum();
            let direct = kept(&weights, length)[STEPS as usize - 1];
            assert!(error < most, "{length}: the profile is off by {error}");
            assert!((found - direct).abs() < most, "{length}: {found}, and directly {direct}");
            assert!((factors.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            // Snapshots in 16 bits stay as exact as 16 bits are.
            let rounding: f64 = factors.iter().map(|factor| factor * factor).sum::<f64>().sqrt();
            assert!(length < 0.05 || rounding < 1.5, "{length}: rounding grows {rounding} times");
        }
    }

    #[test]
    fn few_snapshots_are_used_and_say_how_far_off_they_are() {
        let snapshots = [1000, 2000].map(|step| Snapshot { step, length: 0.1 });
        let wanted = Snapshot { step: 2000, length: 0.2 };
        let rough = reconstruct(&snapshots, wanted).unwrap();
        assert!(rough.error > 0.1 && (rough.factors.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{rough:?}");
        // The same one twice adds nothing.
        let twice = [snapshots[0], snapshots[1], snapshots[1]];
        let found = reconstruct(&twice, wanted).unwrap();
        assert!((found.error - rough.error).abs() < 1e-9 && found.factors.contains(&0.0), "{found:?}");
        assert_eq!(reconstruct(&[], wanted), None);
    }
}
