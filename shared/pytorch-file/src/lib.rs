//! Checkpoints of PyTorch, the same for every program: `.pth` files of PyTorch 1.6 or later and safetensors. Names and shapes come first,
//! each tensor's numbers when they are asked for. Nothing in a file is executed: a pickle is read as data, and one that holds anything but
//! tensors is refused. What the tensors mean is `infill::pytorch`'s business, and where the bytes come from that of programs.
#![forbid(unsafe_code)]

mod archive;
mod checkpoint;
mod fault;
mod header;
mod machine;
mod number;
mod pickle;
mod tensor;

pub use checkpoint::Checkpoint;
pub use fault::{Fault, Old};
pub use number::Kind;

#[cfg(test)]
mod tests;
