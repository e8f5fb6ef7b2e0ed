//! What the worker computes on: as the visitor wants it, and as it is.

use serde::{Deserialize, Serialize};

/// What to compute on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// WebGPU, but for an adapter that the processor imitates, which is slower than the processor itself.
    #[default]
    Auto,
    /// WebGPU, whatever the adapter is.
    Gpu,
    /// The CPU.
    Cpu,
}

impl DeviceChoice {
    /// By its name in lists and in what the browser remembers.
    pub fn named(name: &str) -> Self {
        match name {
            "gpu" => Self::Gpu,
            "cpu" => Self::Cpu,
            _ => Self::Auto,
        }
    }

    /// That name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }
}

/// What the worker computes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// WebGPU, or the CPU.
    pub webgpu: bool,
    /// The adapter's own description, empty for the CPU.
    pub adapter: String,
    /// Why WebGPU is not used, if it is not.
    pub reason: Option<NoGpu>,
}

/// Why WebGPU is not used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoGpu {
    /// The CPU was asked for.
    Unwanted,
    /// The browser does not have WebGPU.
    Missing,
    /// WebGPU has no graphics card here.
    NoAdapter,
    /// It has none but one that the processor imitates, which is slower than the processor itself.
    Imitated,
    /// It could not be started, in these words.
    Start(String),
    /// The graphics card computes wrong results, off by so much.
    Wrong(f32),
}
