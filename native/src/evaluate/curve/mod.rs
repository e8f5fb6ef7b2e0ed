//! `infill curve`: steps against quality. The same questions for every sampler at many numbers of
//! steps, as a table, numbers and a plot. Each measurement is an ordinary evaluation and is written
//! down as it is made, so that a curve that was stopped goes on where it was.

mod plot;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use infill::sampler::{SamplerKind, SamplerSettings};
use serde::{Deserialize, Serialize};

use crate::commands::guess::GuessChoice;
use crate::device::{self, DeviceArguments};
use crate::evaluate::{self, Case, ModelSummary, Settings, Tools};
use crate::exit::input;
use crate::files::write_atomically;
use crate::interrupt::Interrupt;
use crate::model_on_disk;

/// The numbers, the table and the plots.
const NUMBERS: &str = "curve.json";
const TABLE: &str = "curve.md";

/// Measure quality against the number of steps, for every sampler.
#[derive(Debug, Args)]
pub struct CurveArguments {
    /// Model file; without it the one that comes with the project.
    #[arg(long, short, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Folder of pictures, tar shard, or pattern such as 'data/*-val-*.tar'; may be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Cases to measure, by their names in `infill evaluate`.
    #[arg(long, value_name = "CASE", value_delimiter = ',', default_value = "inpaint-centre,colorize,restore-jpeg-10")]
    pub case: Vec<String>,
    /// Samplers to measure.
    #[arg(long, value_name = "SAMPLER", value_delimiter = ',', default_value = "ancestral,ddim,dpm-solver,uni-pc")]
    pub sampler: Vec<SamplerKind>,
    /// Numbers of evaluations of the net.
    #[arg(long, value_name = "STEPS", value_delimiter = ',', default_value = "4,6,10,20,50,100,250")]
    pub steps: Vec<usize>,
    /// Numbers for the ancestral sampler alone, which the paper runs with 1000.
    #[arg(long, value_name = "STEPS", value_delimiter = ',', default_value = "1000")]
    pub ancestral_steps: Vec<usize>,
    /// Pictures, the same for every measurement.
    #[arg(long, default_value_t = 16)]
    pub count: usize,
    /// Seed of the questions and of the samples.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Factor of all noise, 0 (always the same) to 1 (as varied as the net).
    #[arg(long, default_value_t = 1.0)]
    pub temperature: f64,
    /// Samples drawn at once; a GPU takes 64 and more.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Folder for the table, the numbers and the plots; a curve of the same model and questions that is
    /// there is gone on with.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// What all points of a curve have in common; a curve is gone on with only when it is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Question {
    model: ModelSummary,
    data: Vec<String>,
    cases: Vec<String>,
    count: usize,
    seed: u64,
    temperature: f64,
}

/// One sampler at one number of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    sampler: SamplerKind,
    steps: usize,
    /// Seconds of sampling for one picture of one case.
    seconds: f64,
    /// Mean PSNR in dB of one sample, for each case.
    psnr: Vec<f64>,
    /// Mean SSIM of one sample, for each case.
    ssim: Vec<f64>,
}

/// A curve, finished or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Curve {
    question: Question,
    points: Vec<Point>,
}

/// Runs the command.
///
/// # Errors
/// A model, data, cases or settings that cannot be used; a folder that holds another curve; results that
/// cannot be written.
pub fn run(arguments: &CurveArguments) -> anyhow::Result<()> {
    let path = model_on_disk::locate(arguments.model.as_deref())?;
    let (file, summary) = crate::commands::evaluate::read_model(&path)?;
    let cases = crate::commands::evaluate::cases(&arguments.case, &file.config.tasks).map_err(input)?;
    let question = Question {
        model: summary.clone(),
        data: arguments.data.clone(),
        cases: cases.iter().map(|case| case.name()).collect(),
        count: arguments.count,
        seed: arguments.seed,
        temperature: arguments.temperature,
    };
    std::fs::create_dir_all(&arguments.output).with_context(|| format!("creating {}", arguments.output.display()))?;
    let mut curve = Curve::open(&arguments.output, question)?;
    let device = device::choose(&arguments.device)?;
    let net = file.to_sampling_model(&device).map_err(input)?;
    let tools = Tools { model: &net, summary, device: &device, regression: None, features: None };
    let wanted = arguments.points();
    let interrupt = Interrupt::listen()?;
    for (number, &(kind, steps)) in wanted.iter().enumerate() {
        if curve.points.iter().any(|point| point.sampler == kind && point.steps == steps) {
            continue;
        }
        tracing::info!("{kind} at {steps} steps ({} of {})", number + 1, wanted.len());
        let settings = arguments.settings(&cases, kind, steps);
        let evaluation = evaluate::evaluate(&tools, &settings, &interrupt)
            .with_context(|| format!("{number} of {} points are in {}", wanted.len(), arguments.output.display()))?;
        curve.points.push(Point::of(&evaluation.report));
        curve.write(&arguments.output)?;
    }
    curve.write(&arguments.output)?;
    println!("{}", curve.table());
    Ok(())
}

impl CurveArguments {
    /// Every sampler with its numbers of steps, the shortest first, so that a curve is of use early.
    fn points(&self) -> Vec<(SamplerKind, usize)> {
        let mut points: Vec<(SamplerKind, usize)> =
            self.sampler.iter().flat_map(|kind| self.steps.iter().map(move |steps| (*kind, *steps))).collect();
        if self.sampler.contains(&SamplerKind::Ancestral) {
            points.extend(self.ancestral_steps.iter().map(|steps| (SamplerKind::Ancestral, *steps)));
        }
        points.sort_by_key(|(_, steps)| *steps);
        points.dedup();
        points
    }

    fn settings(&self, cases: &[Case], kind: SamplerKind, steps: usize) -> Settings {
        Settings {
            data: self.data.clone(),
            cases: cases.to_vec(),
            count: self.count,
            samples: 1,
            sampler: SamplerSettings { kind, seed: self.seed, ..SamplerSettings::default() },
            steps: Some(steps),
            temperature: Some(self.temperature),
            // Steps are compared from noise on, which all of them can begin from.
            guess: Some(GuessChoice(None)),
            batch: self.batch,
            one_evaluation: false,
            paper: false,
            masks: None,
            keep_in: None,
        }
    }
}

impl Point {
    fn of(report: &evaluate::Report) -> Point {
        let mean = |part: fn(&evaluate::Score) -> f64| report.cases.iter().map(|case| case.mean_of_one_sample(part)).collect();
        Point {
            sampler: report.sampler.kind,
            steps: report.sampling.first().map_or(0, |sampling| sampling.steps),
            seconds: report.sampling_seconds / (report.count * report.cases.len()) as f64,
            psnr: mean(|score| score.psnr),
            ssim: mean(|score| score.ssim),
        }
    }
}

impl Curve {
    /// The curve in a folder, or a new one.
    fn open(folder: &Path, question: Question) -> anyhow::Result<Curve> {
        let path = folder.join(NUMBERS);
        if !path.exists() {
            return Ok(Curve { question, points: Vec::new() });
        }
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let curve: Curve = serde_json::from_slice(&bytes).map_err(|error| input(format!("{} is no curve: {error}", path.display())))?;
        if curve.question != question {
            bail!(input(format!(
                "{} is of other questions (model {}, {} pictures, seed {}, cases {}) than these (model {}, {} pictures, seed {}, cases {}); \
                 give another --output",
                path.display(),
                &curve.question.model.file,
                curve.question.count,
                curve.question.seed,
                curve.question.cases.join(","),
                question.model.file,
                question.count,
                question.seed,
                question.cases.join(","),
            )));
        }
        Ok(curve)
    }

    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let numbers = serde_json::to_vec_pretty(self).context("encoding the numbers")?;
        write_atomically(&folder.join(NUMBERS), &numbers)?;
        write_atomically(&folder.join(TABLE), self.markdown().as_bytes())?;
        for (number, case) in self.question.cases.iter().enumerate() {
            let title = format!("{case}: quality of one sample against evaluations of the net");
            let lines = self.lines(number);
            write_atomically(&folder.join(format!("{case}.svg")), plot::svg(&title, "PSNR (dB)", &lines)?.as_bytes())?;
        }
        Ok(())
    }

    /// PSNR against steps for each sampler, in the order of the steps.
    fn lines(&self, case: usize) -> Vec<plot::Line> {
        SamplerKind::ALL
            .into_iter()
            .map(|kind| {
                let mut points: Vec<(f64, f64)> =
                    self.points.iter().filter(|point| point.sampler == kind).map(|point| (point.steps as f64, point.psnr[case])).collect();
                points.sort_by(|left, right| left.0.total_cmp(&right.0));
                plot::Line { name: kind.to_string(), points }
            })
            .filter(|line| !line.points.is_empty())
            .collect()
    }

    /// A row for each number of steps, a column for each sampler, a cell for the mean over the cases.
    fn table(&self) -> String {
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
                let cell = at(kind).map_or("–".to_owned(), |point| format!("{:.2} / {:.3}", mean(&point.psnr), mean(&point.ssim)));
                let _ = write!(text, " {cell} |");
            }
            let seconds: Vec<f64> = SamplerKind::ALL.into_iter().filter_map(at).map(|point| point.seconds).collect();
            let _ = writeln!(text, " {:.2} |", mean(&seconds));
        }
        text
    }

    fn markdown(&self) -> String {
        let Question { model, data, cases, count, seed, temperature } = &self.question;
        let mut text = format!(
            "# Steps against quality of {}\n\nOne sample for each of {count} pictures of {}, seed {seed}, temperature {temperature}. Cells: PSNR in dB / SSIM where \
             something was filled, mean over {}; seconds of sampling for one picture.\n\n{}\n\
             PSNR and SSIM prefer blur: a sample with believable texture loses to a smooth one. Read them together with the pictures.\n",
            model.file,
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

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
