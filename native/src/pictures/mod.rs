//! All reading and writing of pictures: data sets and the batches made from them, and single files with everything that a
//! user wants kept. It knows the tasks only through `infill::task` and nothing of the net.

mod dataset;
mod decode;
mod folder;
mod format;
mod jpeg;
mod jpeg_segments;
mod loader;
mod merge;
mod metadata;
mod names;
mod output;
pub mod picture_file;
mod png_chunks;
mod shards;
mod sources;
mod square;
mod transparent;

pub use dataset::{Dataset, DatasetRecord, picture_files};
pub use format::OutputFormat;
pub use jpeg::round_trip;
pub use loader::{Loader, LoaderSettings};
pub use names::{file_name, is_foreign, is_picture};
pub use output::{write, write_with_mask};
pub use picture_file::STANDARD;
pub use sources::{from_run, to_run};
pub use square::centre_square;

#[cfg(test)]
mod tests;
