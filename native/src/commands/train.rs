//! The command line of `infill train`. What the options mean together is `settings`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use infill::train::{Precision, Progressive};
use serde::Deserialize;

use crate::device::DevicesArguments;
use crate::train::settings::Recipe;

/// Train a model on folders of pictures and tar shards.
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// Folder of pictures, tar shard, or pattern such as 'data/*-train-*.tar'; may be given again.
    #[arg(long, value_name = "SOURCE")]
    pub data: Vec<String>,
    /// Run directory: configuration, statistics, checkpoints, samples and the model.
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    #[command(flatten)]
    pub choices: Choices,
    /// Start from the weights of this model file.
    #[arg(long, value_name = "MODEL")]
    pub init: Option<PathBuf>,
    /// Go on from the newest usable checkpoint of the run directory.
    #[arg(long)]
    pub resume: bool,
    /// Steps in all.
    #[arg(long)]
    pub steps: Option<u64>,
    /// Stop, with a checkpoint, after this many minutes; `--resume` goes on.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Pictures a step.
    #[arg(long)]
    pub batch: Option<usize>,
    /// Learning rate after the warm-up.
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Seed of everything random.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Steps between checkpoints.
    #[arg(long)]
    pub checkpoint_every: Option<u64>,
    /// Minutes between checkpoints, beside those by step; 0 writes none by time.
    #[arg(long, value_name = "MINUTES")]
    pub checkpoint_minutes: Option<f64>,
    /// How many of the newest checkpoints stay, beside the best.
    #[arg(long, value_name = "COUNT")]
    pub keep_checkpoints: Option<usize>,
    /// Pictures that are not trained on, as for --data: at every checkpoint the loss on them is written down
    /// and the best checkpoint kept; sample grids show them. May be given again.
    #[arg(long, value_name = "SOURCE")]
    pub validation: Vec<String>,
    /// Steps between sample grids; 0 draws none.
    #[arg(long)]
    pub sample_every: Option<u64>,
    /// Threads that decode pictures.
    #[arg(long)]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub devices: DevicesArguments,
}

/// What is trained and how, but for the length of it.
#[derive(Clone, Debug, Default, Args)]
pub struct Choices {
    /// Settings as TOML ([model], [train], [run]); `--preset` and the options below override it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Model to build: paper, browser, nature or tiny.
    #[arg(long)]
    pub preset: Option<String>,
    /// How it is trained: own (the default) or paper, which is Palette's recipe on the preset's net:
    /// ε, noise in holes, raw noise level, no patches, its schedule, rate, weights and averages.
    #[arg(long)]
    pub recipe: Option<Recipe>,
    /// Diffusion, or the paper's regression baseline: the same net shown no noise, one pass.
    #[arg(long)]
    pub objective: Option<Objective>,
    /// 1 for the mean of absolute errors, 2 (the default) for that of squares.
    #[arg(long, value_name = "POWER")]
    pub loss_power: Option<u8>,
    /// First steps on smaller pictures: SIZE:SHARE, such as 64:0.7.
    #[arg(long, value_name = "SIZE:SHARE")]
    pub progressive: Option<Progressive>,
    /// f32, or f16 or bf16 for forward and backward, with weights and optimizer in f32.
    #[arg(long, value_parser = precision)]
    pub precision: Option<Precision>,
    /// Any other setting by its place in the run's config.toml, such as train.low_discrepancy=false or
    /// model.prediction=velocity; may be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// What a net learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// To denoise.
    Diffusion,
    /// To give the expected picture at once.
    Regression,
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
