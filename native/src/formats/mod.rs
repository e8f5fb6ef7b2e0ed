//! Files of other programs that are written here.

pub mod onnx;
pub mod tensorboard;
