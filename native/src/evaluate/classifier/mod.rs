//! A small net that tells classes of pictures apart, so that answers can be compared by what they show:
//! its last layer but one is the feature space of `infill evaluate`. Here are the net, its file and its
//! training; what is made of its features is `evaluate`'s business.

pub mod examples;
mod features;
pub mod file;
pub mod net;
pub mod train;

pub use features::{FeatureNet, Seen};
