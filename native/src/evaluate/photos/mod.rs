//! `infill evaluate --photos`: photographs at their own size, through the very edit that program and page make, beside fills
//! without a net and methods of others. The small squares of a data set are measured by `evaluate` itself.

mod cases;
mod evaluation;
mod folder;
mod masks;
mod methods;
mod peers;
mod plan;
mod report;
mod run;
mod score;
mod sheet;
mod table;

pub use cases::PhotoCase;
pub use evaluation::evaluate_photos;
pub use peers::Peer;
pub use plan::PhotosPlan;
