//! The commands, one file each: the arguments, and what they mean.

pub mod evaluate;
pub mod export;
pub mod guess;
pub mod info;
pub mod measure_residual;
pub mod sample;
pub mod train;
pub mod train_classifier;
