//! A settings file as somebody writes it: TOML of which every part may be left out.

use std::path::Path;

use anyhow::{Context, Result};
use infill::config::ModelConfig;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    recipe::{Objective, Recipe},
    settings::RunSettings,
};
use crate::exit::input;

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
    /// The model itself, in the place of a preset.
    pub model: Option<ModelConfig>,
    /// What is said of training; the recipe says the rest.
    #[serde(default)]
    pub train: toml::Table,
    /// The run around it.
    #[serde(default)]
    pub run: RunSettings,
}

/// Reads settings of any kind.
///
/// # Errors
/// A file that cannot be read, or that holds something else.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the settings {}", path.display())).map_err(input)?;
    toml::from_str(&text).with_context(|| format!("the settings in {} cannot be used", path.display())).map_err(input)
}
