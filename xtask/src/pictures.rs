//! `cargo xtask pictures`: makes the README's and the model card's pictures anew, from the shipped model. The pictures themselves
//! are put together by an example of the program's package (`native/examples/pictures.rs`), which draws masks as the program does.

use anyhow::Result;

use crate::tools;

/// Builds the command line and has the pictures made.
///
/// # Errors
/// When something cannot be built or run.
pub fn make() -> Result<()> {
    let build = ["build", "--release", "-p", "infill-cli", "--no-default-features", "--bin", "infill", "--example", "pictures"];
    tools::run(tools::command("cargo", &build))?;
    let built = tools::target().join("release");
    let mut command = tools::command(&built.join("examples/pictures").to_string_lossy(), &[]);
    command.arg(built.join("infill")).arg(tools::root());
    tools::run(command)
}
