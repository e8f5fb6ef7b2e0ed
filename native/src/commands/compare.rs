//! `infill compare` on the command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::device_arguments::DeviceArguments;
use crate::{
    evaluate::compare::{self, ComparePlan},
    files,
};

/// Give two models the same noise and say how far apart they are: after porting, quantizing or further training.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The first model file, or a checkpoint of a training.
    pub first: PathBuf,
    /// The second one, of the same size.
    pub second: PathBuf,
    /// Picture whose centre square is asked about.
    #[arg(long)]
    pub picture: PathBuf,
    /// Where the sheet of pictures goes, a PNG: what is given, both results, and their difference enlarged.
    #[arg(long, short)]
    pub output: PathBuf,
    /// Seed of all noise.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Evaluations of the net in a run [default: what the first model advises].
    #[arg(long, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub steps: Option<usize>,
    /// Overwrite an output that is there.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Runs the command.
///
/// # Errors
/// Models of different sizes or without a common task, files that cannot be read or written.
pub fn run(arguments: &CompareArguments) -> Result<()> {
    files::check_output(&arguments.output, arguments.force, "--output")?;
    compare::run(&ComparePlan {
        models: [arguments.first.clone(), arguments.second.clone()],
        picture: arguments.picture.clone(),
        sheet: arguments.output.clone(),
        seed: arguments.seed,
        steps: arguments.steps,
        device: arguments.device.device,
    })
}
