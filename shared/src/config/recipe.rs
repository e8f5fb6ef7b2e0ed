//! What the net is told, shown and asked for. The arithmetic is in `denoiser`, `task` and `prediction`.

use serde::{Deserialize, Serialize};

/// Log-SNR of the smallest and the largest γ of the paper's training schedule (β from 1e-6 to 0.01 in 2000 steps).
pub const PAPER_LOG_SNR_RANGE: [f64; 2] = [-10.034_468_916, 13.815_509_558];

/// How the noise level γ enters the net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseEmbedding {
    /// Sinusoids of ln(γ/(1−γ)): tells apart the levels near γ = 1. For own models.
    LogSnr,
    /// Sinusoids of γ itself, as checkpoints of the public Palette expect it.
    NoiseLevel,
    /// Sinusoids of the step, from 0, the cleanest, to 999, of guided-diffusion's linear schedule, as its checkpoints expect it.
    Step,
}

/// What the net predicts from y = √γ·y0 + √(1−γ)·ε. The arithmetic is in `prediction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prediction {
    /// ε (paper, equation 3).
    Epsilon,
    /// v = √γ·ε − √(1−γ)·y0 (arXiv 2202.00512).
    Velocity,
    /// The difference between the picture and the best estimate that condition and noisy picture give without a net,
    /// scaled to variance 1 in every task. Where the net's output is 0 the estimate without a net remains: the JPEG, the
    /// grey picture or the smooth fill.
    #[serde(rename = "task_residual")]
    Residual,
    /// The difference between the picture and the condition, from the condition alone: no noise, one pass, and with a
    /// squared loss the expected picture. The paper's regression baseline (section 4), not a diffusion model.
    Regression,
}

/// Which holes and borders a net is trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Masks {
    /// Strokes and rectangles all over the picture, and borders of half of its area (paper, section 4).
    #[default]
    Paper,
    /// In half of the examples what windows of an edit mostly show instead: one compact hole, or a border of any width on one side. Wider
    /// borders and many strokes come as in the paper.
    Edits,
}

/// What a net is shown where its picture is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleCondition {
    /// N(0, 1) noise (paper, section 4.1).
    #[default]
    Noise,
    /// The smoothest continuation of the rim. A net that predicts a residual needs it, because it improves on this
    /// estimate.
    Smooth,
}
