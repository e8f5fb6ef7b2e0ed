//! What can be wrong with an edit.

use crate::{
    config::{SettingsError, TaskKind},
    sampler::MemoryError,
    task::TaskError,
};

/// An edit that cannot be made, or must not be believed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    /// A task that cannot be done on this picture.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The model has never seen this task.
    #[error("this model was not trained to {task}; it can {}", names(known))]
    TaskNotTrained {
        /// The task asked for.
        task: TaskKind,
        /// What the model knows.
        known: Vec<TaskKind>,
    },
    /// Settings out of range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Memory of another run of the sampler.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Edits that cannot go through the net together.
    #[error("edits of one group must have the same settings, and the same task where they begin from a guess: {first}, and {other}")]
    Apart {
        /// The first edit.
        first: String,
        /// One that differs.
        other: String,
    },
    /// Values came that nobody waits for.
    #[error("no values are awaited after {done} of {total} steps; call `step` until it asks for them")]
    NotAsked {
        /// Steps done.
        done: usize,
        /// Steps in all.
        total: usize,
    },
    /// Values of another tensor.
    #[error("{found} values came back from the device where {wanted} were asked for")]
    ValueCount {
        /// Values given.
        found: usize,
        /// Values asked for.
        wanted: usize,
    },
    /// Progress of another edit.
    #[error(
        "what was kept of the edit is not of this one: {windows} windows of {of} done, {pixels} pixel values and {sums} sums; begin it anew"
    )]
    Progress {
        /// Windows that are said to be done.
        windows: usize,
        /// Windows that this edit has.
        of: usize,
        /// Values of pixels given.
        pixels: usize,
        /// Sums given.
        sums: usize,
    },
    /// The device computed nonsense.
    #[error(
        "{bad} of {of} values from the device are not finite, so the result is not used; \
         the device may be out of memory: try again, or another device"
    )]
    NonFinite {
        /// Values that are not finite.
        bad: usize,
        /// Values in all.
        of: usize,
    },
}

fn names(known: &[TaskKind]) -> String {
    known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
