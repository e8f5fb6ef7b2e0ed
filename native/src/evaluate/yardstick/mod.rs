//! The standard nets by which papers measure, with weights that the user brings: Inception-v3 (FID, KID, IS, PD), ResNet-50 (CA) and
//! LPIPS. They compute what the usual Python packages compute of the same pictures and weights. No weights come with the program.

mod batch;
mod inception;
mod lpips;
mod resnet50;
mod weights;

pub use inception::Inception;
pub use lpips::{Lpips, SMALLEST};
pub use resnet50::Resnet50;

#[cfg(test)]
mod tests;
