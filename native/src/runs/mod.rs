//! Runs side by side: a table, curves of their losses, and in what their settings differ. It reads what a run wrote down while
//! it trained and changes nothing.

mod record;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{exit::input, train::RunDirectory};
use record::Run;
pub use report::Report;

/// Reads runs: each folder is one, or holds some.
///
/// # Errors
/// A folder without runs, or a run whose record cannot be read.
pub fn compare(folders: &[PathBuf]) -> Result<Report> {
    let mut found = Vec::new();
    for folder in folders {
        let before = found.len();
        if is_run(folder) {
            found.push(folder.clone());
        } else {
            let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display())).map_err(input)?;
            found.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_run(path)));
            found[before..].sort();
        }
        if found.len() == before {
            bail!(input(format!(
                "{} holds no run; name a folder that `infill train --run` wrote, or one around such folders",
                folder.display()
            )));
        }
    }
    let read = |folder: &PathBuf| {
        let directory = RunDirectory::open(folder, true)?;
        Ok(Run { name: folder.display().to_string(), settings: directory.settings()?, stats: directory.stats()? })
    };
    Ok(Report { runs: found.iter().map(read).collect::<Result<_>>()? })
}

fn is_run(folder: &Path) -> bool {
    folder.join("config.toml").is_file()
}
