//! What page and worker say to each other, as JSON text beside transferred buffers. Pixels travel as
//! `Uint8Array`s in the `buffers` of a message, never inside the JSON.

use infill::{sampler::SamplerKind, task::TaskKind};
use serde::{Deserialize, Serialize};

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// First message: find a device, then fetch the model.
    Start {
        /// Use the CPU even where there is WebGPU.
        force_cpu: bool,
        /// The page's address; the manifest is `models/manifest.json` below it.
        base: String,
    },
    /// Fetch the model again after a failure.
    FetchModel,
    /// Use a model of the visitor's own. Buffer: the model file.
    UseModel {
        /// The file's name without its ending.
        name: String,
    },
    /// Fill a picture. Buffers: RGBA pixels, then (for [`TaskKind::Inpaint`]) the mask, one byte a pixel.
    Run(RunRequest),
    /// Stop the run after the step under way.
    Cancel,
    /// Compute the kernels' cases on WebGPU and on the CPU; needs nothing before it.
    CheckKernels {
        /// Of the random shapes.
        seed: u64,
        /// How many of them.
        random: usize,
    },
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// Told back with every message about this run.
    pub id: u32,
    /// The task.
    pub task: TaskKind,
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Pixels to add, for uncropping: left, top, right, bottom.
    pub extend: [usize; 4],
    /// Sampler.
    pub sampler: SamplerKind,
    /// Evaluations of the net for each crop.
    pub steps: usize,
    /// Seed of the noise.
    pub seed: u64,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The worker listens.
    Ready,
    /// What it computes on.
    Device(DeviceReport),
    /// Bytes of the model so far.
    Fetching {
        /// Bytes that arrived.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The model can be used.
    Model(ModelReport),
    /// A step was made.
    Progress {
        /// The run.
        id: u32,
        /// Evaluations made.
        done: usize,
        /// Evaluations in all.
        total: usize,
    },
    /// How a part of the picture looks. Buffer: RGBA pixels of the rectangle, width × height of the source.
    Preview {
        /// The run.
        id: u32,
        /// Place in the output, pixels: x, y, width, height.
        place: [i64; 4],
        /// Size of the transferred pixels.
        width: usize,
        /// Size of the transferred pixels.
        height: usize,
    },
    /// The result. Buffers: RGBA pixels, then the PNG file.
    Done {
        /// The run.
        id: u32,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Whole run in milliseconds.
        milliseconds: f64,
    },
    /// The run was cancelled.
    Cancelled {
        /// The run.
        id: u32,
    },
    /// How far the kernels are from the CPU.
    Kernels {
        /// Whether WebGPU was compared, or the CPU with itself because there is none.
        webgpu: bool,
        /// How far they may be, of the largest value.
        tolerance: f32,
        /// Each case.
        reports: Vec<KernelReport>,
    },
    /// Something failed.
    Failed {
        /// The run, when there was one.
        id: Option<u32>,
        /// What failed.
        failure: Failure,
    },
}

/// What the worker computes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// WebGPU, or the CPU.
    pub webgpu: bool,
    /// The adapter's own description, empty for the CPU.
    pub adapter: String,
    /// Why WebGPU is not used, if it is not.
    pub reason: Option<String>,
}

/// One of the kernels' cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelReport {
    /// The operation and its shape.
    pub case: String,
    /// Largest difference to the CPU, of its largest value; JSON has no infinity, `null` stands for it.
    #[serde(deserialize_with = "number_or_infinity")]
    pub difference: f32,
    /// The time it took, compilation included.
    pub milliseconds: f64,
}

fn number_or_infinity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f32::INFINITY))
}

/// The model in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    /// Name from the manifest.
    pub name: String,
    /// Side of the pictures it works on, pixels.
    pub size: usize,
    /// Tasks it was trained on.
    pub tasks: Vec<TaskKind>,
    /// Parameters.
    pub parameters: usize,
    /// Whether the browser keeps it for the next visit.
    pub kept: bool,
}

/// What can go wrong, for `words` to put into sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// The network or the server did not deliver.
    Network {
        /// What was asked for.
        path: String,
        /// Status or the browser's own text.
        detail: String,
    },
    /// A chunk is not what the manifest says, twice.
    Corrupt {
        /// Which.
        path: String,
    },
    /// The model cannot be used.
    Model {
        /// Why.
        detail: String,
    },
    /// A model file of the visitor's own cannot be used; the model in use stays.
    ModelFile {
        /// The file's name without its ending.
        name: String,
        /// Why, in the words of `infill::model_file`.
        detail: String,
    },
    /// The request cannot be carried out.
    Request {
        /// Why, in the words of `infill::edit`.
        detail: String,
    },
    /// The program that computes did not start.
    Start {
        /// The browser's own text.
        detail: String,
    },
    /// The GPU went away.
    DeviceLost {
        /// The browser's reason.
        detail: String,
    },
    /// The program stopped.
    Panic {
        /// Its message.
        detail: String,
    },
}
