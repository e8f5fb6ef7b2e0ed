//! The options that say what is trained and how, which `train`, `ablate` and `bench train` share.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use infill::{
    config::ModelConfig,
    model_file::ModelFile,
    train::{Precision, Progressive},
};

use crate::{
    exit::input,
    train::{Objective, Recipe, RunSettings, SettingsFile, TrainingSettings, settings_file},
};

/// What is trained and how, but for the length of it.
#[derive(Clone, Debug, Default, Args)]
pub struct TrainingChoices {
    /// Settings file in TOML with [model], [train] and [run]. Options on the command line override it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Model to build: nature (the default, 64 pixels), browser (128), paper (256) or tiny (16, for tests).
    #[arg(long)]
    pub preset: Option<String>,
    /// How it is trained: own (the default), or paper for Palette's recipe on the preset's net: it predicts ε, shows noise in
    /// holes and the noise level itself, has no patches, and uses Palette's schedule, learning rate, loss and average.
    #[arg(long)]
    pub recipe: Option<Recipe>,
    /// What the net learns: diffusion (the default), or the paper's regression baseline, which answers in one pass.
    #[arg(long)]
    pub objective: Option<Objective>,
    /// 1 for the mean of absolute errors, 2 (the default) for the mean of squared errors.
    #[arg(long, value_name = "POWER")]
    pub loss_power: Option<u8>,
    /// Train the first share of the steps on smaller pictures: SIZE:SHARE, such as 64:0.7.
    #[arg(long, value_name = "SIZE:SHARE")]
    pub progressive: Option<Progressive>,
    /// Precision of forward and backward: f32 (the default), f16 or bf16. Weights and optimizer stay in f32.
    #[arg(long, value_parser = precision)]
    pub precision: Option<Precision>,
    /// Any other setting by its name in the run's config.toml, such as train.low_discrepancy=false or
    /// model.prediction=velocity. May be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// A text that names no precision.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of f32, f16, bf16")]
struct UnknownPrecision(String);

fn precision(text: &str) -> Result<Precision, UnknownPrecision> {
    match text {
        "f32" => Ok(Precision::F32),
        "f16" => Ok(Precision::F16),
        "bf16" => Ok(Precision::Bf16),
        _ => Err(UnknownPrecision(text.to_owned())),
    }
}

impl TrainingChoices {
    /// The settings of a new run, before its data and its length are said; `initial` is the model that it starts from.
    ///
    /// # Errors
    /// An unknown key or preset, a file that cannot be read.
    pub fn settings(&self, initial: Option<&ModelFile>) -> Result<TrainingSettings> {
        let file: SettingsFile = match &self.config {
            Some(path) => settings_file::read(path)?,
            None => SettingsFile::default(),
        };
        let preset = self.preset.clone().or(file.preset);
        let recipe = self.recipe.or(file.recipe).unwrap_or(Recipe::Own);
        let model = match (preset, file.model, initial) {
            (Some(name), _, _) => recipe.model(ModelConfig::preset(&name).map_err(input)?),
            (None, Some(model), _) => model,
            (None, None, Some(initial)) => initial.config.clone(),
            (None, None, None) => recipe.model(ModelConfig::preset("nature")?),
        };
        let model = match self.objective.or(file.objective) {
            Some(Objective::Regression) => model.with_regression(),
            Some(Objective::Diffusion) | None => model,
        };
        // What the file does not say is the recipe's.
        let mut train = toml::Table::try_from(recipe.train()).context("the recipe cannot be written down")?;
        train.extend(file.train);
        let place = self.config.as_ref().map_or_else(String::new, |path| format!(" of {}", path.display()));
        let train = train.try_into().with_context(|| format!("the settings under [train]{place} cannot be used")).map_err(input)?;
        let pictures_seen_before = initial.map_or(0, |file| file.training.pictures_seen);
        self.change(TrainingSettings { model, train, run: RunSettings { pictures_seen_before, ..file.run } })
    }

    /// Settings with what the command line says of single ones.
    ///
    /// # Errors
    /// An assignment that cannot be made.
    pub fn change(&self, mut settings: TrainingSettings) -> Result<TrainingSettings> {
        settings.train.loss_power = self.loss_power.unwrap_or(settings.train.loss_power);
        settings.train.precision = self.precision.unwrap_or(settings.train.precision);
        settings.train.progressive = self.progressive.or(settings.train.progressive);
        settings.with(&self.set)
    }
}
