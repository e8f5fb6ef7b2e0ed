//! `infill uncrop` on the command line.

use anyhow::Result;
use clap::Args;
use infill::task::{Border, Task};

use super::edit_arguments::EditArguments;
use crate::edit;

/// Continue a picture beyond its edges.
#[derive(Debug, Args)]
pub struct UncropArguments {
    /// Pixels to add on every side that is not named.
    #[arg(long, default_value_t = 0)]
    pub all: usize,
    /// Percent of the width (left, right) or height (above, below) to add on every side that is not named.
    #[arg(long, conflicts_with = "all", value_parser = clap::value_parser!(u16).range(1..=400))]
    pub percent: Option<u16>,
    /// Pixels to add on the left.
    #[arg(long)]
    pub left: Option<usize>,
    /// Pixels to add above.
    #[arg(long)]
    pub top: Option<usize>,
    /// Pixels to add on the right.
    #[arg(long)]
    pub right: Option<usize>,
    /// Pixels to add below.
    #[arg(long)]
    pub bottom: Option<usize>,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Runs the command.
///
/// # Errors
/// A picture or model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &UncropArguments) -> Result<()> {
    let task = |width, height| Task::Uncrop(arguments.border(width, height));
    edit::run(arguments.edit.resolve(|file| Ok(task(file.original.width() as usize, file.original.height() as usize)))?)
}

impl UncropArguments {
    /// What is added to a picture of this size.
    fn border(&self, width: usize, height: usize) -> Border {
        let every = |length: usize| self.percent.map_or(self.all, |percent| (length * usize::from(percent)).div_ceil(100));
        Border {
            left: self.left.unwrap_or_else(|| every(width)),
            top: self.top.unwrap_or_else(|| every(height)),
            right: self.right.unwrap_or_else(|| every(width)),
            bottom: self.bottom.unwrap_or_else(|| every(height)),
        }
    }
}
