//! The net as public PyTorch code stores it: guided-diffusion, the public Palette after it, and diffusers. What names and shapes tell of a net,
//! and each tensor between their layout and ours. It reads no files; a checkpoint is a list of named numbers here.

mod architecture;
mod diffusers;
mod error;
mod import;
mod names;
mod tensor;

pub use architecture::{Architecture, Asked};
pub use diffusers::{DiffusersNet, Place};
pub use error::PytorchError;
pub use import::CONFIG;
pub use names::SCHEDULE_BUFFERS;
pub use tensor::Entry;

#[cfg(test)]
mod tests;
