//! How good a model is: questions with known answers, put to the net and to baselines that need none,
//! scored where something was filled. It chooses no model and draws no conclusion.

pub mod ablate;
mod baseline;
mod cases;
pub mod classifier;
pub mod curve;
mod distribution;
mod eigen;
mod features;
mod finished;
mod masks;
mod net;
mod paired;
mod report;
mod run;
mod score;
mod sheet;
mod tables;
mod verdict;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use burn::tensor::Device;
use infill::config::{ModelConfig, Sampling};
use infill::denoiser::Model;
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use infill::sampler::SamplerSettings;
use infill::task::TaskKind;
use rand::Rng;

use crate::commands::guess::GuessChoice;
use crate::exit::input;
use crate::files::write_atomically;
use crate::interrupt::Interrupt;
use crate::pictures::{Dataset, centre_square};
use crate::progress::StepProgress;
pub use cases::Case;
use classifier::FeatureNet;
use features::Originals;
use finished::Kept;
pub use report::{ModelSummary, Report, Score};
use run::Run;

/// The table's file.
const TABLE: &str = "evaluation.md";

/// The numbers' file.
const NUMBERS: &str = "evaluation.json";

/// The folder of cases that are done, until all are.
const UNFINISHED: &str = "unfinished";

/// What is measured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folders, shards and patterns of pictures that the model was not trained on.
    pub data: Vec<String>,
    /// The cases that are asked.
    pub cases: Vec<Case>,
    /// Pictures; all of them when there are fewer.
    pub count: usize,
    /// Samples of each question.
    pub samples: usize,
    /// Sampler, steps and the seed of everything random.
    pub sampler: SamplerSettings,
    /// Evaluations for a sample, in place of the model's own.
    pub steps: Option<usize>,
    /// Factor of all noise, in place of the model's own.
    pub temperature: Option<f64>,
    /// Where sampling begins; what suits the model and the task without.
    pub guess: Option<GuessChoice>,
    /// Tiles that go through the net at once.
    pub batch: usize,
    /// Whether the net's answer in a single evaluation is measured beside its samples.
    pub one_evaluation: bool,
    /// Whether the report is laid out as the paper's tables.
    pub paper: bool,
    /// Folder of masks for [`Case::InpaintMasks`].
    pub masks: Option<PathBuf>,
    /// Folder of the evaluation to be, in which cases are kept that are done: a second call goes on from them.
    pub keep_in: Option<PathBuf>,
}

/// What is asked, and what helps to judge its answers.
pub struct Tools<'a> {
    /// The model.
    pub model: &'a Model,
    /// What the report says about it.
    pub summary: ModelSummary,
    /// Where it runs.
    pub device: &'a Device,
    /// A regression net, whose single evaluation is one of the baselines.
    pub regression: Option<(ModelSummary, &'a Model)>,
    /// A net whose features are compared.
    pub features: Option<&'a FeatureNet>,
}

/// A report with the picture sheets that it names.
pub struct Evaluation {
    /// The numbers.
    pub report: Report,
    /// File names and PNG bytes.
    pub sheets: Vec<(String, Vec<u8>)>,
}

/// Puts every case of the tasks to the model and to the baselines.
///
/// # Errors
/// No picture to ask about, a task that the model was not trained on, settings that make no sense,
/// a net that gives numbers that are not finite, or a stop that was asked for.
pub fn evaluate(tools: &Tools<'_>, settings: &Settings, interrupt: &Interrupt) -> anyhow::Result<Evaluation> {
    let started = Instant::now();
    check(tools, settings).map_err(input)?;
    let dataset = Dataset::open(&settings.data)?;
    let size = tools.model.config.size;
    let subjects = choose(&dataset, size, settings)?;
    let masks = settings.masks.as_ref().map(|folder| masks::draw(folder, subjects.len(), size, settings.sampler.seed)).transpose()?;
    let originals = tools.features.map(|net| Originals::look(net, &subjects)).transpose()?;
    let mut run = Run {
        tools,
        settings,
        subjects: &subjects,
        masks: masks.as_deref(),
        originals: originals.as_ref(),
        progress: StepProgress::new("net evaluations", expected_evaluations(tools, settings, subjects.len()), 0),
        evaluations: 0,
        sampling: Duration::ZERO,
        interrupt,
    };
    let data = dataset.describe();
    let kept = settings.keep_in.as_ref().map(|folder| Kept::new(folder.join(UNFINISHED), &run, &data));
    let prepared = started.elapsed().as_secs_f64();
    let finish = |case: &Case| match &kept {
        Some(kept) => kept.finish(*case, &mut run),
        None => finished::finish(*case, &mut run),
    };
    let finished = settings.cases.iter().map(finish).collect::<anyhow::Result<Vec<_>>>()?;
    run.progress.finish();
    let seconds = prepared + finished.iter().map(|case| case.seconds).sum::<f64>();
    let (cases, sheets) = finished.into_iter().map(|case| (case.report.clone(), (case.report.sheet, case.sheet))).unzip();
    let report = Report {
        model: tools.summary.clone(),
        regression: tools.regression.as_ref().map(|(summary, _)| summary.clone()),
        features: originals.as_ref().map(Originals::space),
        paper: settings.paper,
        device: format!("{:?}", tools.device),
        sampler: settings.sampler.clone(),
        sampling: settings.cases.iter().map(|case| settings.sampling(&tools.model.config, *case)).collect(),
        samples: settings.samples,
        count: subjects.len(),
        data,
        net_evaluations: run.evaluations,
        seconds,
        sampling_seconds: run.sampling.as_secs_f64(),
        cases,
    };
    Ok(Evaluation { report, sheets })
}

impl Settings {
    /// Evaluations and temperature for a case: as asked, else as the model's file says.
    fn sampling(&self, config: &ModelConfig, case: Case) -> Sampling {
        let own = config.sampling(case.kind());
        Sampling {
            steps: self.steps.unwrap_or(own.steps),
            temperature: self.temperature.unwrap_or(own.temperature),
            guess: self.guess.map_or(own.guess, |GuessChoice(guess)| guess),
        }
    }

    /// The sampler of a case.
    fn sampler(&self, config: &ModelConfig, case: Case) -> SamplerSettings {
        let Sampling { steps, temperature, guess } = self.sampling(config, case);
        SamplerSettings { steps, temperature, guess, ..self.sampler.clone() }
    }
}

/// Evaluations of all nets in the whole evaluation.
fn expected_evaluations(tools: &Tools<'_>, settings: &Settings, pictures: usize) -> u64 {
    let each = |case: &Case| settings.samples * settings.sampling(&tools.model.config, *case).steps + usize::from(settings.one_evaluation);
    let regression = |case: &Case| tools.regression.as_ref().is_some_and(|(_, model)| model.config.tasks.contains(&case.kind()));
    settings.cases.iter().map(|case| (pictures * (each(case) + usize::from(regression(case)))) as u64).sum()
}

impl Evaluation {
    /// Writes the table, the numbers and the sheets into a folder, each beside its place first and then
    /// renamed into it, and removes what was kept there of single cases.
    ///
    /// # Errors
    /// The folder holds an evaluation and `force` is off, or writing fails.
    pub fn write(&self, folder: &Path, force: bool) -> anyhow::Result<()> {
        refuse_to_replace(folder, force)?;
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        for (name, bytes) in &self.sheets {
            write_atomically(&folder.join(name), bytes)?;
        }
        let numbers = serde_json::to_vec_pretty(&self.report).context("encoding the numbers")?;
        write_atomically(&folder.join(NUMBERS), &numbers)?;
        write_atomically(&folder.join(TABLE), self.report.markdown().as_bytes())?;
        let unfinished = folder.join(UNFINISHED);
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).with_context(|| format!("removing {}", unfinished.display()))?;
        }
        Ok(())
    }
}

/// Asked before the work as well as after it.
///
/// # Errors
/// The folder holds an evaluation and `force` is off.
pub fn refuse_to_replace(folder: &Path, force: bool) -> anyhow::Result<()> {
    let table = folder.join(TABLE);
    if table.exists() && !force {
        bail!("{} exists; give another folder, or --force to replace it", table.display());
    }
    Ok(())
}

fn check(tools: &Tools<'_>, settings: &Settings) -> anyhow::Result<()> {
    if settings.count == 0 || settings.samples == 0 || settings.batch == 0 {
        let Settings { count, samples, batch, .. } = settings;
        bail!("count is {count}, samples is {samples}, batch is {batch}; each must be 1 or more");
    }
    let config = &tools.model.config;
    settings.cases.iter().try_for_each(|case| settings.sampler(config, *case).validate())?;
    if let Some(task) = settings.cases.iter().map(|case| case.kind()).find(|task| !config.tasks.contains(task)) {
        let known: Vec<_> = config.tasks.iter().map(TaskKind::to_string).collect();
        bail!("this model was not trained on {task}; it knows {}", known.join(", "));
    }
    if settings.masks.is_none() && settings.cases.contains(&Case::InpaintMasks) {
        bail!("the case {} needs masks; give a folder of them, or leave the case out", Case::InpaintMasks.name());
    }
    if let Some((summary, regression)) = &tools.regression
        && regression.config.size != config.size
    {
        let (found, wanted) = (regression.config.size, config.size);
        bail!("the regression net {} is for {found}×{found}, the model for {wanted}×{wanted}; they must have one size", summary.file);
    }
    Ok(())
}

/// A picture to ask about.
struct Subject {
    name: String,
    class: Option<String>,
    picture: Picture,
}

/// The first `count` whole pictures of a random order, so that a shorter evaluation asks about a part
/// of what a longer one asks about.
fn choose(dataset: &Dataset, size: usize, settings: &Settings) -> anyhow::Result<Vec<Subject>> {
    let mut rng = noise::stream(settings.sampler.seed, Purpose::Evaluation, u64::MAX, 0);
    let mut order: Vec<(u64, usize)> = (0..dataset.len()).map(|index| (rng.next_u64(), index)).collect();
    order.sort_unstable();
    let mut subjects = Vec::new();
    for (_, index) in order {
        if subjects.len() == settings.count {
            break;
        }
        match dataset.decode(index) {
            Ok(picture) => subjects.push(Subject {
                name: dataset.name(index),
                class: dataset.class(index).map(str::to_owned),
                picture: centre_square(&picture, size),
            }),
            Err(error) => tracing::warn!("skipped: {error:#}"),
        }
    }
    if subjects.is_empty() {
        bail!("every one of the {} pictures is broken (one of them: {})", dataset.len(), dataset.name(0));
    }
    if subjects.len() < settings.count {
        tracing::warn!("{} pictures asked for, {} found", settings.count, subjects.len());
    }
    Ok(subjects)
}

#[cfg(test)]
mod tests;
