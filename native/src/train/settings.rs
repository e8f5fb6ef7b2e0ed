//! All settings of a run: from the file, then from the command line, then checked. What is resolved
//! is written into the run directory, and a resumed run takes it from there.

use std::path::Path;

use anyhow::{Context, Result, bail};
use infill::{config::ModelConfig, model_file::ModelFile, train::TrainConfig};
use serde::{Deserialize, Serialize};

use super::run_directory::RunDirectory;
use crate::{
    commands::train::{Choices, Objective, TrainArguments},
    exit::input,
};

/// Everything that decides how a run goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
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
    /// Steps between sample grids; 0 draws none.
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
            checkpoint_every: 500,
            checkpoint_minutes: 0.0,
            keep_checkpoints: 3,
            validation: Vec::new(),
            validation_pictures: 64,
            sample_every: 1000,
            threads: threads.min(8),
            pictures_seen_before: 0,
        }
    }
}

/// Where settings come from that nobody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// What was found to work best for small nets and short runs.
    Own,
    /// Palette's.
    Paper,
}

impl Recipe {
    fn train(self) -> TrainConfig {
        match self {
            Self::Own => TrainConfig::default(),
            Self::Paper => TrainConfig::paper(),
        }
    }

    fn model(self, model: ModelConfig) -> ModelConfig {
        match self {
            Self::Own => model,
            Self::Paper => model.with_paper_recipe(),
        }
    }
}

/// A settings file: every part may be left out.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Partial {
    preset: Option<String>,
    recipe: Option<Recipe>,
    objective: Option<Objective>,
    model: Option<ModelConfig>,
    #[serde(default)]
    train: toml::Table,
    #[serde(default)]
    run: RunSettings,
}

impl Settings {
    /// Puts them together.
    ///
    /// # Errors
    /// An unknown key, a value that cannot be used, or no data.
    pub fn resolve(arguments: &TrainArguments, directory: &RunDirectory) -> Result<Self> {
        let mut settings = if arguments.resume {
            Self::read(&directory.config_path())?.with_choices(&arguments.choices)?
        } else {
            Self::fresh(&arguments.choices, arguments.init.as_deref())?
        };
        if !arguments.data.is_empty() {
            settings.run.data.clone_from(&arguments.data);
        }
        let set = |target: &mut u64, value: Option<u64>| *target = value.unwrap_or(*target);
        set(&mut settings.train.total_steps, arguments.steps);
        set(&mut settings.train.seed, arguments.seed);
        set(&mut settings.run.checkpoint_every, arguments.checkpoint_every);
        set(&mut settings.run.sample_every, arguments.sample_every);
        settings.train.batch = arguments.batch.unwrap_or(settings.train.batch);
        settings.train.learning_rate = arguments.learning_rate.unwrap_or(settings.train.learning_rate);
        settings.run.checkpoint_minutes = arguments.checkpoint_minutes.unwrap_or(settings.run.checkpoint_minutes);
        settings.run.keep_checkpoints = arguments.keep_checkpoints.unwrap_or(settings.run.keep_checkpoints);
        if !arguments.validation.is_empty() {
            settings.run.validation.clone_from(&arguments.validation);
        }
        settings.run.threads = arguments.threads.unwrap_or(settings.run.threads);
        settings.check()?;
        Ok(settings)
    }

    /// What a new run has, before the length of it is said.
    ///
    /// # Errors
    /// An unknown key or preset, a file that cannot be read.
    pub fn fresh(choices: &Choices, init: Option<&Path>) -> Result<Self> {
        let partial: Partial = match &choices.config {
            Some(path) => parse(path)?,
            None => Partial::default(),
        };
        let preset = choices.preset.clone().or(partial.preset);
        let recipe = choices.recipe.or(partial.recipe).unwrap_or(Recipe::Own);
        let initial = init.map(|path| {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
            ModelFile::parse(&bytes).with_context(|| format!("cannot start from {}", path.display())).map_err(input)
        });
        let initial = initial.transpose()?;
        let seen = initial.as_ref().map_or(0, |file| file.training.pictures_seen);
        let model = match (preset, partial.model, initial) {
            (Some(name), _, _) => recipe.model(ModelConfig::preset(&name).map_err(input)?),
            (None, Some(model), _) => model,
            (None, None, Some(initial)) => initial.config,
            (None, None, None) => recipe.model(ModelConfig::preset("nature")?),
        };
        let model = match choices.objective.or(partial.objective) {
            Some(Objective::Regression) => model.with_regression(),
            Some(Objective::Diffusion) | None => model,
        };
        // What the file does not say is the recipe's.
        let mut train = toml::Table::try_from(recipe.train()).context("the recipe cannot be written down")?;
        train.extend(partial.train);
        let place = choices.config.as_ref().map_or_else(String::new, |path| format!(" of {}", path.display()));
        let train = train.try_into().with_context(|| format!("the settings under [train]{place} cannot be used")).map_err(input)?;
        Self { model, train, run: RunSettings { pictures_seen_before: seen, ..partial.run } }.with_choices(choices)
    }

    /// With what the command line says of single settings.
    fn with_choices(mut self, choices: &Choices) -> Result<Self> {
        self.train.loss_power = choices.loss_power.unwrap_or(self.train.loss_power);
        self.train.precision = choices.precision.unwrap_or(self.train.precision);
        self.train.progressive = choices.progressive.or(self.train.progressive);
        self.with(&choices.set)
    }

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
                .map_err(input)?;
            // What is no TOML by itself is a word: velocity needs no quotation marks.
            let value = toml::from_str::<toml::Table>(&format!("value = {value}"))
                .ok()
                .and_then(|mut parsed| parsed.remove("value"))
                .unwrap_or_else(|| toml::Value::String(value.to_owned()));
            set(&mut table, key, value).with_context(|| format!("no setting is called `{key}`")).map_err(input)?;
        }
        let place = || format!("the settings with {} cannot be used", assignments.join(" "));
        table.try_into().with_context(place).map_err(input)
    }

    fn read(path: &Path) -> Result<Self> {
        parse(path)
    }

    /// Checks everything.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(&self) -> Result<()> {
        self.model.validate().map_err(input)?;
        self.train.validate_for(&self.model).map_err(input)?;
        if self.run.data.is_empty() {
            bail!(input("no training pictures were named; give --data with a folder, a tar shard or a pattern"));
        }
        let RunSettings { checkpoint_every, checkpoint_minutes, keep_checkpoints, validation_pictures, threads, .. } = self.run;
        if checkpoint_every == 0 || threads == 0 || keep_checkpoints == 0 || validation_pictures == 0 {
            bail!(input("checkpoint_every, keep_checkpoints, validation_pictures and threads must be 1 or more"));
        }
        if !(checkpoint_minutes.is_finite() && checkpoint_minutes >= 0.0) {
            bail!(input(format!("checkpoint_minutes is {checkpoint_minutes}; choose 0 or more")));
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

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the settings {}", path.display())).map_err(input)?;
    toml::from_str(&text).with_context(|| format!("the settings in {} cannot be used", path.display())).map_err(input)
}
