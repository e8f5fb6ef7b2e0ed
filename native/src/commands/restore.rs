//! `infill restore` on the command line.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use infill::task::{Repair, Task, TaskKind};

use super::edit_arguments::EditArguments;
use crate::{edit, pictures::picture_file::PictureFile};

/// Remove what JPEG compression did to a picture. With --strength below 1 only so much of the repair is used.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// Leave parts as they are that show no blocks of JPEG. Pictures of good quality take less time.
    #[arg(long)]
    pub leave_clean: bool,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Runs the command.
///
/// # Errors
/// A picture or model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &RestoreArguments) -> Result<()> {
    let strength = arguments.edit.sampling.strength.map_or(1.0, |strength| strength as f32);
    let repair = Repair { strength, leave_clean: arguments.leave_clean };
    let asked = move |path: &Path, file: &PictureFile| {
        if let Some(quality) = file.quality {
            tracing::info!("{}: JPEG of a quality of about {quality}", path.display());
        }
        Ok(Task::Restore(repair))
    };
    edit::run(arguments.edit.resolve(TaskKind::Restore, Box::new(asked))?)
}
