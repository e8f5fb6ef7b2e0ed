//! What was measured: the numbers of every case as JSON, from which means and medians can be computed
//! again, and a Markdown table of them.

use std::fmt::Write;

use infill::sampler::SamplerSettings;
use serde::{Deserialize, Serialize};

use crate::pictures::DatasetRecord;

/// PSNR of a perfect answer, in dB; infinity has no mean.
pub const PERFECT: f64 = 100.0;

/// Name of the net's answer when it is asked once.
pub const ONE_SAMPLE: &str = "net, one sample";

/// A whole evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The model.
    pub model: ModelSummary,
    /// On what it ran.
    pub device: String,
    /// The sampler, its steps and the seed of everything random.
    pub sampler: SamplerSettings,
    /// Samples drawn for each question.
    pub samples: usize,
    /// Questions of each case.
    pub count: usize,
    /// The pictures they were drawn from.
    pub data: DatasetRecord,
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
    /// A score for each method.
    pub scores: Vec<Score>,
    /// Mean standard deviation between samples in the hole, in 8-bit values; 0 for one sample.
    pub spread: f64,
}

/// How close an answer came, measured where something was filled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Peak signal to noise in dB, at most [`PERFECT`].
    pub psnr: f64,
    /// Structural similarity, at most 1.
    pub ssim: f64,
}

/// Mean, its standard error, and median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard error of the mean; 0 for a single value.
    pub error: f64,
    /// Median.
    pub median: f64,
}

impl Summary {
    /// Of some values; all zero for none.
    pub fn of(values: &[f64]) -> Summary {
        let count = values.len() as f64;
        if values.is_empty() {
            return Summary { mean: 0.0, error: 0.0, median: 0.0 };
        }
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = if values.len() > 1 { (squares / (count - 1.0) / count).sqrt() } else { 0.0 };
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Summary { mean, error, median }
    }
}

impl CaseReport {
    fn values(&self, method: usize, part: impl Fn(&Score) -> f64) -> Vec<f64> {
        self.answers.iter().map(|answer| part(&answer.scores[method])).collect()
    }

    /// The mean over pictures of a part of the net's scores when it is asked once.
    pub fn mean_of_one_sample(&self, part: impl Fn(&Score) -> f64) -> f64 {
        Summary::of(&self.values(self.baselines(), part)).mean
    }

    /// How many of the methods, which come first, need no net.
    fn baselines(&self) -> usize {
        self.methods.iter().position(|method| method == ONE_SAMPLE).unwrap_or(self.methods.len())
    }

    /// The baseline with the best mean, and that mean.
    fn best_baseline(&self, part: impl Fn(&Score) -> f64) -> Option<(usize, f64)> {
        (0..self.baselines())
            .map(|method| (method, Summary::of(&self.values(method, &part)).mean))
            .max_by(|left, right| left.1.total_cmp(&right.1))
    }

    fn table(&self) -> String {
        let reference = self.best_baseline(|score| score.psnr).map(|(method, _)| self.values(method, |score| score.psnr));
        let mut text =
            String::from("| answer | PSNR (dB) | median | SSIM | median | above the best baseline's PSNR |\n|---|---|---|---|---|---|\n");
        for (method, name) in self.methods.iter().enumerate() {
            let values = self.values(method, |score| score.psnr);
            let (psnr, ssim) = (Summary::of(&values), Summary::of(&self.values(method, |score| score.ssim)));
            let wins = reference.as_ref().filter(|_| method >= self.baselines()).map_or("".to_owned(), |reference| {
                let wins = values.iter().zip(reference).filter(|(value, reference)| value > reference).count();
                format!("{:.0} % of pictures", 100.0 * wins as f64 / values.len().max(1) as f64)
            });
            let _ = writeln!(
                text,
                "| {name} | {:.2} ± {:.2} | {:.2} | {:.3} ± {:.3} | {:.3} | {wins} |",
                psnr.mean, psnr.error, psnr.median, ssim.mean, ssim.error, ssim.median
            );
        }
        text
    }
}

impl Report {
    /// The report as Markdown: a summary, then a table for each case.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Evaluation of {}\n\n", self.model.file);
        let sources: Vec<_> = self.data.sources.iter().map(|source| source.name.as_str()).collect();
        let _ = writeln!(
            text,
            "{} pictures of {}, {}² px, model of {:.1} M parameters, {} pictures seen in training. Sampler {}, {} steps, seed {}, {} samples a \
             question. {} net evaluations in {:.0} s of sampling ({:.0} s in all) on {}.\n",
            self.count,
            sources.join(", "),
            self.model.size,
            self.model.parameters as f64 / 1e6,
            self.model.pictures_seen,
            self.sampler.kind,
            self.sampler.steps,
            self.sampler.seed,
            self.samples,
            self.net_evaluations,
            self.sampling_seconds,
            self.seconds,
            self.device,
        );
        text.push_str(
            "PSNR and SSIM are measured where something was filled (colour and JPEG: everywhere). SSIM is of luma, for colour the \
             mean of the channels. Means over pictures ± standard error. The \
             mean of several samples minimises the error and looks blurred; a single sample is what a user gets.\n\n",
        );
        text.push_str(&self.summary());
        for case in &self.cases {
            let _ = writeln!(text, "\n## {}: {}\n\n{}", case.case, case.description, case.table());
            let spread: Vec<f64> = case.answers.iter().map(|answer| answer.spread).collect();
            if self.samples > 1 {
                let _ = writeln!(text, "Standard deviation between samples: {:.1} of 255.\n", Summary::of(&spread).mean);
            }
            let _ = writeln!(text, "![{}]({})\n\nRows: {}.", case.case, case.sheet, case.sheet_rows.join("; "));
        }
        text
    }

    /// One row for each case: the best baseline and the net.
    pub fn summary(&self) -> String {
        let mut text = String::from(
            "| case | best baseline | its PSNR | net, one sample | net, mean of samples | its SSIM | net, one sample | net, mean of samples |\n\
             |---|---|---|---|---|---|---|---|\n",
        );
        for case in &self.cases {
            let mean = |method: usize, part: fn(&Score) -> f64| Summary::of(&case.values(method, part)).mean;
            let (one, last) = (case.baselines(), case.methods.len() - 1);
            let Some((best, psnr)) = case.best_baseline(|score| score.psnr) else {
                continue;
            };
            let best_ssim = case.best_baseline(|score| score.ssim).map_or(0.0, |(_, ssim)| ssim);
            let _ = writeln!(
                text,
                "| {} | {} | {psnr:.2} | {:.2} | {:.2} | {best_ssim:.3} | {:.3} | {:.3} |",
                case.case,
                case.methods[best],
                mean(one, |score| score.psnr),
                mean(last, |score| score.psnr),
                mean(one, |score| score.ssim),
                mean(last, |score| score.ssim),
            );
        }
        text.push_str("\nPSNR in dB; SSIM is that of the best baseline by SSIM.\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn summaries_match_hand_counted_values() {
        let summary = Summary::of(&[1.0, 4.0, 2.0, 5.0]);
        assert_eq!((summary.mean, summary.median), (3.0, 3.0));
        // Variance (4 + 1 + 1 + 4) / 3, over four values.
        assert!((summary.error - (10.0f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
        assert_eq!(Summary::of(&[7.0, 1.0, 2.0]).median, 2.0);
        assert_eq!(Summary::of(&[]).mean, 0.0);
    }
}
