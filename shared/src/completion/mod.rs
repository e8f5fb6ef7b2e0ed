//! Completion of a hole by patches of the picture itself, led by a fill that says what belongs there (the net's).
//!
//! Patches of 7×7 pixels over a pyramid, coarse to fine: match, vote, carry the offsets up an octave (Wexler, Shechtman and Irani
//! 2007; Kwatra and others 2005), among coherent candidates (Ashikhmin 2001) and those that a tree proposes, never by chance. The guide's
//! colours first go to those that the picture has around the hole; then it adds its own difference to the cost of a patch, less with every
//! octave beyond what it can say. The rim and the seams are joined in the gradient domain. All is counted in whole numbers and in `f32`
//! without fused operations, and no result depends on the order in which threads come: every device answers the same bits. It knows no net
//! and no task.

mod area;
mod blend;
mod expected;
mod hole;
mod level;
mod patch;
mod plane;
mod preference;
mod pyramid;
mod region;
mod run;
mod search;
mod settle;
mod tree;
mod vote;
mod work;

pub use hole::{Hole, Lead};
pub use run::{Completion, CompletionError};

#[cfg(test)]
mod tests;
