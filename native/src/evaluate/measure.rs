//! Measures that answers are compared by: their values from the numbers of a report, their intervals, and how tables write them. Who wins
//! is in `verdict`.

use std::collections::BTreeMap;

use super::{
    interval::{self, Estimate, Interval},
    jackknife,
    report::{Answer, CaseReport},
};

/// Something that answers are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Peak signal to noise where something was filled.
    Psnr,
    /// Structural similarity where something was filled.
    Ssim,
    /// Multi-scale structural similarity where something was filled.
    MsSsim,
    /// Mean absolute error where something was filled.
    L1,
    /// Fréchet distance.
    Fid,
    /// Kernel distance.
    Kid,
    /// Inception score.
    InceptionScore,
    /// Classification accuracy.
    Accuracy,
    /// Paired feature distance.
    Distance,
    /// Learned perceptual distance.
    Lpips,
}

/// Of fewer pictures no lead is called won.
const LEAST_TO_COMPARE: usize = 20;

impl Measure {
    /// All, in the order of the tables: the paper's four first.
    pub const ALL: [Measure; 10] = [
        Measure::Fid,
        Measure::InceptionScore,
        Measure::Accuracy,
        Measure::Distance,
        Measure::Kid,
        Measure::Lpips,
        Measure::Psnr,
        Measure::Ssim,
        Measure::MsSsim,
        Measure::L1,
    ];

    /// Its name and, by an arrow, where better is.
    pub fn heading(self) -> &'static str {
        match self {
            Measure::Psnr => "PSNR ↑",
            Measure::Ssim => "SSIM ↑",
            Measure::MsSsim => "MS-SSIM ↑",
            Measure::L1 => "L1 ↓",
            Measure::Fid => "FID ↓",
            Measure::Kid => "KID ↓",
            Measure::InceptionScore => "IS ↑",
            Measure::Accuracy => "CA ↑",
            Measure::Distance => "PD ↓",
            Measure::Lpips => "LPIPS ↓",
        }
    }

    /// Whether it needs a feature net.
    pub fn needs_features(self) -> bool {
        !matches!(self, Measure::Psnr | Measure::Ssim | Measure::MsSsim | Measure::L1 | Measure::Lpips)
    }

    fn higher_is_better(self) -> bool {
        matches!(self, Measure::Psnr | Measure::Ssim | Measure::MsSsim | Measure::InceptionScore | Measure::Accuracy)
    }

    /// What it is called in the numbers' file.
    pub fn key(self) -> &'static str {
        match self {
            Measure::Psnr => "psnr",
            Measure::Ssim => "ssim",
            Measure::MsSsim => "ms_ssim",
            Measure::L1 => "l1",
            Measure::Fid => "fid",
            Measure::Kid => "kid",
            Measure::InceptionScore => "inception_score",
            Measure::Accuracy => "accuracy",
            Measure::Distance => "distance",
            Measure::Lpips => "lpips",
        }
    }

    /// Its value for a method; `None` where it could not be measured.
    pub fn of(self, case: &CaseReport, method: usize) -> Option<f64> {
        let features = case.features.get(method);
        match self {
            Measure::Psnr => Some(case.mean(method, |score| score.psnr)),
            Measure::Ssim => Some(case.mean(method, |score| score.ssim)),
            Measure::MsSsim => Some(case.mean(method, |score| score.ms_ssim)),
            Measure::L1 => Some(case.mean(method, |score| score.l1)),
            Measure::Fid => features?.fid,
            Measure::Kid => features?.kid,
            Measure::InceptionScore => Some(features?.inception_score),
            Measure::Accuracy => features?.accuracy,
            Measure::Distance => Some(features?.distance),
            Measure::Lpips => self.by_picture(case, method).map(|values| values.iter().sum::<f64>() / values.len() as f64),
        }
    }

    /// Its value for a method with the interval in which it would lie with other pictures.
    pub fn estimate(self, case: &CaseReport, method: usize) -> Option<Estimate> {
        let value = self.of(case, method)?;
        let interval = match self.by_picture(case, method) {
            Some(values) => interval::interval(&values),
            None => jackknife::interval(value, self.without_parts(case, method)?),
        };
        Some(Estimate { value, interval })
    }

    /// The interval of one method's lead over another, on the same pictures; `None` where it is not known.
    fn difference(self, case: &CaseReport, one: usize, other: usize) -> Option<Interval> {
        let differences = |one: &[f64], other: &[f64]| -> Vec<f64> { one.iter().zip(other).map(|(one, other)| one - other).collect() };
        match (self.by_picture(case, one), self.by_picture(case, other)) {
            // Of a few pictures the bootstrap knows too little: three whose differences have one sign, as every fourth time by chance.
            (Some(one), _) if one.len() < LEAST_TO_COMPARE => None,
            (Some(one), Some(other)) => interval::interval(&differences(&one, &other)),
            _ => {
                let without = differences(self.without_parts(case, one)?, self.without_parts(case, other)?);
                jackknife::interval(self.of(case, one)? - self.of(case, other)?, &without)
            }
        }
    }

    /// Whether one method is better than another beyond the choice of pictures: the interval of the difference excludes a tie.
    pub fn beats(self, case: &CaseReport, one: usize, other: usize) -> bool {
        let better = self.of(case, one).zip(self.of(case, other)).is_some_and(|(one, other)| self.better(one, other));
        better && self.difference(case, one, other).is_some_and(Interval::excludes_zero)
    }

    /// How the tables write it: a factor, the digits behind the point, a unit.
    fn form(self) -> (f64, usize, &'static str) {
        match self {
            Measure::Psnr | Measure::L1 | Measure::Fid | Measure::InceptionScore | Measure::Distance => (1.0, 2, ""),
            Measure::Ssim | Measure::MsSsim | Measure::Lpips => (1.0, 3, ""),
            Measure::Kid => (1.0, 4, ""),
            Measure::Accuracy => (100.0, 1, " %"),
        }
    }

    /// A value as the tables write it.
    pub fn text(self, value: f64) -> String {
        self.text_with_interval(&Estimate { value, interval: None })
    }

    /// The same with half the interval behind ±.
    pub fn text_with_interval(self, estimate: &Estimate) -> String {
        let (factor, digits, unit) = self.form();
        let interval = estimate.interval.map(|Interval { low, high }| Interval { low: factor * low, high: factor * high });
        format!("{}{unit}", Estimate { value: factor * estimate.value, interval }.text(digits))
    }

    /// A method's value and interval as the tables write them, or a dash.
    pub fn cell(self, case: &CaseReport, method: usize) -> String {
        self.estimate(case, method).map_or("–".to_owned(), |estimate| self.text_with_interval(&estimate))
    }

    /// Whether one value is strictly better than another.
    pub fn better(self, one: f64, other: f64) -> bool {
        if self.higher_is_better() { one > other } else { one < other }
    }

    /// The best of some methods and its value.
    pub fn best(self, case: &CaseReport, methods: std::ops::Range<usize>) -> Option<(usize, f64)> {
        let values = methods.filter_map(|method| Some((method, self.of(case, method)?)));
        values.reduce(|best, next| if self.better(next.1, best.1) { next } else { best })
    }

    /// The best of the baselines and its value.
    pub fn best_baseline(self, case: &CaseReport) -> Option<(usize, f64)> {
        self.best(case, 0..case.baselines)
    }

    /// Its values for a method, one for each picture; `None` where it is of all pictures together.
    fn by_picture(self, case: &CaseReport, method: usize) -> Option<Vec<f64>> {
        // Pictures whose class the net does not know do not count, as in `distribution::accuracy`.
        let right = |answer: &Answer| answer.right.get(method).map(|right| f64::from(u8::from(*right)));
        match self {
            Measure::Psnr => Some(case.values(method, |score| score.psnr)),
            Measure::Ssim => Some(case.values(method, |score| score.ssim)),
            Measure::MsSsim => Some(case.values(method, |score| score.ms_ssim)),
            Measure::L1 => Some(case.values(method, |score| score.l1)),
            Measure::Accuracy => Some(case.answers.iter().filter_map(right).collect()),
            Measure::Distance => case.answers.iter().map(|answer| answer.feature_distance.get(method).copied()).collect(),
            Measure::Lpips => case.answers.iter().map(|answer| answer.lpips.get(method).copied()).collect(),
            Measure::Fid | Measure::Kid | Measure::InceptionScore => None,
        }
    }

    /// Its values for a method without each part of the pictures, where it is of all together.
    fn without_parts(self, case: &CaseReport, method: usize) -> Option<&[f64]> {
        let without = &case.features.get(method)?.without_parts;
        match self {
            Measure::Fid => Some(&without.fid),
            Measure::Kid => Some(&without.kid),
            Measure::InceptionScore => Some(&without.inception_score),
            _ => None,
        }
    }
}

impl CaseReport {
    /// Of each method every measure that was made, by its key.
    pub fn estimate(&self) -> Vec<BTreeMap<String, Estimate>> {
        let of = |method: usize| {
            let estimate = |measure: Measure| Some((measure.key().to_owned(), measure.estimate(self, method)?));
            Measure::ALL.into_iter().filter_map(estimate).collect()
        };
        (0..self.methods.len()).map(of).collect()
    }
}
