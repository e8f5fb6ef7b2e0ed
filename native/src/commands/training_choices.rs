//! The options that say what is trained and how, which `train`, `ablate` and `bench train` share.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use infill::{
    config::{ModelConfig, Prediction},
    model_file::ModelFile,
    train::{Precision, Progressive},
};

use crate::{
    exit::usage,
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
pub struct UnknownPrecision(String);

/// A precision by its name.
///
/// # Errors
/// Another name.
pub fn precision(text: &str) -> Result<Precision, UnknownPrecision> {
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
        let file = self.file()?;
        let recipe = self.recipe.or(file.recipe).unwrap_or(Recipe::Own);
        let model = self.model(&file, recipe, initial)?;
        if let Some(initial) = initial.filter(|_| self.preset.is_none() && file.preset.is_none()) {
            self.check_initial(&file, recipe, &initial.config)?;
        }
        let train = settings_file::merged(&recipe.train(), &file.train, &self.part("train"))?;
        let run = settings_file::merged(&RunSettings::default(), &file.run, &self.part("run"))?;
        let pictures_seen_before = initial.map_or(0, |file| file.training.pictures_seen);
        self.change(TrainingSettings { model, train, run: RunSettings { pictures_seen_before, ..run } })
    }

    /// The settings of a run that goes on, with what the options and the file say. A model that they describe takes the place of
    /// the run's, so that whoever compares both sees in what it is another.
    ///
    /// # Errors
    /// As for a new run.
    pub fn resumed(&self, settings: TrainingSettings) -> Result<TrainingSettings> {
        let file = self.file()?;
        let recipe = self.recipe.or(file.recipe);
        let objective = self.objective.or(file.objective);
        let says_model = self.preset.is_some() || file.preset.is_some() || recipe.is_some() || objective.is_some();
        let model = match says_model {
            true => self.model(&file, recipe.unwrap_or(Recipe::Own), None)?,
            false => settings_file::merged(&settings.model, &file.model, &self.part("model"))?,
        };
        let train = settings_file::merged(&settings.train, &file.train, &self.part("train"))?;
        let run = settings_file::merged(&settings.run, &file.run, &self.part("run"))?;
        self.change(TrainingSettings { model, train, run })
    }

    /// Refuses what a model to start from cannot be made to be.
    fn check_initial(&self, file: &SettingsFile, recipe: Recipe, initial: &ModelConfig) -> Result<()> {
        if recipe == Recipe::Paper && recipe.model(initial.clone()) != *initial {
            bail!(usage("--recipe paper is for nets that predict ε, as the model of --init does not; leave out one of them"));
        }
        if self.objective.or(file.objective) == Some(Objective::Diffusion) && initial.prediction == Prediction::Regression {
            bail!(usage("--objective diffusion, and the model of --init is a regression; leave out one of them"));
        }
        Ok(())
    }

    fn file(&self) -> Result<SettingsFile> {
        self.config.as_ref().map_or_else(|| Ok(SettingsFile::default()), |path| SettingsFile::read(path))
    }

    /// What the options and the file say of the model. A preset of the command line stands for itself.
    fn model(&self, file: &SettingsFile, recipe: Recipe, initial: Option<&ModelFile>) -> Result<ModelConfig> {
        let preset = |name: &str| ModelConfig::preset(name).map(|model| recipe.model(model)).map_err(usage);
        let model = match (&self.preset, &file.preset, initial) {
            (Some(name), _, _) => preset(name)?,
            (None, Some(name), _) => settings_file::merged(&preset(name)?, &file.model, &self.part("model"))?,
            (None, None, Some(initial)) => settings_file::merged(&initial.config, &file.model, &self.part("model"))?,
            (None, None, None) => settings_file::merged(&preset("nature")?, &file.model, &self.part("model"))?,
        };
        Ok(match self.objective.or(file.objective) {
            Some(Objective::Regression) => model.with_regression(),
            Some(Objective::Diffusion) | None => model,
        })
    }

    /// Where a part of the settings was said, for messages.
    fn part(&self, name: &str) -> String {
        self.config.as_ref().map_or_else(|| format!("[{name}]"), |path| format!("[{name}] of {}", path.display()))
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
