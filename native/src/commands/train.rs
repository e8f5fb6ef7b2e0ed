//! `infill train` on the command line: options and the settings file become the plan of a run.

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, bail};
use clap::Args;
use infill::model_file::ModelFile;

use super::{device_arguments::DevicesArguments, training_choices::TrainingChoices};
use crate::{
    exit::usage,
    model_on_disk,
    train::{self, RunDirectory, TrainingPlan, TrainingSettings},
};

/// Train a model on folders of pictures and tar shards.
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// Pictures to train on: a folder, a tar shard, or a pattern such as 'data/*-train-*.tar'. May be given again.
    #[arg(long, value_name = "SOURCE")]
    pub data: Vec<String>,
    /// Pictures of --data that are not trained on, by a pattern of their names, such as 'pictures/drafts/*'. May be given again.
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Folder of this run: settings, statistics, checkpoints, samples and the model.
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// Number of steps, of a resumed run too, from its beginning on.
    #[arg(long)]
    pub steps: Option<u64>,
    /// Pictures in each step.
    #[arg(long)]
    pub batch: Option<usize>,
    /// Continue the run in this folder from its newest usable checkpoint.
    #[arg(long)]
    pub resume: bool,
    /// Pictures that are not trained on, given as for --data. At every checkpoint the loss on them is recorded and the best
    /// checkpoint kept; sample grids show them. May be given again.
    #[arg(long, value_name = "SOURCE")]
    pub validation: Vec<String>,
    #[command(flatten)]
    pub devices: DevicesArguments,
    #[command(flatten)]
    pub choices: TrainingChoices,
    /// Learning rate after the warm-up.
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Start from the weights of this model file.
    #[arg(long, value_name = "MODEL")]
    pub init: Option<PathBuf>,
    /// Make the model of --init one for pictures so many times as wide and high, such as 2 to go on at 128 pixels from 64: its
    /// patches grow, and it begins where it was.
    #[arg(long, value_name = "FACTOR", requires = "init")]
    pub grow: Option<usize>,
    /// Seed of everything random.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Stop after this many minutes and write a checkpoint; --resume continues from it.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Steps between two checkpoints.
    #[arg(long)]
    pub checkpoint_every: Option<u64>,
    /// Minutes between two checkpoints, in addition to those by step; 0 writes none by time [default: 10].
    #[arg(long, value_name = "MINUTES")]
    pub checkpoint_minutes: Option<f64>,
    /// How many of the newest checkpoints are kept, in addition to the best one.
    #[arg(long, value_name = "COUNT")]
    pub keep_checkpoints: Option<usize>,
    /// Steps between two sample grids, of which one is drawn at the end too; 0 draws none.
    #[arg(long)]
    pub sample_every: Option<u64>,
    /// Threads that decode pictures.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Print the settings, the pictures found, the memory needed and the time of a step, and write nothing. What is printed can
    /// be given as --config.
    #[arg(long, conflicts_with = "minutes")]
    pub dry_run: bool,
}

/// Runs the command.
///
/// # Errors
/// Settings, data, files or a checkpoint that cannot be used; a loss that is no longer a number.
pub fn run(arguments: &TrainArguments) -> Result<()> {
    let plan = arguments.resolve()?;
    if arguments.dry_run { train::rehearse(plan) } else { train::run(plan) }
}

impl TrainArguments {
    fn resolve(&self) -> Result<TrainingPlan> {
        if let Some(minutes) = self.minutes.filter(|minutes| minutes.is_nan() || *minutes < 0.0) {
            bail!(usage(format!("--minutes is {minutes}; choose 0 or more")));
        }
        let directory = RunDirectory::open(&self.run, self.resume)?;
        if let (true, Some(path)) = (self.resume, &self.init) {
            bail!(usage(format!("--init {} is where a run begins, and --resume goes on with one; leave out one of them", path.display())));
        }
        let initial = self.init.as_deref().map(model_on_disk::read).transpose()?;
        let initial = match (initial, self.grow) {
            (Some(file), Some(factor)) => Some(file.grown(factor).map_err(usage)?),
            (initial, _) => initial,
        };
        let before = if self.resume { Some(directory.settings()?) } else { None };
        let settings = self.settings(before.clone(), initial.as_ref())?;
        let changes = before.map(|before| train::changes(&before, &settings)).transpose()?.unwrap_or_default();
        Ok(TrainingPlan {
            settings,
            changes,
            directory,
            resume: self.resume,
            initial,
            devices: self.devices.resolve()?,
            limit: self.minutes.map(|minutes| Duration::try_from_secs_f64(minutes * 60.0).unwrap_or(Duration::MAX)),
        })
    }

    /// A new run's settings, or those that a resumed run's folder holds, with what the options change.
    fn settings(&self, before: Option<TrainingSettings>, initial: Option<&ModelFile>) -> Result<TrainingSettings> {
        let mut settings = match before {
            Some(before) => self.choices.resumed(before)?,
            None => self.choices.settings(initial)?,
        };
        if !self.data.is_empty() {
            settings.run.data.clone_from(&self.data);
        }
        if !self.exclude.is_empty() {
            settings.run.exclude.clone_from(&self.exclude);
        }
        if !self.validation.is_empty() {
            settings.run.validation.clone_from(&self.validation);
        }
        let TrainingSettings { train, run, .. } = &mut settings;
        train.total_steps = self.steps.unwrap_or(train.total_steps);
        train.seed = self.seed.unwrap_or(train.seed);
        train.batch = self.batch.unwrap_or(train.batch);
        train.learning_rate = self.learning_rate.unwrap_or(train.learning_rate);
        run.checkpoint_every = self.checkpoint_every.unwrap_or(run.checkpoint_every);
        run.sample_every = self.sample_every.unwrap_or(run.sample_every);
        run.checkpoint_minutes = self.checkpoint_minutes.unwrap_or(run.checkpoint_minutes);
        run.keep_checkpoints = self.keep_checkpoints.unwrap_or(run.keep_checkpoints);
        run.threads = self.threads.unwrap_or(run.threads);
        settings.check()?;
        Ok(settings)
    }
}
