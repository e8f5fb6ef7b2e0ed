//! What a worker and its helpers say to each other, beside transferred buffers of little-endian f32.

use infill::{sampler::SamplerSettings, task::TaskKind};
use serde::{Deserialize, Serialize};

/// To a helper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToHelper {
    /// Hold this model. Buffer: its file.
    Model {
        /// The file's name without its ending.
        name: String,
    },
    /// Sample a window: `infill::edit::LentWindow`. Buffers: what the net is shown, and the noise to begin with.
    Window {
        /// Which.
        window: usize,
        /// The number by which fresh noise is drawn.
        number: u64,
        /// The task.
        task: TaskKind,
        /// How to sample.
        settings: SamplerSettings,
    },
}

/// From a helper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromHelper {
    /// It listens.
    Listens,
    /// It has the model.
    Ready,
    /// What it made of a window. Buffer: the values.
    Answer {
        /// Which.
        window: usize,
    },
    /// It is of no use.
    Failed,
}
