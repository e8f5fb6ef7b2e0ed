//! An evaluation's folder: table, numbers and picture sheets, and for the time being the cases that are done.

use std::path::Path;

use anyhow::{Context, bail};

use crate::exit::input;
use crate::files::write_atomically;

/// The table's file.
pub const TABLE: &str = "evaluation.md";

/// The numbers' file.
pub const NUMBERS: &str = "evaluation.json";

/// The folder of cases that are done, until all are.
pub const UNFINISHED: &str = "unfinished";

/// Writes sheets (file names and PNG bytes), numbers (JSON) and a table (Markdown) into a folder, each beside its place first and
/// then renamed into it, and removes what was kept there of single cases.
///
/// # Errors
/// The folder holds an evaluation and `force` is off, or writing fails.
pub fn write(folder: &Path, force: bool, sheets: &[(String, Vec<u8>)], numbers: &[u8], table: &str) -> anyhow::Result<()> {
    refuse_to_replace(folder, force)?;
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display())).map_err(input)?;
    for (name, bytes) in sheets {
        write_atomically(&folder.join(name), bytes)?;
    }
    write_atomically(&folder.join(NUMBERS), numbers)?;
    write_atomically(&folder.join(TABLE), table.as_bytes())?;
    forget(&folder.join(UNFINISHED), sheets)
}

/// Removes what was kept of cases, by their sheets' names, and the folder once it is empty: what else is in it is somebody else's.
fn forget(unfinished: &Path, sheets: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    for (sheet, _) in sheets {
        let sheet = unfinished.join(sheet);
        for path in [sheet.with_extension("json"), sheet] {
            if path.exists() {
                std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
            }
        }
    }
    let _ = std::fs::remove_dir(unfinished);
    Ok(())
}

/// Asked before the work as well as after it.
///
/// # Errors
/// The folder holds an evaluation and `force` is off.
pub fn refuse_to_replace(folder: &Path, force: bool) -> anyhow::Result<()> {
    let table = folder.join(TABLE);
    if table.exists() && !force {
        bail!("{} exists; give another folder, or --force to replace it", table.display());
    }
    Ok(())
}
