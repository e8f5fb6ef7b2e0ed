//! A training under way: the loop, what it records, and how it stops.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use burn::tensor::Tensor;
use infill::train::{LossScale, TrainError, Trainer};

use super::{
    plan::TrainingPlan,
    run_directory::{RunDirectory, Stat, Statistics},
    samples,
    settings::TrainingSettings,
    validation::{self, ValidationSet},
};
use crate::{
    device,
    exit::{CANCELLED, Cancelled, input},
    files::write_atomically,
    formats::tensorboard::TensorBoard,
    pictures::{Dataset, Loader},
    progress::StepProgress,
    readback::scalar,
};

/// Trains as planned.
///
/// # Errors
/// Data, files or a checkpoint that cannot be used; a loss that is no longer a number; a stop that was asked for.
pub fn run(plan: TrainingPlan) -> Result<()> {
    let TrainingPlan { directory, resume, settings, initial, devices: chosen, limit } = plan;
    let data = Arc::new(Dataset::open(&settings.run.data)?);
    tracing::info!("{} pictures from {}", data.len(), settings.run.data.join(", "));
    let validation = ValidationSet::open(&settings)?;
    let devices = device::choose_several(&chosen)?;
    let (device, others) = devices.split_first().context("no device was chosen")?;
    let (examples, count) = (settings.train.batch, devices.len());
    if examples < count {
        bail!(input(TrainError::Devices { examples, devices: count }));
    }
    let initial = match initial {
        Some(file) if file.config.unet != settings.model.unet => bail!(input(format!(
            "the model of --init holds another net ({:?}) than the one to train ({:?}); leave out --preset, or train without --init",
            file.config.unet, settings.model.unet
        ))),
        Some(file) => Some(file.to_model(device)?),
        None => None,
    };
    let mut trainer = Trainer::new(settings.train.clone(), settings.model.clone(), initial, device)?.with_devices(others);
    if resume {
        directory.resume(&mut trainer, &settings, &data)?;
    } else {
        directory.begin(&settings)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    // A second handler in one process (tests) is no reason to stop.
    let _ = ctrlc::set_handler(move || {
        // The first one stops after the step and saves; a second one does not wait for that.
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(CANCELLED));
        }
    });
    let root = directory.root().to_owned();
    let training = Training { directory, settings, data, validation, trainer, stop, started: Instant::now(), limit };
    device::name_the_lost(&chosen, move || to_go_on_from(&root), || training.go())
}

/// What is left of a run that broke off.
fn to_go_on_from(run: &Path) -> String {
    let newest = RunDirectory::open(run, true).and_then(|directory| directory.newest_checkpoint()).ok().flatten();
    let newest = newest.map_or("there is none".to_owned(), |path| format!("it is {}", path.display()));
    format!("`--resume` goes on from the last checkpoint ({newest}), on other --devices too")
}

/// How many steps' losses stay on the device before they are read: reading waits for the device.
const READ_EVERY: usize = 10;

/// A training under way.
struct Training {
    directory: RunDirectory,
    settings: TrainingSettings,
    data: Arc<Dataset>,
    validation: Option<ValidationSet>,
    trainer: Trainer,
    stop: Arc<AtomicBool>,
    started: Instant,
    limit: Option<Duration>,
}

/// A step whose numbers are still on the device.
struct Pending {
    stat: Stat,
    loss: Tensor<1>,
    gradient_norm: Tensor<1>,
    loss_scale: Option<LossScale>,
    names: Vec<String>,
}

/// What a run writes beside checkpoints.
struct Records {
    statistics: Statistics,
    board: TensorBoard,
}

impl Training {
    fn go(mut self) -> Result<()> {
        let total = self.settings.train.total_steps;
        let mut loader = Loader::new(self.data.clone(), validation::of_training(&self.settings), self.trainer.step_count());
        let mut records = Records {
            statistics: self.directory.statistics(self.trainer.step_count())?,
            board: TensorBoard::begin(&self.directory.board_path(), self.trainer.step_count())?,
        };
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
                loss_scale: report.loss_scale,
                names: batch.names,
            });
            let saves = step.is_multiple_of(self.settings.run.checkpoint_every) || step == total || self.is_time_to_save(saved.1);
            let samples = self.settings.run.sample_every > 0 && step.is_multiple_of(self.settings.run.sample_every);
            if let (true, Some(validation), Some(entry)) = (saves, &self.validation, pending.last_mut()) {
                entry.stat.validation_loss = Some(validation.loss(&self.trainer)?);
            }
            if pending.len() >= READ_EVERY || saves || samples {
                let last = self.read(&mut pending, &mut records)?;
                progress.set(step, &self.message(&last));
                validation_loss = last.validation_loss;
            }
            if saves {
                self.save(&mut records, validation_loss)?;
                saved = (step, Instant::now());
            }
            if samples {
                let pictures = self.validation.as_ref().map_or(&self.data, |validation| &validation.data);
                let grid = samples::draw(&self.trainer.average(), pictures, &self.settings)?;
                write_atomically(&self.directory.sample_path(step), &grid.png)?;
                records.board.picture(step, "samples", grid.width, grid.height, &grid.png)?;
            }
        }
        self.read(&mut pending, &mut records)?;
        if saved.0 != self.trainer.step_count() || !self.directory.model_path().exists() {
            self.save(&mut records, None)?;
        }
        records.board.flush()?;
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

    /// What is said of the last step.
    fn message(&self, last: &Stat) -> String {
        let waited = 100.0 * last.waited_for_data / last.seconds.max(1e-9);
        let mut message =
            format!("loss {:.4}, {:.1} pictures/s, {waited:.0} % of the time waiting for pictures", last.loss, self.speed(last));
        if let Some(loss) = last.validation_loss {
            message += &format!(", validation loss {loss:.4}");
        }
        if let Some(skipped) = last.skipped_steps.filter(|skipped| *skipped > 0) {
            message += &format!(", {skipped} steps skipped");
        }
        message
    }

    fn interrupted(&self) -> bool {
        let late = self.limit.is_some_and(|limit| self.started.elapsed() > limit);
        late || self.stop.load(Ordering::SeqCst)
    }

    fn is_time_to_save(&self, last: Instant) -> bool {
        let minutes = self.settings.run.checkpoint_minutes;
        minutes > 0.0 && last.elapsed().as_secs_f64() >= minutes * 60.0
    }

    fn speed(&self, last: &Stat) -> f64 {
        let steps = last.step.saturating_sub(self.directory.first_step());
        (steps * self.settings.train.batch as u64) as f64 / last.seconds.max(1e-9)
    }

    /// Brings losses home, writes them down and stops on one that is no number.
    fn read(&self, pending: &mut Vec<Pending>, records: &mut Records) -> Result<Stat> {
        let mut last = Stat::default();
        for mut entry in pending.drain(..) {
            entry.stat.loss = scalar(entry.loss)?;
            entry.stat.gradient_norm = scalar(entry.gradient_norm)?;
            if let Some(state) = entry.loss_scale {
                entry.stat.loss_scale = Some(scalar(state.scale)?);
                entry.stat.skipped_steps = Some(scalar(state.skipped)? as u64);
            }
            // A step of f16 whose gradients overflowed was skipped and its scale halved; one whose scale
            // cannot fall further was not saved by it.
            let skipped = entry.stat.loss.is_finite() && entry.stat.loss_scale.is_some_and(|scale| scale > 1.0);
            let finite = entry.stat.loss.is_finite() && entry.stat.gradient_norm.is_finite();
            if !skipped && !finite {
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
            records.statistics.write(&entry.stat)?;
            self.chart(&entry.stat, &mut records.board)?;
            last = entry.stat;
        }
        Ok(last)
    }

    /// Writes a step's numbers for TensorBoard.
    fn chart(&self, stat: &Stat, board: &mut TensorBoard) -> Result<()> {
        let mut scalars = vec![
            ("loss", stat.loss),
            ("gradient_norm", stat.gradient_norm),
            ("learning_rate", stat.learning_rate),
            ("pictures_per_second", self.speed(stat)),
        ];
        scalars.extend(stat.validation_loss.map(|loss| ("validation_loss", loss)));
        scalars.extend(stat.loss_scale.map(|scale| ("loss_scale", scale)));
        board.scalars(stat.step, &scalars)
    }

    fn save(&self, records: &mut Records, validation_loss: Option<f64>) -> Result<()> {
        // Statistics first: a checkpoint must never be ahead of its record.
        records.statistics.flush()?;
        records.board.flush()?;
        self.directory.save(&self.trainer, &self.settings, &self.data, validation_loss)
    }
}
