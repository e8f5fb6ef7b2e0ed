//! Steps against quality: the same questions for every sampler at many numbers of steps, as a table, numbers and a plot.

mod measure;
mod record;

pub use measure::{CurvePlan, run};
