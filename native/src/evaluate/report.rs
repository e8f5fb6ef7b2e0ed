//! What was measured: the numbers of every case, as they are written to JSON, from which means and medians
//! can be computed again. The tables made of them are in `tables` and `verdict`.

use std::collections::BTreeMap;

use infill::config::Sampling;
use infill::sampler::SamplerSettings;
use serde::{Deserialize, Serialize};

use super::interval::Estimate;
use super::jackknife::is_enough;
use super::yardstick::Lpips;
use crate::pictures::DatasetRecord;

/// PSNR of a perfect answer, in dB; infinity has no mean.
pub const PERFECT: f64 = 100.0;

/// Name of the net's answer when it is asked once.
pub const ONE_SAMPLE: &str = "net, one sample";

/// Name of the net's answer in a single evaluation, its expectation.
pub const ONE_EVALUATION: &str = "net, one evaluation";

/// Name of the answer of a regression net.
pub const REGRESSION: &str = "regression net";

/// Singular values of which FID's interval is still computed.
const MOST_SINGULAR_VALUES: usize = 512;

/// A whole evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The model.
    pub model: ModelSummary,
    /// The regression net, where one is among the baselines.
    pub regression: Option<ModelSummary>,
    /// The net whose features are compared, where one is given.
    pub features: Option<FeatureSpace>,
    /// The net that CA is counted with, where it is another.
    #[serde(default)]
    pub judge: Option<FeatureSpace>,
    /// LPIPS's net, where one is given.
    #[serde(default)]
    pub lpips: Option<LpipsNet>,
    /// Whether the cases are the paper's.
    pub paper: bool,
    /// On what it ran.
    pub device: String,
    /// The sampler and the seed of everything random.
    pub sampler: SamplerSettings,
    /// Evaluations and temperature of each case, which go before the sampler's.
    pub sampling: Vec<Sampling>,
    /// How much detail from the picture itself the holes of samples got, 0 to 1.
    #[serde(default)]
    pub detail: f32,
    /// Samples drawn for each question.
    pub samples: usize,
    /// Questions of each case.
    pub count: usize,
    /// The pictures they were drawn from.
    pub data: DatasetRecord,
    /// Those of its sources that the model was trained on, as far as its file says.
    #[serde(default)]
    pub trained_on: Vec<String>,
    /// Tiles that went through the net, each sample at each step counted.
    pub net_evaluations: u64,
    /// Wall time in seconds, and of that what the net took.
    pub seconds: f64,
    /// Seconds of sampling alone.
    pub sampling_seconds: f64,
    /// The results.
    pub cases: Vec<CaseReport>,
}

/// What the tables say about the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// File name.
    pub file: String,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// Side of its pictures in pixels.
    pub size: usize,
    /// Numbers in the net.
    pub parameters: usize,
    /// Pictures seen in training.
    pub pictures_seen: u64,
}

/// The net that LPIPS is measured with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LpipsNet {
    /// The net below it.
    pub trunk: String,
    /// File names and their SHA-256 in hexadecimal.
    pub files: Vec<(String, String)>,
}

/// The net in whose features pictures are compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureSpace {
    /// What net it is.
    #[serde(default)]
    pub kind: String,
    /// File name.
    pub file: String,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// Side in pixels to which it brings every picture.
    pub size: usize,
    /// Features of a picture.
    pub dimensions: usize,
    /// Its classes.
    pub classes: Vec<String>,
    /// Part of its own validation pictures that got their class, where its file says it.
    pub validation_accuracy: Option<f64>,
    /// Part of the originals of this evaluation that get their class; none without classes.
    pub accuracy_of_originals: Option<f64>,
    /// Inception score of the originals.
    pub inception_score_of_originals: f64,
}

/// The results of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseReport {
    /// Its name.
    pub case: String,
    /// What is asked.
    pub description: String,
    /// File name of its picture sheet.
    pub sheet: String,
    /// What the sheet's rows are, from the top.
    pub sheet_rows: Vec<String>,
    /// The names of all answers, in the order of [`Answer::scores`].
    pub methods: Vec<String>,
    /// How many of the methods, which come first, are not the net's.
    pub baselines: usize,
    /// Of each method what its answers' features say; empty without a feature net.
    pub features: Vec<FeatureScore>,
    /// Of each method every measure by its name, with the ends of its 95 % interval: what the tables say.
    #[serde(default)]
    pub estimates: Vec<BTreeMap<String, Estimate>>,
    /// One for each picture.
    pub answers: Vec<Answer>,
}

/// How well one picture's question was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The picture.
    pub picture: String,
    /// Its class, where the data gives one.
    pub class: Option<String>,
    /// Part of the area that was to be filled, 0–1.
    pub area: f64,
    /// A score for each method, where something was filled.
    pub scores: Vec<Score>,
    /// A score for each method, over the whole picture.
    pub whole: Vec<Score>,
    /// Mean standard deviation between samples in the hole, in 8-bit values; 0 for one sample.
    pub spread: f64,
    /// Mean MS-SSIM of all pairs of samples, where something was filled; none for one sample.
    pub ms_ssim_between_samples: Option<f64>,
    /// Mean distance of all pairs of samples in feature space.
    pub feature_distance_between_samples: Option<f64>,
    /// The class that the feature net takes each method's answer for; empty without one. With `class` it says which
    /// pictures CA is won and lost by.
    #[serde(default)]
    pub taken_for: Vec<String>,
    /// Whether each method's answer is taken for what the picture shows; empty where that has no class, or one that the net does not know.
    #[serde(default)]
    pub right: Vec<bool>,
    /// How far each method's answer is from the original in feature space; empty without a feature net.
    #[serde(default)]
    pub feature_distance: Vec<f64>,
    /// LPIPS of each method's answer, over the whole picture; empty where it was not measured.
    #[serde(default)]
    pub lpips: Vec<f64>,
}

/// How close an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Peak signal to noise in dB, at most [`PERFECT`].
    pub psnr: f64,
    /// Structural similarity, at most 1.
    pub ssim: f64,
    /// Multi-scale structural similarity, 0 to 1.
    pub ms_ssim: f64,
    /// Mean absolute error in 8-bit values.
    pub l1: f64,
}

/// What the features of all answers of a method say, over whole pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureScore {
    /// Fréchet distance from the originals; none for a single picture.
    pub fid: Option<f64>,
    /// Kernel distance from the originals; none for a single picture.
    pub kid: Option<f64>,
    /// Inception score.
    pub inception_score: f64,
    /// Part of the answers that are taken for what the original shows; none without classes.
    pub accuracy: Option<f64>,
    /// Mean distance of an answer from its original in feature space.
    pub distance: f64,
    /// The measures of all pictures together without each part of them, from which their intervals are.
    #[serde(default)]
    pub without_parts: WithoutParts,
}

/// Measures of all pictures together, without each of the jackknife's parts; empty where there are too few pictures, or where it
/// would take too long.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WithoutParts {
    /// Of [`FeatureScore::fid`].
    pub fid: Vec<f64>,
    /// Of [`FeatureScore::kid`].
    pub kid: Vec<f64>,
    /// Of [`FeatureScore::inception_score`].
    pub inception_score: Vec<f64>,
}

impl LpipsNet {
    /// What the tables say about a net.
    pub fn of(lpips: &Lpips) -> LpipsNet {
        let files = lpips.origin().iter().map(|origin| (origin.file.clone(), origin.sha256.clone())).collect();
        LpipsNet { trunk: lpips.trunk().to_owned(), files }
    }
}

/// Whether FID gets an interval: its 20 computations more take minutes for each method past so many singular values.
pub fn has_frechet_interval(pictures: usize, dimensions: usize) -> bool {
    is_enough(pictures) && pictures.min(dimensions) <= MOST_SINGULAR_VALUES
}

/// The median; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

impl CaseReport {
    /// A part of a method's scores where something was filled, for each picture.
    pub fn values(&self, method: usize, part: impl Fn(&Score) -> f64) -> Vec<f64> {
        self.answers.iter().map(|answer| part(&answer.scores[method])).collect()
    }

    /// The same over whole pictures.
    pub fn whole(&self, method: usize, part: impl Fn(&Score) -> f64) -> Vec<f64> {
        self.answers.iter().map(|answer| part(&answer.whole[method])).collect()
    }

    /// The mean over pictures of a part of a method's scores where something was filled.
    pub fn mean(&self, method: usize, part: impl Fn(&Score) -> f64) -> f64 {
        let values = self.values(method, part);
        values.iter().sum::<f64>() / values.len().max(1) as f64
    }

    /// The place of the net's answer when it is asked once.
    pub fn one_sample(&self) -> usize {
        self.methods.iter().position(|method| method == ONE_SAMPLE).unwrap_or(self.baselines)
    }

    /// The mean over pictures of a part of the net's scores when it is asked once.
    pub fn mean_of_one_sample(&self, part: impl Fn(&Score) -> f64) -> f64 {
        self.mean(self.one_sample(), part)
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn medians_match_hand_counted_values() {
        assert_eq!((median(&[1.0, 4.0, 2.0, 5.0]), median(&[7.0, 1.0, 2.0]), median(&[])), (3.0, 2.0, 0.0));
    }
}
