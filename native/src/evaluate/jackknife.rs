//! How far a measure of all pictures together would move with other pictures: it is computed again without each of 20 parts of them (the
//! delete-a-group jackknife; Kott 2001, Journal of Official Statistics 17). The bootstrap does not do here: it draws pictures twice,
//! which FID and KID take for a narrower set.

use rayon::prelude::*;

use super::interval::Interval;

/// Parts that are left out one after the other. Picture n is in part n modulo this.
pub const PARTS: usize = 20;

/// 97.5 % of Student's distribution with one degree of freedom less than there are parts.
const STUDENT: f64 = 2.093;

/// Fewer pictures in a part say nothing.
const LEAST_IN_A_PART: usize = 2;

/// Whether so many pictures are enough.
pub fn is_enough(pictures: usize) -> bool {
    pictures >= LEAST_IN_A_PART * PARTS
}

/// A measure without each part of the pictures; nothing where these are too few.
pub fn without_parts<T: Copy + Sync>(pictures: &[T], measure: impl Fn(&[T]) -> f64 + Sync) -> Vec<f64> {
    if !is_enough(pictures.len()) {
        return Vec::new();
    }
    let without = |part: usize| -> Vec<T> {
        pictures.iter().enumerate().filter(|(number, _)| number % PARTS != part).map(|(_, picture)| *picture).collect()
    };
    (0..PARTS).into_par_iter().map(|part| measure(&without(part))).collect()
}

/// The 95 % interval of a measure; `None` where it was not computed without each part.
pub fn interval(value: f64, without: &[f64]) -> Option<Interval> {
    if without.len() != PARTS {
        return None;
    }
    let parts = PARTS as f64;
    let mean = without.iter().sum::<f64>() / parts;
    let squares: f64 = without.iter().map(|value| (value - mean).powi(2)).sum();
    let error = ((parts - 1.0) / parts * squares).sqrt();
    Some(Interval { low: value - STUDENT * error, high: value + STUDENT * error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use infill::noise::{self, Purpose};

    /// Of a mean it must be the interval that everybody knows.
    #[test]
    fn of_a_mean_the_interval_is_that_of_the_mean() {
        let mean = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
        let mut held = 0;
        let mut width = 0.0;
        for seed in 0..200 {
            let values = noise::gaussian(&mut noise::stream(seed, Purpose::Start, 0, 0), 100);
            let Interval { low, high } = interval(mean(&values), &without_parts(&values, mean)).unwrap();
            held += u32::from(low < 0.0 && high > 0.0);
            width += (high - low) / 2.0 / 200.0;
        }
        assert!((180..=199).contains(&held), "{held} of 200 intervals hold the true mean");
        assert!((width / (2.093 / 10.0) - 1.0).abs() < 0.05, "{width}");
    }

    #[test]
    fn few_pictures_have_none() {
        assert_eq!(without_parts(&[1.0; 39], |_| 1.0), Vec::<f64>::new());
        assert_eq!(interval(1.0, &[]), None);
        assert_eq!(interval(1.0, &without_parts(&[1.0; 40], |_| 1.0)), Some(Interval { low: 1.0, high: 1.0 }));
    }
}
