//! What each part of the recipe brings: the same net on the same pictures from the same seed for the same few steps, once
//! for every variant, all measured alike. Or, for the same time, the paper's nets with other parts in the place of attention, or another size and training of a net. A table of a small budget: what helps early need not help in the end.

mod measure;
mod outcome;
mod report;
mod variants;

pub use measure::{AblationPlan, run};
pub use variants::Family;
