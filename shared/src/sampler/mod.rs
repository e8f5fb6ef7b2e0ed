//! Samplers as steps: from noise to a picture, one evaluation of a [`Denoiser`](crate::denoiser::Denoiser) at a time.
//! Callers loop (command line) or yield (browser) between steps. Nothing here knows nets or tasks.

mod memory;
mod run;
mod strength;
mod update;

pub use crate::config::{SamplerKind, SamplerSettings};
pub use memory::MemoryError;
pub use run::{Known, Sampler};
pub use strength::log_snr_of_strength;

#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod tests;
