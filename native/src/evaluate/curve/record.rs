//! A curve as it is kept: read, gone on with, and written as numbers, table and plots. It measures nothing.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail};
use infill::sampler::SamplerKind;
use serde::{Deserialize, Serialize};

use crate::evaluate::interval::{Estimate, Interval, interval};
use crate::evaluate::known;
use crate::evaluate::report::{ModelSummary, Report, Score};
use crate::exit::input;
use crate::files::write_atomically;
use crate::plot::{Line, Plot, Scale};
use crate::train::differences;

/// The numbers and the table.
const NUMBERS: &str = "curve.json";
const TABLE: &str = "curve.md";

/// What all points of a curve have in common; a curve is gone on with only when it is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveQuestion {
    /// The model.
    pub model: ModelSummary,
    /// Where the pictures are from.
    pub data: Vec<String>,
    /// Which pictures these are, by the SHA-256 of their names and sizes; curves written before it was asked have none.
    #[serde(default)]
    pub index_sha256: String,
    /// Names of the cases.
    pub cases: Vec<String>,
    /// Pictures of each case.
    pub count: usize,
    /// Seed of the questions and of the samples.
    pub seed: u64,
    /// Factor of all noise.
    pub temperature: f64,
}

/// One sampler at one number of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The sampler.
    pub sampler: SamplerKind,
    /// Evaluations of the net.
    pub steps: usize,
    /// Seconds of sampling for one picture of one case.
    pub seconds: f64,
    /// Mean PSNR in dB of one sample, for each case.
    pub psnr: Vec<f64>,
    /// Mean SSIM of one sample, for each case.
    pub ssim: Vec<f64>,
    /// The 95 % interval of the mean of `psnr`; curves written before there were intervals have none.
    #[serde(default)]
    pub psnr_interval: Option<Interval>,
    /// The same of `ssim`.
    #[serde(default)]
    pub ssim_interval: Option<Interval>,
}

/// A curve, finished or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// What its points have in common.
    pub question: CurveQuestion,
    /// Sources of pictures that the model was trained on, as far as its file says.
    #[serde(default)]
    pub trained_on: Vec<String>,
    /// What was measured so far.
    pub points: Vec<Point>,
}

impl Point {
    /// What an evaluation of one sampler at one number of steps says.
    pub fn of(report: &Report) -> Point {
        let mean = |part: fn(&Score) -> f64| report.cases.iter().map(|case| case.mean_of_one_sample(part)).collect();
        Point {
            sampler: report.sampler.kind,
            steps: report.sampling.first().map_or(0, |sampling| sampling.steps),
            seconds: report.sampling_seconds / (report.count * report.cases.len()) as f64,
            psnr: mean(|score| score.psnr),
            ssim: mean(|score| score.ssim),
            psnr_interval: over_pictures(report, |score| score.psnr),
            ssim_interval: over_pictures(report, |score| score.ssim),
        }
    }

    /// PSNR and SSIM over all cases as the table writes them.
    fn cell(&self) -> String {
        let text = |values, interval, digits| Estimate { value: mean(values), interval }.text(digits);
        format!("{} / {}", text(&self.psnr, self.psnr_interval, 2), text(&self.ssim, self.ssim_interval, 3))
    }
}

impl Curve {
    /// The curve in a folder, or a new one.
    ///
    /// # Errors
    /// The folder holds a curve of other questions, or one that cannot be read.
    pub fn open(folder: &Path, question: CurveQuestion) -> anyhow::Result<Curve> {
        let path = folder.join(NUMBERS);
        if !path.exists() {
            return Ok(Curve { question, trained_on: Vec::new(), points: Vec::new() });
        }
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
        let mut curve: Curve = serde_json::from_slice(&bytes).map_err(|error| input(format!("{} is no curve: {error}", path.display())))?;
        if curve.question.index_sha256.is_empty() {
            curve.question.index_sha256.clone_from(&question.index_sha256);
        }
        let others: Vec<String> = differences(&curve.question, &question)?.iter().map(ToString::to_string).collect();
        if !others.is_empty() {
            bail!(input(format!("{} is of other questions ({}); give another --output", path.display(), others.join(", "))));
        }
        Ok(curve)
    }

    /// Writes numbers, table and plots.
    ///
    /// # Errors
    /// When they cannot be drawn or written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let numbers = serde_json::to_vec_pretty(self).context("encoding the numbers")?;
        write_atomically(&folder.join(NUMBERS), &numbers)?;
        write_atomically(&folder.join(TABLE), self.markdown().as_bytes())?;
        for (number, case) in self.question.cases.iter().enumerate() {
            let title = format!("{case}: quality of one sample against evaluations of the net");
            let plot = Plot {
                title: &title,
                across: "evaluations of the net",
                up: "PSNR (dB)",
                scale: Scale::Logarithmic,
                lines: &self.lines(number),
            };
            write_atomically(&folder.join(format!("{case}.svg")), plot.svg()?.as_bytes())?;
        }
        Ok(())
    }

    /// PSNR against steps for each sampler, in the order of the steps.
    fn lines(&self, case: usize) -> Vec<Line> {
        SamplerKind::ALL
            .into_iter()
            .map(|kind| {
                let mut points: Vec<(f64, f64)> =
                    self.points.iter().filter(|point| point.sampler == kind).map(|point| (point.steps as f64, point.psnr[case])).collect();
                points.sort_by(|left, right| left.0.total_cmp(&right.0));
                Line { name: kind.to_string(), points }
            })
            .filter(|line| !line.points.is_empty())
            .collect()
    }

    /// A row for each number of steps, a column for each sampler, a cell for the mean over the cases.
    pub fn table(&self) -> String {
        let mut steps: Vec<usize> = self.points.iter().map(|point| point.steps).collect();
        steps.sort_unstable();
        steps.dedup();
        let mut text = String::from("| evaluations |");
        for kind in SamplerKind::ALL {
            let _ = write!(text, " {kind} |");
        }
        let _ = write!(text, " seconds |\n|---|{}---|\n", "---|".repeat(SamplerKind::ALL.len()));
        for steps in steps {
            let _ = write!(text, "| {steps} |");
            let at = |kind| self.points.iter().find(|point| point.steps == steps && point.sampler == kind);
            for kind in SamplerKind::ALL {
                let cell = at(kind).map_or("–".to_owned(), Point::cell);
                let _ = write!(text, " {cell} |");
            }
            let seconds: Vec<f64> = SamplerKind::ALL.into_iter().filter_map(at).map(|point| point.seconds).collect();
            let _ = writeln!(text, " {:.2} |", mean(&seconds));
        }
        text
    }

    fn markdown(&self) -> String {
        let CurveQuestion { model, data, cases, count, seed, temperature, .. } = &self.question;
        let mut text = format!(
            "# Steps against quality of {}\n\n{}One sample for each of {count} pictures of {}, seed {seed}, temperature {temperature}. Cells: PSNR in dB / SSIM where \
             something was filled, mean over {} ± half its 95 % interval over the pictures; seconds of sampling for one picture.\n\n{}\n\
             PSNR and SSIM prefer blur: a sample with believable texture loses to a smooth one. Read them together with the pictures.\n",
            model.file,
            known::paragraph(&self.trained_on),
            data.join(", "),
            cases.join(", "),
            self.table(),
        );
        for case in cases {
            let _ = write!(text, "\n![{case}]({case}.svg)\n");
        }
        text
    }
}

/// The interval of a part's mean over cases and pictures. Pictures are what is drawn anew: each is asked about in every case.
fn over_pictures(report: &Report, part: fn(&Score) -> f64) -> Option<Interval> {
    let cases: Vec<Vec<f64>> = report.cases.iter().map(|case| case.values(case.one_sample(), part)).collect();
    let pictures = cases.iter().map(Vec::len).min()?;
    let means: Vec<f64> = (0..pictures).map(|picture| mean(&cases.iter().map(|case| case[picture]).collect::<Vec<f64>>())).collect();
    interval(&means)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
