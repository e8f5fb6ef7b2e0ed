//! What a visitor sets for all runs.

use infill::sampler::SamplerKind;
use serde::{Deserialize, Serialize};

/// What runs are asked for with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Sampler; none where the model's own is wanted.
    pub sampler: Option<SamplerKind>,
    /// Seed of the noise.
    pub seed: u64,
    /// Evaluations of the net for each crop; none where the model's own number is wanted.
    pub steps: Option<usize>,
    /// Factor of all noise; none where the model's own is wanted.
    pub temperature: Option<f64>,
    /// Pixels that the area grows by before it is filled; none where the brush says it.
    pub grow: Option<usize>,
    /// Pixels over which the area's edge is soft.
    pub feather: usize,
    /// How much of a repair is used, percent.
    #[serde(default = "all")]
    pub strength: u8,
    /// Whether a repair is of parts, too, that show no blocks of JPEG.
    #[serde(default)]
    pub clean_too: bool,
}

/// Of work that was kept before there was a choice.
fn all() -> u8 {
    100
}
