//! How far a mean over pictures would move with other pictures: its interval by the bootstrap (Efron 1979).

use infill::noise::{self, Purpose};
use rand::RngExt;

/// Resampled sets of pictures.
const SETS: usize = 1000;

/// The part of them that the interval leaves out, half of it on either side.
const OUTSIDE: f64 = 0.05;

/// The interval that holds the mean of 95 % of sets drawn from these values, each as large as they are; the same at every call.
/// `None` for fewer than two values.
pub fn interval(values: &[f64]) -> Option<[f64; 2]> {
    if values.len() < 2 {
        return None;
    }
    let mut random = noise::stream(0, Purpose::Resampling, 0, 0);
    let mut mean = || (0..values.len()).map(|_| values[random.random_range(0..values.len())]).sum::<f64>() / values.len() as f64;
    let mut means: Vec<f64> = (0..SETS).map(|_| mean()).collect();
    means.sort_by(f64::total_cmp);
    let left = (OUTSIDE / 2.0 * SETS as f64) as usize;
    Some([means[left], means[SETS - 1 - left]])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of many values the mean is normally distributed.
    #[test]
    fn the_interval_is_that_of_the_mean() {
        let values: Vec<f64> = (0..400).map(|number| f64::from(number % 20)).collect();
        let [low, high] = interval(&values).unwrap();
        // 20 values alike have the variance (20² − 1) / 12.
        let error = 1.96 * (399.0_f64 / 12.0 / 400.0).sqrt();
        assert!((low - (9.5 - error)).abs() < 0.1 && (high - (9.5 + error)).abs() < 0.1, "{low} to {high}, {error}");
        assert_eq!(interval(&values), interval(&values));
        assert_eq!(interval(&[3.0, 3.0]), Some([3.0, 3.0]));
        assert_eq!((interval(&[3.0]), interval(&[])), (None, None));
    }
}
