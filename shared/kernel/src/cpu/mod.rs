//! Kernels for the CPU backend, for 32-bit floats. Each is arithmetic on slices and, around it, an operation of burn's.

pub mod attention;
pub mod convolution;
mod exponential;
mod flex;
mod group;
mod matrix;
pub mod normalize;
mod parallel;
#[cfg(not(feature = "fallback"))]
pub mod product;
