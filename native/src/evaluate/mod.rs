//! How good a model is: questions with known answers, put to the net and to baselines that need none,
//! scored where something was filled. It chooses no model and draws no conclusion.

pub mod ablation;
mod baseline;
mod cases;
pub mod classifier;
pub mod compare;
pub mod curve;
pub mod deviations;
mod distribution;
mod evaluation;
mod evaluator;
pub mod feature_net;
mod features;
mod finished;
mod interval;
mod jackknife;
mod kept;
mod known;
mod masks;
mod matrix;
mod measure;
mod net;
mod output;
mod paired;
pub mod photos;
mod plan;
mod report;
mod score;
mod sheet;
mod subjects;
pub mod summary;
mod tables;
mod verdict;
pub mod yardstick;

pub use cases::Case;
pub use evaluation::evaluate;
pub use net::{Tile, sample};
pub use output::refuse_to_replace;
pub use plan::{EvaluationPlan, Tools, Yardsticks};

#[cfg(test)]
mod tests;
