//! Picture files as bytes, the same for every program: which format a file has, whether it is whole and of a size that can be
//! handled, what it says about the picture, and its decoder. No file is opened here and no sample is changed: where samples
//! go, and which of a file's words are kept, is the programs' business.
#![forbid(unsafe_code)]

mod decoder;
pub mod exif;
mod fault;
pub mod jpeg;
#[cfg(feature = "more")]
mod more;
mod open;
mod opened;
pub mod png;
pub mod profile;
mod quality;
#[cfg(feature = "more")]
mod tiff;
pub mod webp;

pub use decoder::Decoder;
pub use fault::{Bounds, Fault};
pub use open::open;
pub use opened::Opened;
pub use quality::quality;
