//! Files of other programs that are read or written here.

pub mod checkpoint;
pub mod onnx;
pub mod tensorboard;
