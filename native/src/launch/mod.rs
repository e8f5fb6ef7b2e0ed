//! A training over several machines: on each a server of its devices is started, the training computes on all of them, and when one
//! is lost it goes on from the last checkpoint. The training itself is `infill train` in a process of its own, because burn gives
//! work up that waits for a lost machine only with the whole process.

mod hosts;
mod run;
mod server;

pub use hosts::{of_slurm, read};
pub use run::{LaunchPlan, run};
pub use server::Way;
