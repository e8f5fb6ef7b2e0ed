//! `infill runs` on the command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::{
    files, runs,
    stdout::{self, say},
};

/// Compare training runs: a table, loss curves, and in which settings they differ.
#[derive(Debug, Args)]
pub struct RunsArguments {
    /// Folders of runs, or folders that hold some.
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Also write the curves into this SVG file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Overwrite a file of --svg that is there.
    #[arg(long, requires = "svg")]
    pub force: bool,
    /// Print the table as JSON, without curves.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// A folder without runs, or a file that cannot be read or written.
pub fn run(arguments: &RunsArguments) -> Result<()> {
    if let Some(path) = &arguments.svg {
        files::check_output(path, arguments.force, "--svg")?;
    }
    let report = runs::compare(&arguments.runs)?;
    if let Some(path) = &arguments.svg {
        files::write_atomically(path, report.svg()?.as_bytes())?;
    }
    if arguments.json {
        say!("{}", report.json()?.trim_end());
    } else {
        stdout::markdown(report.text()?.trim_end());
    }
    Ok(())
}
