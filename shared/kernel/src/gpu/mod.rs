//! Kernels for GPUs behind burn's extension point, written in cubecl: native WebGPU and the page run the same
//! ones. They compute without gradients, for feature maps of 32-bit or 16-bit floats beside parameters of 32 bits or
//! packed ones; everything else is burn's own (`kernel`). Sums over many numbers are of 32 bits always.
//! Tensors pass between them with their channels side by side in memory (`layout`), so that nothing is
//! rearranged between two of them.

mod attention;
mod backend;
mod call;
mod convolution;
mod device;
mod layout;
mod normalize;
mod packed;

pub(crate) use call::*;
pub use device::{choose, chosen, has_half};
pub(crate) use device::{halves, runs_on, takes};

pub use crate::plan::Choice;
