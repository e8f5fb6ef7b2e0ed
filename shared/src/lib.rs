//! Palette image-to-image diffusion, defined once: model, schedules, samplers, tasks, training and
//! the model file. It does no IO, reads no clock, never blocks on a device, and knows no platform;
//! the command line (`infill-cli`) and the page (`infill-web`) bring those.
//!
//! Tensors of pictures are `[batch, channel, height, width]` in [−1, 1]; masks are 1 where something
//! is to be filled.
#![forbid(unsafe_code)]

pub mod completion;
pub mod config;
pub mod container;
pub mod denoiser;
pub mod edit;
pub mod manifest;
pub mod mask;
pub mod metric;
pub mod model_file;
pub mod noise;
mod parallel;
pub mod picture;
pub mod prediction;
pub mod pytorch;
pub mod sampler;
pub mod schedule;
pub mod self_check;
pub mod task;
#[cfg(feature = "train")]
pub mod train;
pub mod unet;
