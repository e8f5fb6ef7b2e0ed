//! `infill restore` on the command line.

use anyhow::Result;
use clap::Args;
use infill::task::{Task, TaskKind};

use super::edit_arguments::EditArguments;
use crate::edit;

/// Remove what JPEG compression did to a picture.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Runs the command.
///
/// # Errors
/// A picture or model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &RestoreArguments) -> Result<()> {
    edit::run(arguments.edit.resolve(TaskKind::Restore, Box::new(|_, _| Ok(Task::Restore)))?)
}
