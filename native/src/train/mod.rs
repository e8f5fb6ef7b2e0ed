//! Training: from pictures to a model file, in a run directory that is the record of it. The arithmetic of a step is
//! `infill::train`; here are settings, files, the loop and its progress.

pub mod averages;
mod checkpoint;
mod difference;
#[cfg(test)]
mod documented;
mod memory;
mod plan;
mod prepare;
mod recipe;
mod rehearsal;
mod run_directory;
pub mod samples;
mod settings;
pub mod settings_file;
mod training;
pub mod validation;

pub use difference::{changes, differences};
pub use plan::TrainingPlan;
pub use prepare::warn_of_common;
pub use recipe::{Objective, Recipe};
pub use rehearsal::rehearse;
pub use run_directory::{RunDirectory, Stat};
pub use settings::{RunSettings, TrainingSettings};
pub use settings_file::SettingsFile;
pub use training::run;
