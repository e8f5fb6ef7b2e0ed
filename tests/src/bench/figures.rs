//! What the bench measured, as it is printed and written.

use serde::Serialize;

use super::{cell::Cell, visit::Visit};

/// Everything that was measured.
#[derive(Serialize)]
pub struct Figures {
    /// The browser's version.
    pub browser: String,
    /// Processors of the machine.
    pub processors: usize,
    /// The machine's load before, as Linux reports it.
    pub load_before: Option<String>,
    /// Version of onnxruntime-web.
    pub onnxruntime: &'static str,
    /// The net, by engine, device and size.
    pub cells: Vec<Cell>,
    /// What is fetched, by engine and device.
    pub downloads: Vec<Download>,
    /// How long a person waits on the page.
    pub visits: Vec<Visit>,
}

/// What an engine, or the page, fetches before it can work.
#[derive(Clone, Debug, Serialize)]
pub struct Download {
    /// Name of the engine.
    pub engine: &'static str,
    /// `webgpu` or `wasm`.
    pub device: String,
    /// Bytes of code as they are.
    pub code: usize,
    /// Bytes of code as brotli, as a host sends them.
    pub code_brotli: usize,
    /// Bytes of the model, which no compression makes smaller.
    pub model: usize,
}
