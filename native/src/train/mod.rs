//! `infill train`: from pictures to a model file, in a run directory that is the record of it.
//! The arithmetic of a step is `infill::train`; here are settings, files, the loop and its progress.

mod checkpoint;
mod run_directory;
mod samples;
mod settings;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result, bail};
use burn::tensor::Tensor;
use clap::Args;
use infill::{model_file::ModelFile, task::Example, train::Trainer};

use crate::{
    device::{self, DeviceArguments},
    exit::Cancelled,
    pictures::{Dataset, Loader, LoaderSettings},
    progress::StepProgress,
};
use run_directory::{RunDirectory, Stat};
use settings::Settings;

/// Train a model on folders of pictures and tar shards.
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// Folder of pictures, tar shard, or pattern such as 'data/*-train-*.tar'; may be given again.
    #[arg(long, value_name = "SOURCE")]
    pub data: Vec<String>,
    /// Run directory: configuration, statistics, checkpoints, samples and the model.
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// Settings as TOML ([model], [train], [run]); `--preset` and the options below override it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Model to build: paper, browser, nature or tiny.
    #[arg(long)]
    pub preset: Option<String>,
    /// How it is trained: own (the default) or paper, which is Palette's recipe on the preset's net:
    /// ε, noise in holes, raw noise level, no patches, its schedule, rate and weights.
    #[arg(long)]
    pub recipe: Option<settings::Recipe>,
    /// Start from the weights of this model file.
    #[arg(long, value_name = "MODEL")]
    pub init: Option<PathBuf>,
    /// Go on from the newest usable checkpoint of the run directory.
    #[arg(long)]
    pub resume: bool,
    /// Steps in all.
    #[arg(long)]
    pub steps: Option<u64>,
    /// Stop, with a checkpoint, after this many minutes; `--resume` goes on.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Pictures a step.
    #[arg(long)]
    pub batch: Option<usize>,
    /// Learning rate after the warm-up.
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Seed of everything random.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Steps between checkpoints.
    #[arg(long)]
    pub checkpoint_every: Option<u64>,
    /// Minutes between checkpoints, beside those by step; 0 writes none by time.
    #[arg(long, value_name = "MINUTES")]
    pub checkpoint_minutes: Option<f64>,
    /// How many of the newest checkpoints stay, beside the best.
    #[arg(long, value_name = "COUNT")]
    pub keep_checkpoints: Option<usize>,
    /// Pictures that are not trained on, as for --data: at every checkpoint the loss on them is written down
    /// and the best checkpoint kept; sample grids show them. May be given again.
    #[arg(long, value_name = "SOURCE")]
    pub validation: Vec<String>,
    /// Steps between sample grids; 0 draws none.
    #[arg(long)]
    pub sample_every: Option<u64>,
    /// Threads that decode pictures.
    #[arg(long)]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Runs the command.
///
/// # Errors
/// Settings, data, files or a checkpoint that cannot be used; a loss that is no longer a number.
pub fn run(arguments: &TrainArguments) -> Result<()> {
    let directory = RunDirectory::open(&arguments.run, arguments.resume)?;
    let settings = Settings::resolve(arguments, &directory)?;
    let data = Arc::new(Dataset::open(&settings.run.data)?);
    tracing::info!("{} pictures from {}", data.len(), settings.run.data.join(", "));
    let validation = Validation::open(&settings)?;
    let device = device::choose(&arguments.device)?;
    let initial = match &arguments.init {
        Some(path) => {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let file = ModelFile::parse(&bytes).with_context(|| format!("cannot start from {}", path.display()))?;
            if file.config.unet != settings.model.unet {
                bail!(crate::exit::input(format!(
                    "{} holds another net ({:?}) than the one to train ({:?}); leave out --preset, or train without --init",
                    path.display(),
                    file.config.unet,
                    settings.model.unet
                )));
            }
            Some(file.to_model(&device)?)
        }
        None => None,
    };
    let mut trainer = Trainer::new(settings.train.clone(), settings.model.clone(), initial, &device)?;
    if arguments.resume {
        directory.resume(&mut trainer, &settings)?;
    } else {
        directory.begin(&settings)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    // A second handler in one process (tests) is no reason to stop.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst));
    Run { directory, settings, data, validation, trainer, stop, started: Instant::now(), minutes: arguments.minutes }.go()
}

/// How many steps' losses stay on the device before they are read: reading waits for the device.
const READ_EVERY: usize = 10;

struct Run {
    directory: RunDirectory,
    settings: Settings,
    data: Arc<Dataset>,
    validation: Option<Validation>,
    trainer: Trainer,
    stop: Arc<AtomicBool>,
    started: Instant,
    minutes: Option<f64>,
}

struct Pending {
    stat: Stat,
    loss: Tensor<1>,
    gradient_norm: Tensor<1>,
    names: Vec<String>,
}

impl Run {
    fn go(mut self) -> Result<()> {
        let total = self.settings.train.total_steps;
        let mut loader = Loader::new(self.data.clone(), self.loader_settings(), self.trainer.step_count());
        let mut statistics = self.directory.statistics(self.trainer.step_count())?;
        let progress = StepProgress::new("training", total, self.trainer.step_count());
        let mut pending: Vec<Pending> = Vec::new();
        let mut validation_loss = None;
        let mut waited = 0.0;
        let mut saved = (self.trainer.step_count(), Instant::now());
        while self.trainer.step_count() < total && !self.interrupted() {
            let asked = Instant::now();
            let batch = loader.next()?;
            waited += asked.elapsed().as_secs_f64();
            let report = self.trainer.step(&batch.examples)?;
            let step = report.step + 1;
            pending.push(Pending {
                stat: Stat {
                    step,
                    pictures_seen: step * self.settings.train.batch as u64,
                    learning_rate: report.learning_rate,
                    seconds: self.started.elapsed().as_secs_f64(),
                    waited_for_data: waited,
                    ..Stat::default()
                },
                loss: report.loss,
                gradient_norm: report.gradient_norm,
                names: batch.names,
            });
            let saves = step.is_multiple_of(self.settings.run.checkpoint_every) || step == total || self.is_time_to_save(saved.1);
            let samples = self.settings.run.sample_every > 0 && step.is_multiple_of(self.settings.run.sample_every);
            if let (true, Some(validation), Some(entry)) = (saves, &self.validation, pending.last_mut()) {
                entry.stat.validation_loss = Some(validation.loss(&self.trainer)?);
            }
            if pending.len() >= READ_EVERY || saves || samples {
                let last = self.read(&mut pending, &mut statistics)?;
                progress.set(step, &format!("loss {:.4}, {:.1} pictures/s", last.loss, self.speed(step)));
                validation_loss = last.validation_loss;
            }
            if saves {
                self.save(&mut statistics, validation_loss)?;
                saved = (step, Instant::now());
            }
            if samples {
                let pictures = self.validation.as_ref().map_or(&self.data, |validation| &validation.data);
                samples::draw(&self.trainer.average(), pictures, &self.settings, &self.directory, step)?;
            }
        }
        self.read(&mut pending, &mut statistics)?;
        if saved.0 != self.trainer.step_count() || !self.directory.model_path().exists() {
            self.save(&mut statistics, None)?;
        }
        progress.finish();
        if loader.broken() > 0 {
            tracing::warn!("{} broken pictures were passed over", loader.broken());
        }
        let step = self.trainer.step_count();
        if self.stop.load(Ordering::SeqCst) {
            bail!(Cancelled(format!("stopped after step {step}; `--resume` goes on from there")));
        }
        tracing::info!("{step} steps done; the model is {}", self.directory.model_path().display());
        Ok(())
    }

    fn interrupted(&self) -> bool {
        let late = self.minutes.is_some_and(|minutes| self.started.elapsed().as_secs_f64() > minutes * 60.0);
        late || self.stop.load(Ordering::SeqCst)
    }

    fn is_time_to_save(&self, last: Instant) -> bool {
        let minutes = self.settings.run.checkpoint_minutes;
        minutes > 0.0 && last.elapsed().as_secs_f64() >= minutes * 60.0
    }

    fn speed(&self, step: u64) -> f64 {
        let begun = self.directory.first_step();
        ((step - begun) * self.settings.train.batch as u64) as f64 / self.started.elapsed().as_secs_f64()
    }

    fn loader_settings(&self) -> LoaderSettings {
        LoaderSettings { batch: self.settings.train.batch, threads: self.settings.run.threads, prefetch: 4, ..alone(&self.settings, 1) }
    }

    /// Brings losses home, writes them down and stops on one that is no number.
    fn read(&self, pending: &mut Vec<Pending>, statistics: &mut run_directory::Statistics) -> Result<Stat> {
        let mut last = Stat::default();
        for mut entry in pending.drain(..) {
            entry.stat.loss = scalar(entry.loss)?;
            entry.stat.gradient_norm = scalar(entry.gradient_norm)?;
            if !entry.stat.loss.is_finite() || !entry.stat.gradient_norm.is_finite() {
                let good = self.directory.newest_checkpoint()?;
                bail!(
                    "the loss of step {} is {}, its gradient norm {}; the batch was {}; the last good checkpoint is {}; \
                     resume from it with a smaller --learning-rate",
                    entry.stat.step,
                    entry.stat.loss,
                    entry.stat.gradient_norm,
                    entry.names.join(", "),
                    good.map_or("none".to_owned(), |path| path.display().to_string()),
                );
            }
            statistics.write(&entry.stat)?;
            last = entry.stat;
        }
        Ok(last)
    }

    fn save(&self, statistics: &mut run_directory::Statistics, validation_loss: Option<f64>) -> Result<()> {
        // Statistics first: a checkpoint must never be ahead of its record.
        statistics.flush()?;
        self.directory.save(&self.trainer, &self.settings, &self.data, validation_loss)
    }
}

/// Pictures that the best checkpoint is chosen by.
struct Validation {
    data: Arc<Dataset>,
    examples: Vec<Example>,
}

impl Validation {
    /// Makes the samples, the same for every run with the same settings.
    fn open(settings: &Settings) -> Result<Option<Self>> {
        if settings.run.validation.is_empty() {
            return Ok(None);
        }
        let data = Arc::new(Dataset::open(&settings.run.validation)?);
        let examples = Loader::new(data.clone(), alone(settings, settings.run.validation_pictures), 0).next()?.examples;
        Ok(Some(Self { data, examples }))
    }

    fn loss(&self, trainer: &Trainer) -> Result<f64> {
        scalar(trainer.validation_loss(&self.examples)?)
    }
}

/// How one batch of `count` samples is made like those of training.
fn alone(settings: &Settings, count: usize) -> LoaderSettings {
    LoaderSettings {
        size: settings.model.size,
        batch: count,
        tasks: settings.model.tasks.clone(),
        hole: settings.model.hole,
        seed: settings.train.seed,
        threads: 1,
        prefetch: 1,
    }
}

fn scalar(tensor: Tensor<1>) -> Result<f64> {
    let values: Vec<f32> =
        tensor.into_data().convert::<f32>().try_to_vec().map_err(|error| anyhow::anyhow!("cannot read a loss: {error:?}"))?;
    values.first().map(|value| f64::from(*value)).context("the device gave an empty loss")
}
