//! The run directory: `config.toml`, `stats.jsonl`, `tensorboard/`, `checkpoints/`, `samples/`, `model.infill`,
//! and with validation pictures `checkpoints/best.safetensors` and `best.infill`.
//! It is the record of a run and enough to go on with it.

use std::{
    cell::{OnceCell, RefCell},
    fs::{self, File, TryLockError},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use infill::{
    model_file::{Encoding, ModelFile, TrainingRecord},
    train::Trainer,
    unet::parameters,
};
use serde::{Deserialize, Serialize};

use super::{
    averages,
    checkpoint::{self, Seen},
    settings::TrainingSettings,
    settings_file,
};
use crate::{
    exit::{input, usage},
    files,
    pictures::{self, Dataset},
};

/// One line of `stats.jsonl`. All but the times are the same in every run with the same settings; which lines
/// have a validation loss hangs on the clock where checkpoints are written by time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stat {
    /// Steps made.
    pub step: u64,
    /// Pictures seen by this run.
    pub pictures_seen: u64,
    /// Weighted loss of the step's batch.
    pub loss: f64,
    /// Global norm of the gradients before clipping.
    pub gradient_norm: f64,
    /// Learning rate used.
    pub learning_rate: f64,
    /// Seconds of training, in all processes that the run went on in.
    pub seconds: f64,
    /// Seconds of those in which the device waited for pictures.
    pub waited_for_data: f64,
    /// Loss of the averaged model on the validation pictures, at a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// With f16: the factor of the next step's loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_scale: Option<f64>,
    /// With f16: steps so far whose gradients overflowed, and which changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_steps: Option<u64>,
}

/// The directory of one run.
pub struct RunDirectory {
    root: PathBuf,
    lock: OnceCell<File>,
    /// Sources of pictures as they were found, and as the run's settings have them.
    found: RefCell<Vec<(String, String)>>,
}

impl RunDirectory {
    /// Makes the directory, or finds it when a run is resumed.
    ///
    /// # Errors
    /// A run is there already, or none is.
    pub fn open(root: &Path, resume: bool) -> Result<Self> {
        let directory = Self { root: root.to_owned(), lock: OnceCell::new(), found: RefCell::default() };
        let exists = directory.config_path().exists();
        if resume && !exists {
            bail!(input(format!("{} holds no run to resume; leave out --resume to begin one", root.display())));
        }
        if !resume && exists {
            bail!(input(format!("{} already holds a run; give --resume to go on with it, or another --run", root.display())));
        }
        Ok(directory)
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the settings are.
    pub fn config_path(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// Where the averaged model is.
    pub fn model_path(&self) -> PathBuf {
        self.root.join("model.infill")
    }

    /// Where a sample grid goes.
    pub fn sample_path(&self, step: u64) -> PathBuf {
        self.root.join("samples").join(format!("step-{step:08}.png"))
    }

    /// Where TensorBoard's event files are.
    pub fn board_path(&self) -> PathBuf {
        self.root.join("tensorboard")
    }

    /// Writes down a new run's settings.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn begin(&self, settings: &TrainingSettings) -> Result<()> {
        for folder in ["checkpoints", "samples"] {
            let path = self.root.join(folder);
            fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display())).map_err(input)?;
        }
        self.lock()?;
        if self.config_path().exists() {
            bail!(input(format!("{} holds the run of another process by now; choose another --run", self.root.display())));
        }
        self.write_settings(settings)
    }

    /// Keeps other processes from this run as long as this one lives, and tidies up behind one that was killed.
    fn lock(&self) -> Result<()> {
        let path = self.root.join(".lock");
        let options = File::options().create(true).truncate(false).write(true).clone();
        let mut file = options.open(&path).with_context(|| format!("cannot write {}", path.display())).map_err(input)?;
        match file.try_lock() {
            // Whether it can say who it is does not matter to the run.
            Ok(()) => drop(file.set_len(0).and_then(|()| write!(file, "{}", this_process()))),
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                let holder = if holder.is_empty() { String::new() } else { format!(" ({holder})") };
                bail!(input(format!("another process{holder} trains in {}; wait for it, or choose another --run", self.root.display())))
            }
            Err(TryLockError::Error(error)) => tracing::warn!("{} cannot be kept from other processes: {error}", self.root.display()),
        }
        for folder in ["", "checkpoints", "samples", averages::FOLDER] {
            files::remove_unfinished(&self.root.join(folder));
        }
        let _ = self.lock.set(file);
        Ok(())
    }

    fn write_settings(&self, settings: &TrainingSettings) -> Result<()> {
        files::write_atomically(&self.config_path(), toml::to_string_pretty(&self.written(settings))?.as_bytes())
    }

    /// Settings as they are written down: with sources of pictures relative to the run.
    fn written(&self, settings: &TrainingSettings) -> TrainingSettings {
        let mut settings = settings.clone();
        for source in settings.run.data.iter_mut().chain(&mut settings.run.validation) {
            let known = self.found.borrow().iter().find(|(found, _)| found == source).map(|(_, written)| written.clone());
            *source = known.unwrap_or_else(|| pictures::to_run(source, &self.root));
        }
        settings
    }

    /// The settings of a run that is resumed, with its pictures as they are found from here.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds something else.
    pub fn settings(&self) -> Result<TrainingSettings> {
        // Nobody said these now: what is wrong with them is the file's.
        let mut settings: TrainingSettings = settings_file::read(&self.config_path()).map_err(input)?;
        for source in settings.run.data.iter_mut().chain(&mut settings.run.validation) {
            let found = pictures::from_run(source, &self.root);
            self.found.borrow_mut().push((found.clone(), std::mem::replace(source, found)));
        }
        Ok(settings)
    }

    /// Goes back to the newest checkpoint that can be used, naming those that cannot, and says how many pictures were seen
    /// until then.
    ///
    /// # Errors
    /// When there are checkpoints and none of them can be used, or more steps were made than there are to be.
    pub fn resume(&self, trainer: &mut Trainer, settings: &TrainingSettings, data: &Dataset) -> Result<u64> {
        self.lock()?;
        let mut refused = Vec::new();
        for path in self.checkpoints()?.into_iter().rev() {
            match checkpoint::read(&path, trainer) {
                Ok(seen) => {
                    let (step, total) = (trainer.step_count(), settings.train.total_steps);
                    if step > total {
                        bail!(usage(format!("{step} steps are done already, and there are to be {total}; choose --steps {step} or more")));
                    }
                    tracing::info!("going on after step {} from {}", trainer.step_count(), path.display());
                    if let Some(difference) = seen.data.and_then(|before| data.describe().difference(&before)) {
                        tracing::warn!(
                            "the pictures are not those of the checkpoint: {difference}; from here on the run sees others, and in \
                             another order, than without the interruption"
                        );
                    }
                    averages::forget_after(&self.root, step)?;
                    self.write_settings(settings)?;
                    return Ok(seen.pictures);
                }
                Err(error) => {
                    tracing::warn!("{} is passed over: {error:#}", path.display());
                    refused.push(path.display().to_string());
                }
            }
        }
        if refused.is_empty() {
            // A model is written with every checkpoint, and after the first there is always one.
            if self.model_path().exists() {
                bail!(input(format!("the checkpoints of {} are gone; begin anew in another --run", self.root.display())));
            }
            tracing::warn!("no checkpoint was written yet; beginning at step 0");
            averages::forget_after(&self.root, 0)?;
            self.write_settings(settings)?;
            return Ok(0);
        }
        bail!(input(format!("none of the checkpoints can be used ({}); begin anew in another --run", refused.join(", "))))
    }

    /// The best checkpoint by validation loss.
    fn best_path(&self) -> PathBuf {
        self.root.join("checkpoints/best.safetensors")
    }

    /// The run's own that are there: the best, if there is one, and then by step. A copy under another name is somebody else's.
    fn checkpoints(&self) -> Result<Vec<PathBuf>> {
        let folder = self.root.join("checkpoints");
        let mut found: Vec<PathBuf> = fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
            .filter(|path| *path == self.best_path() || path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"step-")))
            .collect();
        found.sort();
        Ok(found)
    }

    /// The newest checkpoint, usable or not.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn newest_checkpoint(&self) -> Result<Option<PathBuf>> {
        Ok(self.checkpoints()?.pop())
    }

    /// Writes a checkpoint and the averaged model, keeps them as the best if their validation loss is the
    /// least, and drops checkpoints beyond those to be kept.
    ///
    /// # Errors
    /// When something cannot be written; earlier checkpoints are untouched then.
    pub fn save(
        &self,
        trainer: &Trainer,
        settings: &TrainingSettings,
        data: &Dataset,
        pictures: u64,
        validation_loss: Option<f64>,
    ) -> Result<()> {
        let step = trainer.step_count();
        let path = self.root.join("checkpoints").join(format!("step-{step:08}.safetensors"));
        let described = data.describe();
        let seen = Seen { data: Some(described.clone()), pictures };
        checkpoint::write(&path, trainer, &self.written(settings), seen, validation_loss)
            .with_context(|| format!("cannot save {}", path.display()))?;
        let average = trainer.average();
        let record = TrainingRecord {
            steps: step,
            pictures_seen: settings.run.pictures_seen_before + pictures,
            seed: settings.train.seed,
            settings: serde_json::to_value(&settings.train)?,
            data: serde_json::to_value(described)?,
        };
        let weights = checkpoint::read_weights(parameters::list(&average.unet))?;
        let bytes = ModelFile::encode(&average.config, &record, &weights, Encoding::F32)?;
        files::write_atomically(&self.model_path(), &bytes)?;
        averages::save(&self.root, trainer, &record)?;
        if validation_loss.is_some_and(|loss| self.is_best(loss)) {
            files::write_atomically(&self.root.join("best.infill"), &bytes)?;
            files::copy_atomically(&path, &self.best_path())?;
        }
        let mut all = self.checkpoints()?;
        all.retain(|path| *path != self.best_path());
        for old in all.iter().rev().skip(settings.run.keep_checkpoints) {
            fs::remove_file(old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
        Ok(())
    }

    /// Whether a loss is less than that of the best checkpoint so far, or there is none that can be read.
    fn is_best(&self, loss: f64) -> bool {
        match checkpoint::validation_loss(&self.best_path()) {
            Ok(Some(best)) => loss < best,
            Ok(None) => true,
            Err(error) => {
                if self.best_path().exists() {
                    tracing::warn!("{} is replaced: {error:#}", self.best_path().display());
                }
                true
            }
        }
    }

    /// What every step that was recorded gave; lines that cannot be read are left out, as the last one while it is written.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn stats(&self) -> Result<Vec<Stat>> {
        let path = self.root.join("stats.jsonl");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Opens `stats.jsonl` for going on after `step`: later lines, of steps that were lost, are cut.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn statistics(&self, step: u64) -> Result<Statistics> {
        let path = self.root.join("stats.jsonl");
        let text = if path.exists() {
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?
        } else {
            String::new()
        };
        let (mut kept, mut last) = (String::new(), Stat::default());
        for line in text.lines() {
            if let Some(stat) = serde_json::from_str::<Stat>(line).ok().filter(|stat| stat.step <= step) {
                kept += &format!("{line}\n");
                last = stat;
            }
        }
        files::write_atomically(&path, kept.as_bytes())?;
        let file = fs::OpenOptions::new().append(true).open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Statistics { writer: BufWriter::new(file), path, last })
    }
}

/// Which process this is, for whoever meets its lock.
fn this_process() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("number {}{}", std::process::id(), if host.is_empty() { String::new() } else { format!(" on {host}") })
}

/// The open `stats.jsonl`.
pub struct Statistics {
    writer: BufWriter<File>,
    path: PathBuf,
    /// The last line that was there.
    pub last: Stat,
}

impl Statistics {
    /// Adds a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, stat: &Stat) -> Result<()> {
        let line = serde_json::to_string(stat)?;
        writeln!(self.writer, "{line}").with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Brings every line to the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.writer.flush().with_context(|| format!("cannot write {}", self.path.display()))
    }
}
