//! Picture files through a model and back into files. Crops, tiles and composition are `infill::edit`; here are the
//! answers to draw, and the files that they go to.

mod mean;
mod plan;
mod run;

pub use plan::{Asked, EditPlan, Job, OutputFiles};
pub use run::run;
