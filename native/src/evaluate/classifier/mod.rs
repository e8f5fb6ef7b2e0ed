//! A small net that tells classes of pictures apart, so that answers can be compared by what they show:
//! its last layer but one is the feature space of `infill evaluate`. Here are the net, its file and its
//! training; what is made of its features is `evaluate`'s business.

mod examples;
mod features;
mod file;
mod net;
mod train;
mod training;

pub use features::Classifier;
pub use train::Schedule;
pub use training::{ClassifierPlan, train};
