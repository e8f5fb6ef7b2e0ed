//! `infill ablate` on the command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, builder::RangedU64ValueParser};

use super::{device_arguments::DeviceArguments, training_choices::TrainingChoices};
use crate::{
    evaluate::ablation::{self, AblationPlan, Family},
    exit::usage,
    train::TrainingSettings,
};

/// Train variants of the recipe on a small budget and compare them.
#[derive(Debug, Args)]
pub struct AblateArguments {
    /// Pictures to train on: a folder, a tar shard, or a pattern. May be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Pictures to measure on, never those of --data.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub validation: Vec<String>,
    /// Folder for ablation.md and ablation.json.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Train only the variants of these names. May be given again.
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    /// Train the paper's nets instead: global and local self-attention, none, more residual blocks and dilated convolutions in its place, each
    /// for the time that the first takes for its steps.
    #[arg(long)]
    pub paper: bool,
    /// Train nets of other patches, blocks and attention instead, with another optimizer, prediction or size of pictures, each for the time that
    /// the first takes for its steps.
    #[arg(long, conflicts_with = "paper")]
    pub design: bool,
    /// Steps of each variant, or of the first one; whatever --config says.
    #[arg(long, default_value_t = 300)]
    pub steps: u64,
    /// Pictures in each step.
    #[arg(long)]
    pub batch: Option<usize>,
    /// How many of the validation pictures are measured on, whatever --config says.
    #[arg(long, default_value_t = 32, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub pictures: usize,
    #[command(flatten)]
    pub device: DeviceArguments,
    #[command(flatten)]
    pub choices: TrainingChoices,
    /// Side of the pictures in pixels, instead of the preset's.
    #[arg(long)]
    pub size: Option<usize>,
    /// Learning rate after the warm-up, which takes a tenth of the steps.
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Seed of everything random, whatever --config says.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// Settings that options of this command say, and what to do instead of setting them.
const OWN: [(&str, &str); 6] = [
    ("run.data", "give --data"),
    ("run.validation", "give --validation"),
    ("run.validation_pictures", "give --pictures"),
    ("train.seed", "give --seed"),
    ("train.total_steps", "give --steps"),
    ("train.warm_up_steps", "it is a tenth of --steps"),
];

/// Runs the command.
///
/// # Errors
/// Settings, pictures or a folder that cannot be used; an unknown variant; cancelled.
pub fn run(arguments: &AblateArguments) -> Result<()> {
    let AblateArguments { variant, output, device, paper, design, .. } = arguments;
    let family = match (paper, design) {
        (true, _) => Family::Paper,
        (_, true) => Family::Design,
        _ => Family::Recipe,
    };
    ablation::run(&AblationPlan::new(arguments.settings()?, family, variant, output.clone(), device.device)?)
}

impl AblateArguments {
    /// The settings that variants change.
    fn settings(&self) -> Result<TrainingSettings> {
        for assignment in &self.choices.set {
            let key = assignment.split('=').next().unwrap_or_default().trim();
            if let Some((_, option)) = OWN.into_iter().find(|(own, _)| *own == key) {
                bail!(usage(format!("--set {key} does nothing here: {option}")));
            }
        }
        let mut settings = self.choices.settings(None)?;
        settings.model.size = self.size.unwrap_or(settings.model.size);
        settings.run.data.clone_from(&self.data);
        settings.run.validation.clone_from(&self.validation);
        settings.run.validation_pictures = self.pictures;
        settings.train.seed = self.seed;
        settings.train.total_steps = self.steps;
        settings.train.warm_up_steps = self.steps / 10;
        settings.train.batch = self.batch.unwrap_or(settings.train.batch);
        settings.train.learning_rate = self.learning_rate.unwrap_or(settings.train.learning_rate);
        settings.check()?;
        Ok(settings)
    }
}
