//! What can go wrong in the worker, as data.

use serde::{Deserialize, Serialize};

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
        /// Why, in the words of `infill::model_file`, `infill::pytorch` or `infill_pytorch_file`.
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
    /// The device computed what is no number.
    NotFinite {
        /// How many values, in the words of `infill::edit`.
        detail: String,
    },
    /// There was not enough memory.
    Memory {
        /// The browser's or the program's own text.
        detail: String,
    },
    /// The program stopped.
    Panic {
        /// Its message.
        detail: String,
    },
}

impl Failure {
    /// Whether nothing more is to be expected of the worker after this.
    pub fn ends_worker(&self) -> bool {
        matches!(self, Self::Start { .. } | Self::DeviceLost { .. } | Self::NotFinite { .. } | Self::Memory { .. } | Self::Panic { .. })
    }

    /// A program that stopped with these words: for want of memory, or for another reason.
    pub fn stopped(detail: String) -> Self {
        let lower = detail.to_lowercase();
        // The words of wgpu, of Rust's allocator and of the browsers' own.
        let memory = ["out of memory", "outofmemory", "memory allocation of", "allocation failed", "cannot enlarge memory"];
        if memory.iter().any(|words| lower.contains(words)) { Self::Memory { detail } } else { Self::Panic { detail } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_memory_is_told_from_other_ends() {
        for text in ["wgpu error: Out of Memory", "Uncaught RangeError: Array buffer allocation failed"] {
            assert_eq!(Failure::stopped(text.to_owned()), Failure::Memory { detail: text.to_owned() });
        }
        assert!(matches!(Failure::stopped("index out of bounds".to_owned()), Failure::Panic { .. }));
    }
}
