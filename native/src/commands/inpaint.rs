//! `infill inpaint` on the command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use infill::task::Task;

use super::edit_arguments::EditArguments;
use crate::{edit, pictures::picture_file};

/// Fill what a mask marks; every other pixel stays as it is.
#[derive(Debug, Args)]
pub struct InpaintArguments {
    /// The mask, a picture of the same size: white, or any one colour, is filled; black or transparent is kept.
    #[arg(long)]
    pub mask: PathBuf,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Runs the command.
///
/// # Errors
/// A picture, mask or model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &InpaintArguments) -> Result<()> {
    edit::run(arguments.edit.resolve(|_| Ok(Task::Inpaint { mask: picture_file::read_mask(&arguments.mask)? }))?)
}
