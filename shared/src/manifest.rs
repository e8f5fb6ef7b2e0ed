//! The list of models that a page offers: what `xtask` writes beside the page and the page reads.

use serde::{Deserialize, Serialize};

/// All models, the default one first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The models.
    pub models: Vec<ModelEntry>,
}

/// One model file in pieces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// Short name, such as `nature`.
    pub name: String,
    /// Bytes of the whole file.
    pub size: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
    /// Its pieces in order.
    pub chunks: Vec<Chunk>,
}

/// A piece of a model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Where it is, relative to the manifest; named by its content.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}
