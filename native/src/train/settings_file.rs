//! A settings file as somebody writes it: TOML of which every part may be left out.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::recipe::{Objective, Recipe};
use crate::{
    exit::{input, usage},
    pictures,
};

/// A settings file: every part may be left out.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
    /// Model to build.
    pub preset: Option<String>,
    /// How it is trained.
    pub recipe: Option<Recipe>,
    /// What it learns.
    pub objective: Option<Objective>,
    /// What is said of the model; the preset says the rest.
    #[serde(default)]
    pub model: toml::Table,
    /// What is said of training; the recipe says the rest.
    #[serde(default)]
    pub train: toml::Table,
    /// What is said of the run around it.
    #[serde(default)]
    pub run: toml::Table,
}

impl SettingsFile {
    /// The settings in a file. Where it is a run's own, its pictures are named from the run's folder; else from where the program stands.
    ///
    /// # Errors
    /// A file that cannot be read, or that says something else.
    pub fn read(path: &Path) -> Result<Self> {
        let mut file: Self = read(path)?;
        if let Some(run) = path.parent().filter(|folder| folder.join("checkpoints").is_dir()) {
            for key in ["data", "validation"] {
                for source in file.run.get_mut(key).and_then(toml::Value::as_array_mut).into_iter().flatten() {
                    if let toml::Value::String(text) = source {
                        *text = pictures::from_run(text, run);
                    }
                }
            }
        }
        Ok(file)
    }
}

/// Tables that are one value: whoever names some of their entries means no others.
const WHOLE: [&str; 4] = ["task_shares", "task_levels", "progressive", "sampling"];

/// Settings with what a file says of them under `part`.
///
/// # Errors
/// A setting that does not exist, or of a value that it cannot have.
pub fn merged<T: Serialize + DeserializeOwned>(settings: &T, said: &toml::Table, part: &str) -> Result<T> {
    let mut table = toml::Table::try_from(settings).context("the settings cannot be written down")?;
    merge(&mut table, said);
    table.try_into().with_context(|| format!("the settings under {part} cannot be used")).map_err(usage)
}

/// Tables that both have are merged; of all else the second counts.
fn merge(table: &mut toml::Table, said: &toml::Table) {
    for (name, value) in said {
        match (table.get_mut(name), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) if !WHOLE.contains(&name.as_str()) => merge(old, new),
            _ => drop(table.insert(name.clone(), value.clone())),
        }
    }
}

/// Reads settings of any kind.
///
/// # Errors
/// A file that cannot be read, or that holds something else.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the settings {}", path.display())).map_err(input)?;
    toml::from_str(&text).with_context(|| format!("the settings in {} cannot be used", path.display())).map_err(usage)
}
