//! One picture file through a model and back into a file. Crops, tiles and composition are `infill::edit`; here are the
//! answers to draw, and the files that they go to.

mod mean;
mod plan;
mod run;

pub use plan::{EditPlan, OutputFiles};
pub use run::run;
