//! What each part of the recipe brings: the same net on the same pictures from the same seed for the same few steps, once
//! for every variant, all measured alike. A table of a small budget: what helps early need not help in the end.

mod measure;
mod outcome;
mod report;
mod variants;

pub use measure::{AblationPlan, run};
