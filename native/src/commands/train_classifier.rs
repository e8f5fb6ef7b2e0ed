//! `infill train-classifier` on the command line.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, builder::RangedU64ValueParser};

use super::device_arguments::DeviceArguments;
use crate::{
    evaluate::classifier::{self, ClassifierPlan, Schedule},
    exit::usage,
    files::check_output,
};

/// Train a small classifier. `infill evaluate --features` compares pictures by its features.
#[derive(Debug, Args)]
pub struct TrainClassifierArguments {
    /// Pictures with classes: tar shards, a pattern such as 'data/*-train-*.tar', or a folder with a subfolder for each class.
    /// May be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Pictures that are not trained on, given as for --data. How many of them the classifier gets right is printed at the end
    /// and kept in the file.
    #[arg(long, value_name = "SOURCE")]
    pub validation: Vec<String>,
    /// File that the classifier is written to.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub force: bool,
    /// How often every picture is seen.
    #[arg(long, default_value_t = 12, value_parser = RangedU64ValueParser::<usize>::new().range(..=1_000_000))]
    pub epochs: usize,
    /// Pictures in each step.
    #[arg(long, default_value_t = 64)]
    pub batch: usize,
    /// The highest learning rate.
    #[arg(long, default_value_t = 2e-3)]
    pub learning_rate: f64,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Runs the command.
///
/// # Errors
/// Settings or pictures that cannot be used, a training that fails or is stopped, a file that cannot be written.
pub fn run(arguments: &TrainClassifierArguments) -> anyhow::Result<()> {
    classifier::train(&arguments.resolve()?)
}

impl TrainClassifierArguments {
    fn resolve(&self) -> anyhow::Result<ClassifierPlan> {
        let Self { epochs, batch, learning_rate, seed, .. } = *self;
        if epochs == 0 || batch == 0 || !(learning_rate > 0.0 && learning_rate < 1.0) {
            bail!(usage(format!(
                "epochs is {epochs}, batch is {batch}, learning rate is {learning_rate}; the first two must be 1 or more, the rate between 0 and 1"
            )));
        }
        check_output(&self.output, self.force, "--output")?;
        Ok(ClassifierPlan {
            data: self.data.clone(),
            validation: self.validation.clone(),
            output: self.output.clone(),
            schedule: Schedule { epochs, batch, learning_rate, seed },
            device: self.device.device,
        })
    }
}
