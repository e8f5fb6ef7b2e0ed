//! `infill measure-residual` on the command line.

use anyhow::Result;
use clap::Args;

use crate::evaluate::deviations::{self, DeviationsPlan};

/// Measure how pictures differ from what the net is shown of them, by task, colour and frequency: the deviations that
/// `Prediction::Residual` assumes.
#[derive(Debug, Args)]
pub struct MeasureResidualArguments {
    /// Pictures to measure: a folder, a tar shard, or a pattern such as 'data/*-train-*.tar'. May be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// How many of them are measured for each task.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub pictures: u32,
    /// Side of the pictures in pixels.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(8..=1024))]
    pub size: u32,
    /// Seed of pictures, crops and masks.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// Runs the command.
///
/// # Errors
/// Pictures that cannot be found or read.
pub fn run(arguments: &MeasureResidualArguments) -> Result<()> {
    let MeasureResidualArguments { data, pictures, size, seed } = arguments;
    deviations::run(&DeviationsPlan { data: data.clone(), pictures: *pictures as usize, size: *size as usize, seed: *seed })
}
