//! A training under way: the loop, what it records, and how it stops.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use infill::train::{LossScale, Trainer};

use super::{
    plan::TrainingPlan,
    prepare::{Prepared, prepare},
    run_directory::{RunDirectory, Stat, Statistics},
    samples,
    settings::TrainingSettings,
    validation::{self, ValidationSet},
};
use crate::{
    device,
    exit::Cancelled,
    files::write_atomically,
    formats::tensorboard::TensorBoard,
    interrupt::Interrupt,
    pictures::{Dataset, Loader},
    progress::StepProgress,
    readback::scalar,
};

/// Trains as planned.
///
/// # Errors
/// Data, files or a checkpoint that cannot be used; a loss that is no longer a number; a stop that was asked for.
pub fn run(plan: TrainingPlan) -> Result<()> {
    let TrainingPlan { directory, resume, settings, changes, initial, devices: chosen, limit } = plan;
    let Prepared { data, validation, mut trainer } = prepare(&settings, initial, &chosen)?;
    let pictures = if resume { directory.resume(&mut trainer, &settings, &data)? } else { directory.begin(&settings).map(|()| 0)? };
    let done = Done { pictures, ..Done::default() };
    if !changes.is_empty() {
        let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
        tracing::info!("other settings than before: {}", changes.join(", "));
    }
    let root = directory.root().to_owned();
    let interrupt = Interrupt::listen()?;
    let training = Training { directory, settings, data, validation, trainer, interrupt, done, started: Instant::now(), limit };
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

/// What a run has done, in all processes that it went on in.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    /// Pictures seen.
    pictures: u64,
    /// Seconds of training.
    seconds: f64,
    /// Seconds of those in which the device waited for pictures.
    waited: f64,
}

/// A training under way.
struct Training {
    directory: RunDirectory,
    settings: TrainingSettings,
    data: Arc<Dataset>,
    validation: Option<ValidationSet>,
    trainer: Trainer,
    interrupt: Interrupt,
    /// What was done before this process.
    done: Done,
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
        self.done = Done { seconds: records.statistics.last.seconds, waited: records.statistics.last.waited_for_data, ..self.done };
        let mut done = self.done;
        let mut saved = (self.trainer.step_count(), Instant::now());
        while self.trainer.step_count() < total && !self.interrupted() {
            let asked = Instant::now();
            let batch = loader.next()?;
            done.waited += asked.elapsed().as_secs_f64();
            let report = self.trainer.step(&batch.examples)?;
            let step = report.step + 1;
            done.pictures += batch.examples.len() as u64;
            done.seconds = self.done.seconds + self.started.elapsed().as_secs_f64();
            pending.push(Pending {
                stat: Stat {
                    step,
                    pictures_seen: done.pictures,
                    learning_rate: report.learning_rate,
                    seconds: done.seconds,
                    waited_for_data: done.waited,
                    ..Stat::default()
                },
                loss: report.loss,
                gradient_norm: report.gradient_norm,
                loss_scale: report.loss_scale,
                names: batch.names,
            });
            let saves = step.is_multiple_of(self.settings.run.checkpoint_every) || step == total || self.is_time_to_save(saved.1);
            let every = self.settings.run.sample_every;
            let samples = every > 0 && (step.is_multiple_of(every) || step == total);
            if let (true, Some(validation), Some(entry)) = (saves, &self.validation, pending.last_mut()) {
                entry.stat.validation_loss = Some(validation.loss(&self.trainer)?);
            }
            if pending.len() >= READ_EVERY || saves || samples {
                let last = self.read(&mut pending, &mut records)?;
                progress.set(step, &self.message(&last));
                validation_loss = last.validation_loss;
            }
            if saves {
                self.save(&mut records, done, validation_loss)?;
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
            self.save(&mut records, done, None)?;
        }
        records.board.flush()?;
        progress.finish();
        if loader.broken() > 0 {
            tracing::warn!("{} broken pictures were passed over", loader.broken());
        }
        let step = self.trainer.step_count();
        if self.interrupt.is_asked() {
            bail!(Cancelled(format!("stopped after step {step}; `--resume` goes on from there")));
        }
        if step < total {
            tracing::info!("the time is up after {step} of {total} steps; `--resume` goes on from there");
        }
        tracing::info!("{step} steps done; the model is {}", self.directory.model_path().display());
        Ok(())
    }

    /// What is said of the last step.
    fn message(&self, last: &Stat) -> String {
        let mut message = format!("loss {:.4}", last.loss);
        if let Some(loss) = last.validation_loss {
            message += &format!(", validation {loss:.4}");
        }
        message += &format!(", {:.1} pictures/s", self.speed(last));
        let waited = 100.0 * (last.waited_for_data - self.done.waited) / self.seconds(last);
        if waited >= 1.0 {
            message += &format!(", {waited:.0} % waiting for pictures");
        }
        if let Some(skipped) = last.skipped_steps.filter(|skipped| *skipped > 0) {
            message += &format!(", {skipped} steps skipped");
        }
        message
    }

    fn interrupted(&self) -> bool {
        let late = self.limit.is_some_and(|limit| self.started.elapsed() > limit);
        late || self.interrupt.is_asked()
    }

    fn is_time_to_save(&self, last: Instant) -> bool {
        let minutes = self.settings.run.checkpoint_minutes;
        minutes > 0.0 && last.elapsed().as_secs_f64() >= minutes * 60.0
    }

    fn speed(&self, last: &Stat) -> f64 {
        last.pictures_seen.saturating_sub(self.done.pictures) as f64 / self.seconds(last)
    }

    /// Seconds that this process has trained.
    fn seconds(&self, last: &Stat) -> f64 {
        (last.seconds - self.done.seconds).max(1e-9)
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
            let Stat { step, loss, gradient_norm, .. } = entry.stat;
            tracing::trace!("step {step}: loss {loss:.4}, gradient norm {gradient_norm:.4}; {}", entry.names.join(", "));
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

    fn save(&self, records: &mut Records, done: Done, validation_loss: Option<f64>) -> Result<()> {
        // Statistics first: a checkpoint must never be ahead of its record.
        records.statistics.flush()?;
        records.board.flush()?;
        self.directory.save(&self.trainer, &self.settings, &self.data, done.pictures, validation_loss)
    }
}
