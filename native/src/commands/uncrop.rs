//! `infill uncrop` on the command line.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use infill::task::{Border, Task, TaskKind};

use super::{amount::Amount, edit_arguments::EditArguments};
use crate::{edit, pictures::picture_file::PictureFile};

/// Continue a picture beyond its edges.
#[derive(Debug, Args)]
pub struct UncropArguments {
    #[command(flatten)]
    pub border: BorderArguments,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// What is added. An amount is in pixels, such as 200, or in percent of the picture's width or height, such as 10%.
#[derive(Clone, Copy, Debug, Args)]
pub struct BorderArguments {
    /// What to add on every side that is not named: pixels, or percent of the picture such as 10%.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub all: Option<Amount>,
    /// The same as --all in percent.
    #[arg(long, conflicts_with = "all", value_parser = clap::value_parser!(u16).range(1..=400))]
    pub percent: Option<u16>,
    /// What to add on the left.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub left: Option<Amount>,
    /// What to add above.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub top: Option<Amount>,
    /// What to add on the right.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub right: Option<Amount>,
    /// What to add below.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub bottom: Option<Amount>,
}

/// Runs the command.
///
/// # Errors
/// A picture or model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &UncropArguments) -> Result<()> {
    let border = arguments.border;
    let asked = move |_: &Path, file: &PictureFile| {
        let (width, height) = (file.original.width() as usize, file.original.height() as usize);
        Ok(Task::Uncrop(border.of(width, height)))
    };
    edit::run(arguments.edit.resolve(TaskKind::Uncrop, Box::new(asked))?)
}

impl BorderArguments {
    /// What is added to a picture of this size.
    fn of(self, width: usize, height: usize) -> Border {
        let every = self.percent.map(|percent| Amount::Percent(percent.into())).or(self.all).unwrap_or(Amount::Pixels(0));
        Border {
            left: self.left.unwrap_or(every).of(width),
            top: self.top.unwrap_or(every).of(height),
            right: self.right.unwrap_or(every).of(width),
            bottom: self.bottom.unwrap_or(every).of(height),
        }
    }
}
