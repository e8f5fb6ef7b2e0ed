//! Files of other programs that are read or written here.

pub mod checkpoint;
pub mod diffusers;
pub mod onnx;
pub mod run_checkpoint;
pub mod tensorboard;
