//! How fast this machine trains and computes, against what it could do and against others. It measures and prints; nothing
//! here asserts a speed.

mod check;
mod edit;
mod kernels;
mod timing;
mod training;

pub use edit::{EditBenchPlan, run as edit};
pub use kernels::{KernelsPlan, Tuning, run as kernels};
pub use training::{Peer, TrainingBenchPlan, run as train};
