//! Settings as plain data: what a model is, which tasks there are, and how to sample. It is the lowest floor: it holds
//! numbers and names, checks them, and uses nothing else of this crate.

mod bounds;
mod error;
mod model;
mod recipe;
mod sampling;
mod task;
mod unet;

pub use error::ConfigError;
pub use model::{ModelConfig, PRESETS};
pub use recipe::{HoleCondition, Masks, NoiseEmbedding, PAPER_LOG_SNR_RANGE, Prediction};
pub use sampling::{SamplerKind, SamplerSettings, Sampling, SettingsError};
pub use task::{TaskKind, UnknownTask};
pub use unet::{SelfAttention, UnetConfig};
