//! `infill colorize` on the command line.

use anyhow::Result;
use clap::Args;
use infill::task::{Task, TaskKind};

use super::edit_arguments::EditArguments;
use crate::edit;

/// Give a picture new colours; its brightness stays.
#[derive(Debug, Args)]
pub struct ColorizeArguments {
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Runs the command.
///
/// # Errors
/// A picture or model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &ColorizeArguments) -> Result<()> {
    edit::run(arguments.edit.resolve(TaskKind::Colorize, Box::new(|_, _| Ok(Task::Colorize)))?)
}
