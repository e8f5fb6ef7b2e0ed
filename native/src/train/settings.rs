//! All settings of a run, resolved and checked: what `config.toml` of a run directory holds.

use anyhow::{Context, Result, bail};
use infill::{config::ModelConfig, train::TrainConfig};
use serde::{Deserialize, Serialize};

use crate::exit::usage;

/// Everything that decides how a run goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSettings {
    /// The model.
    pub model: ModelConfig,
    /// Training.
    #[serde(default)]
    pub train: TrainConfig,
    /// The run around it.
    #[serde(default)]
    pub run: RunSettings,
}

/// Settings that do not change what is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSettings {
    /// Folders, shards and patterns.
    pub data: Vec<String>,
    /// Patterns of names, such as `pictures/drafts/*`: what they match is not trained on.
    pub exclude: Vec<String>,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Minutes between checkpoints, beside those by step; 0 writes none by time.
    pub checkpoint_minutes: f64,
    /// How many checkpoints stay, beside the best.
    pub keep_checkpoints: usize,
    /// Folders, shards and patterns of pictures that are not trained on: the loss on them chooses the best
    /// checkpoint, and sample grids show them.
    pub validation: Vec<String>,
    /// How many of them the loss is computed on.
    pub validation_pictures: usize,
    /// Steps between sample grids, one of which is drawn at the end too; 0 draws none.
    pub sample_every: u64,
    /// Threads that decode pictures.
    pub threads: usize,
    /// Pictures seen by the model that training began from.
    pub pictures_seen_before: u64,
}

impl Default for RunSettings {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            data: Vec::new(),
            exclude: Vec::new(),
            checkpoint_every: 500,
            checkpoint_minutes: 10.0,
            keep_checkpoints: 3,
            validation: Vec::new(),
            validation_pictures: 64,
            sample_every: 1000,
            threads: threads.min(8),
            pictures_seen_before: 0,
        }
    }
}

impl TrainingSettings {
    /// With assignments such as `train.low_discrepancy=false`.
    ///
    /// # Errors
    /// One that is no assignment, of a setting that does not exist, or of a value that it cannot have.
    pub fn with(self, assignments: &[String]) -> Result<Self> {
        if assignments.is_empty() {
            return Ok(self);
        }
        let mut table = toml::Table::try_from(&self).context("the settings cannot be written down")?;
        for assignment in assignments {
            let (key, value) = assignment
                .split_once('=')
                .with_context(|| format!("`{assignment}` is not KEY=VALUE, such as train.low_discrepancy=false"))
                .map_err(usage)?;
            // What is no TOML by itself is a word: velocity needs no quotation marks.
            let value = toml::from_str::<toml::Table>(&format!("value = {value}"))
                .ok()
                .and_then(|mut parsed| parsed.remove("value"))
                .unwrap_or_else(|| toml::Value::String(value.to_owned()));
            set(&mut table, key, value).with_context(|| format!("no setting is called `{key}`")).map_err(usage)?;
        }
        let place = || format!("the settings with {} cannot be used", assignments.join(" "));
        table.try_into().with_context(place).map_err(usage)
    }

    /// Checks everything.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(&self) -> Result<()> {
        self.model.validate().map_err(usage)?;
        self.train.validate_for(&self.model).map_err(usage)?;
        if self.run.data.is_empty() {
            bail!(usage("no training pictures were named; give --data with a folder, a tar shard or a pattern"));
        }
        let RunSettings { checkpoint_every, checkpoint_minutes, keep_checkpoints, validation_pictures, threads, .. } = self.run;
        let counts = [
            ("checkpoint_every", checkpoint_every == 0),
            ("keep_checkpoints", keep_checkpoints == 0),
            ("validation_pictures", validation_pictures == 0),
            ("threads", threads == 0),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, none)| *none) {
            bail!(usage(format!("{name} is 0; choose 1 or more")));
        }
        if !(checkpoint_minutes.is_finite() && checkpoint_minutes >= 0.0) {
            bail!(usage(format!("checkpoint_minutes is {checkpoint_minutes}; choose 0 or more")));
        }
        Ok(())
    }
}

/// Puts a value to its place; `None` when a part of the way there is no table.
fn set(table: &mut toml::Table, key: &str, value: toml::Value) -> Option<()> {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
            Some(())
        }
        Some((first, rest)) => set(table.get_mut(first)?.as_table_mut()?, rest, value),
    }
}
