//! A training as it was asked for, with nothing left to choose.

use std::time::Duration;

use infill::model_file::ModelFile;

use super::{difference::Difference, run_directory::RunDirectory, settings::TrainingSettings};
use crate::device::Devices;

/// What is trained, where, and for how long.
pub struct TrainingPlan {
    /// Where the run is recorded.
    pub directory: RunDirectory,
    /// Whether the run goes on from a checkpoint in there.
    pub resume: bool,
    /// Everything that decides how it goes.
    pub settings: TrainingSettings,
    /// What of it was another when the run stopped.
    pub changes: Vec<Difference>,
    /// The model whose weights it begins with, instead of random ones.
    pub initial: Option<ModelFile>,
    /// Where it computes.
    pub devices: Devices,
    /// How long this process may train; without it, until all steps are done.
    pub limit: Option<Duration>,
}
