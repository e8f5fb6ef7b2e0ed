//! The four tasks, a file for each: what a task hides of a picture in training, what it shows the net, what sampling may
//! begin from, how it is applied to a picture of any size, and how the answers are put together. Training, evaluation,
//! program and page all use these. Nothing here samples, trains or opens files.

mod blocks;
mod colorize;
mod degradation;
mod error;
mod fill;
mod hints;
mod holes;
mod inpaint;
mod request;
mod restore;
mod uncrop;
mod window;
mod work;

pub use crate::config::{HoleCondition, Masks, TaskKind, UnknownTask};
pub use blocks::{BlockSearch, Blocks};
pub use degradation::{Chroma, Degradation, Example, Jpeg};
pub use error::TaskError;
pub use hints::Hints;
pub use request::{PIXEL_LIMIT, SIDE_LIMIT, Task};
pub use restore::{Repair, repaired_tiles};
pub use uncrop::Border;
pub use window::Window;
pub use work::{Net, Prepared, Traces, Work};

#[cfg(test)]
mod tests;
