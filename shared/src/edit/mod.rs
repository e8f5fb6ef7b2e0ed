//! One picture of any size through the net and back: a task's windows, noise, the sampler, and the picture they make.
//!
//! [`Edit`] is a state machine. It evaluates the net once a step and never reads a device: it hands out finished tensors,
//! and the caller, who may have to wait for their values, hands those back. It opens no files and shows nothing. The same
//! request and seed give the same picture on every device, up to the device's arithmetic. [`EditGroup`] is several edits
//! whose windows go through the net together; a [`LentWindow`] is one that another program samples.

mod batch;
mod elsewhere;
mod error;
mod group;
mod machine;
mod model;
mod preview;
mod progress;
mod streams;

pub use batch::EditState;
pub use elsewhere::{LentRun, LentWindow};
pub use error::EditError;
pub use group::EditGroup;
pub use machine::{DETAIL_STEPS, Edit, EditRequest};
pub use model::EditModel;
pub use preview::Preview;
pub use progress::{EditProgress, RunMemory, RunProgress};
pub use streams::SampleStreams;

#[cfg(test)]
mod detail_tests;
#[cfg(test)]
mod elsewhere_tests;
#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod progress_tests;
#[cfg(test)]
mod repair_tests;
#[cfg(test)]
mod tests;
