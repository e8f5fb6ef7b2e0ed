//! What a measurement and the worker say to each other, beside the page's own messages.

use serde::{Deserialize, Serialize};

/// To the worker.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Question {
    /// Run the net once and say how long it took. Buffers: condition and input of one picture, 32-bit floats.
    Evaluate {
        /// Side of the picture in pixels.
        side: usize,
        /// The noise level as the net is told it.
        level: f32,
    },
    /// Compute the kernels' cases on WebGPU and on the CPU; needs nothing before it.
    CheckKernels {
        /// Of the random shapes.
        seed: u64,
        /// How many of them.
        random: usize,
    },
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Question::Evaluate`]. Buffer: the output, 32-bit floats.
    Evaluated {
        /// From the numbers that came to the numbers that go.
        milliseconds: f64,
    },
    /// To [`Question::CheckKernels`]: how far the kernels are from the CPU.
    Kernels {
        /// Whether WebGPU was compared, or the CPU with itself because there is none.
        webgpu: bool,
        /// Each case.
        reports: Vec<KernelReport>,
    },
}

/// One of the kernels' cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KernelReport {
    /// The operation and its shape.
    pub case: String,
    /// Largest difference to the CPU, of its largest value; `null` where it is infinite, which JSON cannot say.
    pub difference: f32,
    /// The largest that is right.
    pub tolerance: f32,
    /// The time it took, compilation included.
    pub milliseconds: f64,
}
