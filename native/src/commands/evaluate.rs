//! `infill evaluate` on the command line: reads the model, chooses the device, shows progress.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use infill::model_file::ModelFile;
use infill::sampler::{SamplerKind, SamplerSettings};
use infill::task::TaskKind;
use sha2::{Digest, Sha256};

use crate::commands::guess::GuessChoice;
use crate::device::{self, DeviceArguments};
use crate::evaluate::classifier::FeatureNet;
use crate::evaluate::{Case, ModelSummary, Settings, Tools, evaluate, refuse_to_replace};
use crate::exit::input;
use crate::interrupt::Interrupt;
use crate::model_on_disk;

/// Measure a model against baselines on pictures it has not seen.
#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// Model file; without it the one that comes with the project.
    #[arg(long, short, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Folder of pictures, tar shard, or pattern such as 'data/*-val-*.tar'; may be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Tasks to measure: inpaint, uncrop, colorize, restore, or all that the model knows.
    #[arg(long, value_name = "TASK", default_value = "all", value_delimiter = ',')]
    pub task: Vec<String>,
    /// Pictures, the same for every case.
    #[arg(long, default_value_t = 100)]
    pub count: usize,
    /// Samples of each question; their mean is measured beside the first.
    #[arg(long, default_value_t = 4)]
    pub samples: usize,
    /// Seed of the questions and of the samples.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Evaluations of the net for a sample [default: what was measured to suit the model and the task].
    #[arg(long)]
    pub steps: Option<usize>,
    /// Sampler: ancestral, ddim, dpm-solver or uni-pc.
    #[arg(long, default_value_t = SamplerKind::DpmSolver)]
    pub sampler: SamplerKind,
    /// Factor of all noise, 0 (always the same) to 1 (as varied as the net) [default: as for --steps].
    #[arg(long)]
    pub temperature: Option<f64>,
    /// Begin from a guess of what is missing at this log-SNR, or from noise (none) [default: as for --steps].
    #[arg(long, value_name = "LOG_SNR|none", allow_hyphen_values = true)]
    pub guess: Option<GuessChoice>,
    /// Samples drawn at once; a GPU takes 64 and more.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Ask the paper's set of cases, with one evaluation of the net beside its samples, and lay the table
    /// out as the paper does: a row for each task and answer.
    #[arg(long)]
    pub paper: bool,
    /// Classifier of `infill train-classifier`, in whose features answers are compared (FID, KID, IS, CA, PD).
    #[arg(long, value_name = "FILE")]
    pub features: Option<PathBuf>,
    /// Model whose single evaluation is one more baseline: one trained by regression.
    #[arg(long, value_name = "MODEL")]
    pub regression: Option<PathBuf>,
    /// Folder of masks, white where to fill, for a case of its own; brought to the model's size and dealt out by
    /// the seed.
    #[arg(long, value_name = "FOLDER")]
    pub masks: Option<PathBuf>,
    /// Folder for the table, the numbers and the picture sheets. Cases are kept there as they are done: the same
    /// command goes on from them after a stop.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Replace an evaluation that is there.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Runs the command.
///
/// # Errors
/// A model, data or settings that cannot be used, results that cannot be written, or Ctrl-C.
pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    refuse_to_replace(&arguments.output, arguments.force).map_err(input)?;
    let path = model_on_disk::locate(arguments.model.as_deref())?;
    let (file, summary) = read_model(&path)?;
    let tasks = tasks(&arguments.task, &file.config.tasks).map_err(input)?;
    let mut cases = Case::of_tasks(&tasks, arguments.paper);
    if arguments.masks.is_some() {
        if !tasks.contains(&TaskKind::Inpaint) {
            bail!(input("--masks needs the task inpaint; leave it out, or add --task inpaint with a model that knows it"));
        }
        cases.push(Case::InpaintMasks);
    }
    let settings = Settings {
        data: arguments.data.clone(),
        cases,
        count: arguments.count,
        samples: arguments.samples,
        sampler: SamplerSettings { kind: arguments.sampler, seed: arguments.seed, ..SamplerSettings::default() },
        steps: arguments.steps,
        temperature: arguments.temperature,
        guess: arguments.guess,
        batch: arguments.batch,
        one_evaluation: arguments.paper,
        paper: arguments.paper,
        masks: arguments.masks.clone(),
        keep_in: Some(arguments.output.clone()),
    };
    let device = device::choose(&arguments.device)?;
    let features = arguments.features.as_ref().map(|path| FeatureNet::open(path, &device)).transpose()?;
    let regression = match &arguments.regression {
        None => None,
        Some(path) => {
            let (file, summary) = read_model(path)?;
            Some((summary, file.to_model(&device).with_context(|| format!("cannot use {}", path.display())).map_err(input)?))
        }
    };
    let model = file.to_sampling_model(&device).map_err(input)?;
    let tools = Tools {
        model: &model,
        summary,
        device: &device,
        regression: regression.as_ref().map(|(summary, model)| (summary.clone(), model)),
        features: features.as_ref(),
    };
    let evaluation = evaluate(&tools, &settings, &Interrupt::listen()?)?;
    evaluation.write(&arguments.output, arguments.force)?;
    println!("{}", evaluation.report.summary());
    if arguments.paper {
        println!("{}", evaluation.report.conclusion());
    }
    Ok(())
}

/// A model file and what a report says of it.
///
/// # Errors
/// A file that cannot be read or is no model.
pub fn read_model(path: &Path) -> anyhow::Result<(ModelFile, ModelSummary)> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
    let file = ModelFile::parse(&bytes).with_context(|| format!("cannot use {}", path.display())).map_err(input)?;
    let summary = ModelSummary {
        file: path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned()),
        sha256: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        size: file.config.size,
        parameters: file.parameter_count(),
        pictures_seen: file.training.pictures_seen,
    };
    Ok((file, summary))
}

/// Cases by their names, in the order of [`Case::ALL`].
///
/// # Errors
/// A name that no case has, or a case of a task that the model does not know.
pub fn cases(names: &[String], known: &[TaskKind]) -> anyhow::Result<Vec<Case>> {
    if let Some(name) = names.iter().find(|name| Case::ALL.iter().all(|case| case.name() != **name)) {
        let all: Vec<String> = Case::ALL.iter().map(|case| case.name()).collect();
        bail!("there is no case `{name}`; there are {}", all.join(", "));
    }
    let cases: Vec<Case> = Case::ALL.into_iter().filter(|case| names.contains(&case.name())).collect();
    if let Some(case) = cases.iter().find(|case| !known.contains(&case.kind())) {
        bail!("this model was not trained on {}, the task of {}; leave that case out", case.kind(), case.name());
    }
    Ok(cases)
}

/// The tasks named, or all that the model knows.
fn tasks(names: &[String], known: &[TaskKind]) -> anyhow::Result<Vec<TaskKind>> {
    let mut tasks = Vec::new();
    for name in names {
        match name.as_str() {
            "all" => tasks.extend_from_slice(known),
            name => tasks.push(name.parse().with_context(|| format!("`--task {name}`; `all` takes every task of the model"))?),
        }
    }
    tasks.sort();
    tasks.dedup();
    Ok(tasks)
}
