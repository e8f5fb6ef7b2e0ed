//! Convolution on the CPU: the operation of burn's, and the arithmetic below it.

mod arithmetic;
mod operation;
mod sizes;
mod taps;
mod winograd;

pub use operation::{apply, fixed_weight};
