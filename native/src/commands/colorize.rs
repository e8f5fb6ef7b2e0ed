//! `infill colorize` on the command line.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use infill::{
    picture::{MOST_SATURATION, SATURATION},
    task::{Hints, Task, TaskKind},
};

use super::edit_arguments::EditArguments;
use crate::{
    edit::{self, EditPlan},
    exit::input,
    pictures::picture_file,
};

/// Give a picture new colours; its brightness stays.
#[derive(Debug, Args)]
pub struct ColorizeArguments {
    /// Picture of the same size whose opaque pixels have colours that are known; all others are transparent. They spread along like
    /// brightness.
    #[arg(long, value_name = "FILE")]
    pub hints: Option<PathBuf>,
    /// Saturation of the result, percent: 0 is grey, 100 as the net draws it.
    #[arg(long, value_name = "PERCENT", default_value_t = SATURATION, value_parser = clap::value_parser!(u16).range(0..=i64::from(MOST_SATURATION)))]
    pub saturation: u16,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Runs the command.
///
/// # Errors
/// A picture, hints or a model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &ColorizeArguments) -> Result<()> {
    let hints = arguments.hints.as_deref().map_or(Ok(Hints::default()), read_hints)?;
    let plan = arguments.edit.resolve(TaskKind::Colorize, Box::new(move |_, _| Ok(Task::Colorize { hints: hints.clone() })))?;
    edit::run(EditPlan { saturation: arguments.saturation, ..plan })
}

fn read_hints(path: &Path) -> Result<Hints> {
    let file = picture_file::read(path)?;
    file.say_notes(path);
    let rgba = file.original.to_rgba8();
    let opaque = rgba.pixels().filter(|pixel| pixel[3] > 127).count();
    if opaque == 0 || opaque as u64 == u64::from(rgba.width()) * u64::from(rgba.height()) {
        let found = if opaque == 0 { "no pixel" } else { "every pixel" };
        bail!(input(format!("{}: {found} is opaque; paint known colours on transparent ground (PNG or WebP)", path.display())));
    }
    Ok(Hints::of_rgba(rgba.width() as usize, rgba.height() as usize, rgba.as_raw()))
}
