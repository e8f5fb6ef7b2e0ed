//! `cargo xtask pictures`: makes the README's and the model card's pictures anew, from the shipped model. The pictures themselves
//! are put together in the tests' package, which can read and write them.

use anyhow::Result;

use crate::tools;

/// Builds the command line and has the pictures made.
///
/// # Errors
/// When something cannot be built or run.
pub fn make() -> Result<()> {
    tools::run(tools::command("cargo", &["build", "--release", "-p", "infill-cli", "--no-default-features"]))?;
    let program = tools::target().join("release/infill");
    let mut command = tools::command("cargo", &["run", "--quiet", "-p", "infill-tests", "--bin", "pictures", "--"]);
    command.arg(program);
    tools::run(command)
}
