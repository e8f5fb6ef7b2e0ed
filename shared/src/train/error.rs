//! What cannot be trained with.

use crate::config::ConfigError;

/// Settings that cannot be trained with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// A number out of its range.
    #[error("{what} is {value}; choose {wanted}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        wanted: String,
    },
    /// A model that cannot be built.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A checkpoint that lacks something.
    #[error("the checkpoint has no {name}; use an earlier checkpoint")]
    Missing {
        /// Name of the tensor.
        name: String,
    },
    /// A checkpoint with a tensor of another net.
    #[error("{name} of the checkpoint holds {found} numbers, this net's {wanted}; use a checkpoint of this run")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Numbers in the checkpoint.
        found: usize,
        /// Numbers that the net has there.
        wanted: usize,
    },
    /// A batch of another shape than the model's.
    #[error("a sample has {found} numbers, the model of {size} px wants {wanted}")]
    Sample {
        /// What came.
        found: usize,
        /// The side of this step's pictures.
        size: usize,
        /// What it wants.
        wanted: usize,
    },
    /// A batch too small to be shared out.
    #[error("{examples} pictures cannot be shared out to {devices} devices; choose a larger batch or fewer devices")]
    Devices {
        /// Pictures of the batch.
        examples: usize,
        /// Devices.
        devices: usize,
    },
}
