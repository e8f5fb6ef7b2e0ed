//! Where settings come from that nobody chose: a recipe, and what the net learns.

use clap::ValueEnum;
use infill::{config::ModelConfig, train::TrainConfig};
use serde::Deserialize;

/// Where settings come from that nobody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// What was found to work best for small nets and short runs.
    Own,
    /// Palette's.
    Paper,
}

impl Recipe {
    /// Its settings of training.
    pub fn train(self) -> TrainConfig {
        match self {
            Self::Own => TrainConfig::default(),
            Self::Paper => TrainConfig::paper(),
        }
    }

    /// A preset as it has it.
    pub fn model(self, model: ModelConfig) -> ModelConfig {
        match self {
            Self::Own => model,
            Self::Paper => model.with_paper_recipe(),
        }
    }
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
