//! One run as it was written down, and what is said of it in one line.

use serde::Serialize;

use crate::train::{Stat, TrainingSettings};

/// Losses of single batches are noise: a loss is said as the mean over the steps of the last twentieth.
const MEANT_OVER: f64 = 0.05;

/// Points of a curve.
const POINTS: usize = 66;

/// A run.
pub struct Run {
    /// Its folder, as it was given.
    pub name: String,
    /// Its settings.
    pub settings: TrainingSettings,
    /// What every step gave.
    pub stats: Vec<Stat>,
}

/// A run in one line.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Its folder.
    pub run: String,
    /// Steps made.
    pub steps: u64,
    /// Steps that are to be.
    pub total_steps: u64,
    /// Pictures seen.
    pub pictures: u64,
    /// Hours of training.
    pub hours: f64,
    /// Pictures a second, over the whole run.
    pub pictures_per_second: f64,
    /// Loss at the end, mean over the last twentieth.
    pub loss: Option<f64>,
    /// The same after as many pictures as every run has seen.
    pub loss_at_common: Option<f64>,
    /// The least loss on validation pictures.
    pub best_validation_loss: Option<f64>,
    /// Steps made until then.
    pub best_step: Option<u64>,
}

impl Run {
    /// Pictures seen.
    pub fn pictures(&self) -> u64 {
        self.stats.last().map_or(0, |stat| stat.pictures_seen)
    }

    /// The run in one line; `common` is how many pictures every run of the comparison has seen.
    pub fn summary(&self, common: u64) -> Summary {
        let last = self.stats.last().cloned().unwrap_or_default();
        let validated = self.stats.iter().filter_map(|stat| Some((stat.validation_loss?, stat.step)));
        let best = validated.min_by(|left, right| left.0.total_cmp(&right.0));
        Summary {
            run: self.name.clone(),
            steps: last.step,
            total_steps: self.settings.train.total_steps,
            pictures: last.pictures_seen,
            hours: last.seconds / 3600.0,
            pictures_per_second: if last.seconds > 0.0 { last.pictures_seen as f64 / last.seconds } else { 0.0 },
            loss: self.loss_after(last.pictures_seen),
            loss_at_common: self.loss_after(common),
            best_validation_loss: best.map(|best| best.0),
            best_step: best.map(|best| best.1),
        }
    }

    /// Mean loss of the steps of the last twentieth before so many pictures were seen, at least of one.
    fn loss_after(&self, pictures: u64) -> Option<f64> {
        let until = self.stats.partition_point(|stat| stat.pictures_seen <= pictures);
        let first = self.stats.partition_point(|stat| (stat.pictures_seen as f64) <= (1.0 - MEANT_OVER) * pictures as f64);
        let counted = self.stats.get(first.min(until.checked_sub(1)?)..until)?;
        Some(counted.iter().map(|stat| stat.loss).sum::<f64>() / counted.len() as f64)
    }

    /// Loss over pictures seen, as means over equal parts of the run. The first part, in which the loss falls so far that
    /// nothing else could be seen, is left out where there are others.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let each = self.stats.len().div_ceil(POINTS).max(1);
        let mean = |part: &[Stat]| {
            let last = part.last().map_or(0, |stat| stat.pictures_seen);
            (last as f64, part.iter().map(|stat| stat.loss).sum::<f64>() / part.len() as f64)
        };
        let points: Vec<(f64, f64)> = self.stats.chunks(each).map(mean).filter(|point| point.1.is_finite()).collect();
        if points.len() > 8 { points[1..].to_vec() } else { points }
    }

    /// Loss on validation pictures over pictures seen.
    pub fn validation_curve(&self) -> Vec<(f64, f64)> {
        let point = |stat: &Stat| Some((stat.pictures_seen as f64, stat.validation_loss?));
        self.stats.iter().filter_map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use infill::{config::ModelConfig, train::TrainConfig};

    use super::*;
    use crate::train::RunSettings;

    /// 200 steps of 4 pictures whose loss is 1 / step.
    fn run() -> Run {
        let model = ModelConfig::preset("tiny").unwrap();
        let settings = TrainingSettings { model, train: TrainConfig::default(), run: RunSettings::default() };
        let stat = |step: u64| Stat {
            step,
            pictures_seen: 4 * step,
            loss: 1.0 / step as f64,
            seconds: step as f64,
            validation_loss: step.is_multiple_of(100).then_some(1.0 / step as f64),
            ..Stat::default()
        };
        Run { name: "one".to_owned(), settings, stats: (1..=200).map(stat).collect() }
    }

    #[test]
    fn a_summary_takes_the_last_twentieth_and_the_best_validation() {
        let run = run();
        let summary = run.summary(400);
        let mean = |steps: std::ops::RangeInclusive<u64>| {
            let count = steps.clone().count() as f64;
            steps.map(|step| 1.0 / step as f64).sum::<f64>() / count
        };
        assert_eq!((summary.steps, summary.pictures, summary.pictures_per_second), (200, 800, 4.0));
        assert!((summary.loss.unwrap() - mean(191..=200)).abs() < 1e-12);
        assert!((summary.loss_at_common.unwrap() - mean(96..=100)).abs() < 1e-12);
        assert_eq!((summary.best_validation_loss, summary.best_step), (Some(0.005), Some(200)));
        // Fewer pictures than the first step had.
        assert_eq!(run.summary(3).loss_at_common, None);
        assert_eq!(Run { stats: Vec::new(), ..run }.summary(0).loss, None);
    }

    #[test]
    fn curves_are_means_of_parts() {
        let run = run();
        let curve = run.curve();
        assert!(curve.len() <= POINTS && curve.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1), "{curve:?}");
        assert_eq!(curve.last().unwrap().0, 800.0);
        assert_eq!(run.validation_curve(), [(400.0, 0.01), (800.0, 0.005)]);
    }
}
