//! How far a measure would move with other pictures, as 95 % intervals: of a mean over pictures by the bootstrap (Efron 1979), of what is
//! of all pictures together by the jackknife (see `jackknife`). It compares nothing.

use infill::noise::{self, Purpose};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Resampled sets of pictures.
const SETS: usize = 1000;

/// The part of them that the interval leaves out, half of it on either side.
const OUTSIDE: f64 = 0.05;

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A measure and its 95 % interval; without one where there are too few pictures, or where it would take too long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// What was measured.
    pub value: f64,
    /// Where it would lie with other pictures.
    #[serde(flatten)]
    pub interval: Option<Interval>,
}

impl Interval {
    /// Whether all of it is on one side of 0.
    pub fn excludes_zero(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

impl Estimate {
    /// The mean of values, one for each picture; `None` of none.
    pub fn of_mean(values: &[f64]) -> Option<Estimate> {
        let mean = || values.iter().sum::<f64>() / values.len() as f64;
        (!values.is_empty()).then(|| Estimate { value: mean(), interval: interval(values) })
    }

    /// The geometric mean of ratios, one for each picture: of 2 and ½ it is 1. `None` of none.
    pub fn of_ratios(values: &[f64]) -> Option<Estimate> {
        let logarithms: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let Estimate { value, interval } = Estimate::of_mean(&logarithms)?;
        let interval = interval.map(|Interval { low, high }| Interval { low: low.exp(), high: high.exp() });
        Some(Estimate { value: value.exp(), interval })
    }

    /// The value ± half the interval, with so many digits.
    pub fn text(&self, digits: usize) -> String {
        match self.interval {
            Some(Interval { low, high }) => format!("{:.digits$} ± {:.digits$}", self.value, (high - low) / 2.0),
            None => format!("{:.digits$}", self.value),
        }
    }
}

/// An estimate as the tables write it, with a dash for nothing.
pub fn text(estimate: Option<Estimate>, digits: usize) -> String {
    estimate.map_or("–".to_owned(), |estimate| estimate.text(digits))
}

/// The interval that holds the mean of 95 % of sets drawn from these values, each as large as they are; the same at every call.
/// `None` for fewer than two values.
pub fn interval(values: &[f64]) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let mut random = noise::stream(0, Purpose::Resampling, 0, 0);
    let mut mean = || (0..values.len()).map(|_| values[random.random_range(0..values.len())]).sum::<f64>() / values.len() as f64;
    let mut means: Vec<f64> = (0..SETS).map(|_| mean()).collect();
    means.sort_by(f64::total_cmp);
    let left = (OUTSIDE / 2.0 * SETS as f64) as usize;
    Some(Interval { low: means[left], high: means[SETS - 1 - left] })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of many values the mean is normally distributed.
    #[test]
    fn the_interval_is_that_of_the_mean() {
        let values: Vec<f64> = (0..400).map(|number| f64::from(number % 20)).collect();
        let Interval { low, high } = interval(&values).unwrap();
        // 20 values alike have the variance (20² − 1) / 12.
        let error = 1.96 * (399.0_f64 / 12.0 / 400.0).sqrt();
        assert!((low - (9.5 - error)).abs() < 0.1 && (high - (9.5 + error)).abs() < 0.1, "{low} to {high}, {error}");
        assert_eq!(interval(&values), interval(&values));
        assert_eq!(interval(&[3.0, 3.0]), Some(Interval { low: 3.0, high: 3.0 }));
        assert_eq!((interval(&[3.0]), interval(&[])), (None, None));
    }

    #[test]
    fn estimates_are_written_with_half_their_interval() {
        let estimate = Estimate { value: 19.583, interval: Some(Interval { low: 19.3, high: 19.9 }) };
        assert_eq!((estimate.text(2), text(None, 2)), ("19.58 ± 0.30".to_owned(), "–".to_owned()));
        assert_eq!(Estimate::of_mean(&[2.0]).unwrap().text(1), "2.0");
        let json = serde_json::to_string(&estimate).unwrap();
        assert_eq!(json, r#"{"value":19.583,"low":19.3,"high":19.9}"#);
        assert_eq!(serde_json::from_str::<Estimate>(&json).unwrap(), estimate);
        assert_eq!(serde_json::from_str::<Estimate>(r#"{"value":1.0}"#).unwrap(), Estimate { value: 1.0, interval: None });
    }

    #[test]
    fn ratios_that_cancel_have_the_mean_1() {
        let estimate = Estimate::of_ratios(&[0.5, 2.0]).unwrap();
        assert_eq!((estimate.value, estimate.interval), (1.0, Some(Interval { low: 0.5, high: 2.0 })));
        assert_eq!(Estimate::of_ratios(&[]), None);
    }
}
