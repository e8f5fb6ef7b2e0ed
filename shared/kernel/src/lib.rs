//! What a block of a convolutional net computes, by kernels of our own behind burn's extension point: tensors in, tensors out.
//! Nets call the functions here; where a backend, a type or a shape has no kernel they are burn's own operations (feature
//! `fallback`). Nothing here knows configurations, tasks, noise or pictures.
#![cfg_attr(
    not(any(feature = "cpu", feature = "gpu", feature = "fallback")),
    allow(unused_variables, dead_code, reason = "a build without any kernel computes nothing: the page's, beside its worker")
)]

mod attention;
mod convolution;
#[cfg(feature = "cpu")]
mod cpu;
mod device;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod layer;
mod linear;
mod norm;
#[cfg(any(feature = "gpu", test))]
mod packing;
#[cfg(any(feature = "gpu", test))]
mod plan;
mod precision;
mod product;
pub mod quantize;
mod resample;
mod weight;

pub use attention::attention;
pub use convolution::{concatenate, convolution, convolution_add, convolution_dilated, convolution_doubled};
pub use device::{is_cpu, threads};
pub use layer::AttentionLayers;
pub use linear::linear;
pub use norm::{ScaleShift, activate, activate_halved, normalize};
pub use precision::dtype;
pub use product::product;
pub use resample::Resample;
pub use weight::{Values, feature_dtype, weight};

#[cfg(all(test, feature = "cpu"))]
mod tests;
