//! All reading and writing of pictures: data sets and the batches made from them, and single files with everything that a
//! user wants kept. It knows the tasks only through `infill::task` and nothing of the net.

mod dataset;
mod folder;
mod jpeg;
mod loader;
mod merge;
mod names;
mod output;
pub mod picture_file;
mod shards;
mod square;

pub use dataset::{Dataset, DatasetRecord, picture_files};
pub use jpeg::round_trip;
pub use loader::{Loader, LoaderSettings};
pub use names::{file_name, is_picture};
pub use output::{OutputFormat, write};
pub use square::centre_square;

#[cfg(test)]
mod tests;
