//! What can be wrong with a task.

/// A task that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
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
    /// The hints belong to another picture.
    #[error(
        "the hints are {}×{} but the picture is {}×{}; they must be of the same size",
        hints.0, hints.1, picture.0, picture.1
    )]
    HintsSize {
        /// Width and height of the hints.
        hints: (usize, usize),
        /// Width and height of the picture.
        picture: (usize, usize),
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
}
