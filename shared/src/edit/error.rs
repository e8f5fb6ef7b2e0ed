//! What can be wrong with an edit.

use crate::{
    config::{SettingsError, TaskKind},
    sampler::MemoryError,
};

/// An edit that cannot be made, or must not be believed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    /// Nothing is marked.
    #[error("the mask is empty, so there is nothing to fill; mark what is to be replaced")]
    EmptyMask,
    /// No side grows.
    #[error("nothing is to be added on any side; give at least one side some pixels")]
    NothingToAdd,
    /// The mask belongs to another picture.
    #[error(
        "the mask is {}×{} but the picture is {}×{}; they must be of the same size",
        mask.0, mask.1, picture.0, picture.1
    )]
    MaskSize {
        /// Width and height of the mask.
        mask: (usize, usize),
        /// Width and height of the picture.
        picture: (usize, usize),
    },
    /// The model has never seen this task.
    #[error("this model was not trained to {task}; it can {}", names(known))]
    TaskNotTrained {
        /// The task asked for.
        task: TaskKind,
        /// What the model knows.
        known: Vec<TaskKind>,
    },
    /// More pixels than can be handled.
    #[error(
        "the result would be {width}×{height}; at most {} megapixels and {side} pixels a side can be handled: \
         scale the picture down or add less",
        limit / 1_000_000
    )]
    TooLarge {
        /// Width of the result.
        width: usize,
        /// Height of the result.
        height: usize,
        /// Pixels at most.
        limit: usize,
        /// Pixels a side at most.
        side: usize,
    },
    /// Settings out of range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Memory of another run of the sampler.
    #[error(transparent)]
    Memory(#[from] MemoryError),
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
