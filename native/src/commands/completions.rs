//! `infill completions`: what shells complete, and manual pages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{exit::input, stdout::say};

/// Print what a shell needs to complete commands and options, or write the manual pages.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// For which shell, to the standard output.
    #[arg(required_unless_present = "man")]
    pub shell: Option<Shell>,
    /// Write a manual page for the program and each command into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "shell")]
    pub man: Option<PathBuf>,
}

/// Runs the command for the program `P`.
///
/// # Errors
/// A folder that cannot be written.
pub fn run<P: CommandFactory>(arguments: &CompletionsArguments) -> Result<()> {
    let mut program = P::command();
    if let Some(folder) = &arguments.man {
        return pages(program, folder);
    }
    if let Some(shell) = arguments.shell {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut program, "infill", &mut script);
        say!("{}", String::from_utf8(script)?.trim_end());
    }
    Ok(())
}

fn pages(program: clap::Command, folder: &Path) -> Result<()> {
    let failed = || format!("cannot write manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed).map_err(input)?;
    clap_mangen::generate_to(program, folder).with_context(failed)
}
