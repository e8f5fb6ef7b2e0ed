//! The program, for tests that need it beside the page.

use std::path::{Path, PathBuf};

use anyhow::Result;
use xtask::tools;

/// The program's file, built with the features of its own tests, so that nothing is built twice.
///
/// # Errors
/// When it does not compile.
pub fn program() -> Result<PathBuf> {
    let packages = ["-p", "infill", "-p", "infill-kernel", "-p", "infill-picture-file", "-p", "infill-pytorch-file", "-p", "infill-cli"];
    let build = [&["build", "--quiet"][..], &packages, &["--no-default-features", "--bin", "infill"]].concat();
    tools::run(tools::command("cargo", &build))?;
    Ok(tools::target().join("debug/infill"))
}

/// Runs the program in a folder, with arguments that have no spaces in them.
///
/// # Errors
/// When it does not end well.
pub fn infill(folder: &Path, arguments: &str) -> Result<()> {
    let mut command = tools::command(&program()?.to_string_lossy(), &arguments.split(' ').collect::<Vec<_>>());
    command.current_dir(folder);
    tools::run(command)
}
