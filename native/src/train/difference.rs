//! In what two sets of settings differ, by name and with both values.

use std::{collections::BTreeMap, fmt};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use super::settings::TrainingSettings;
use crate::exit::usage;

/// What a run keeps from its beginning to its end: its weights, its random numbers and what it averages hang on it.
const FIXED: [&str; 4] = ["model", "train.seed", "train.ema_lengths", "run.pictures_seen_before"];

/// Where pictures are. Whether they are others is said of the pictures and not of their places.
const PLACES: [&str; 2] = ["run.data", "run.validation"];

/// A setting with two values.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its name, as in `config.toml`.
    pub name: String,
    /// The one value.
    pub before: String,
    /// The other.
    pub now: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} → {}", self.name, self.before, self.now)
    }
}

/// Every setting that differs, by name.
///
/// # Errors
/// Settings that cannot be written down.
pub fn differences(before: &impl Serialize, now: &impl Serialize) -> Result<Vec<Difference>> {
    let [mut before, now] = [leaves(before)?, leaves(now)?];
    let none = || "none".to_owned();
    let mut found: Vec<Difference> = now
        .into_iter()
        .map(|(name, now)| Difference { before: before.remove(&name).unwrap_or_else(none), now, name })
        .filter(|difference| difference.before != difference.now)
        .collect();
    found.extend(before.into_iter().map(|(name, before)| Difference { name, before, now: none() }));
    Ok(found)
}

/// What changes when a run goes on with other settings.
///
/// # Errors
/// A setting that a run keeps, with both values.
pub fn changes(before: &TrainingSettings, now: &TrainingSettings) -> Result<Vec<Difference>> {
    let is = |difference: &Difference, name: &str| {
        difference.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let all = differences(before, now)?;
    let fixed = all.iter().filter(|difference| FIXED.iter().any(|name| is(difference, name)));
    let fixed: Vec<String> = fixed.map(ToString::to_string).collect();
    if !fixed.is_empty() {
        bail!(usage(format!(
            "a run keeps its model, its seed and its averages, and this would change {}; leave that out, or begin another --run",
            fixed.join(", ")
        )));
    }
    Ok(all.into_iter().filter(|difference| !PLACES.iter().any(|name| is(difference, name))).collect())
}

/// Settings by their full names; a list is one value.
fn leaves(settings: &impl Serialize) -> Result<BTreeMap<String, String>> {
    fn add(name: &str, value: Value, to: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(fields) => {
                for (field, value) in fields {
                    add(&if name.is_empty() { field } else { format!("{name}.{field}") }, value, to);
                }
            }
            Value::Null => {}
            Value::String(text) => drop(to.insert(name.to_owned(), text)),
            other => drop(to.insert(name.to_owned(), other.to_string())),
        }
    }
    let mut found = BTreeMap::new();
    add("", serde_json::to_value(settings).context("the settings cannot be written down")?, &mut found);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use infill::{config::ModelConfig, train::TrainConfig};

    use super::*;
    use crate::train::RunSettings;

    fn settings() -> TrainingSettings {
        TrainingSettings { model: ModelConfig::preset("tiny").unwrap(), train: TrainConfig::default(), run: RunSettings::default() }
    }

    #[test]
    fn what_changes_is_named_with_both_values_and_what_cannot_is_refused() {
        let before = settings();
        let mut now = before.clone();
        assert_eq!(changes(&before, &now).unwrap(), []);
        now.train.batch = before.train.batch + 3;
        now.run.data = vec!["elsewhere".to_owned()];
        let said: Vec<String> = changes(&before, &now).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(said, [format!("train.batch {} → {}", before.train.batch, now.train.batch)]);
        now.train.seed = 8;
        now.model.unet.channels = 999;
        let error = changes(&before, &now).unwrap_err().to_string();
        let channels = format!("model.unet.channels {} → 999", before.model.unet.channels);
        assert!(error.contains("train.seed 0 → 8") && error.contains(&channels) && !error.contains("batch"), "{error}");
    }

    #[test]
    fn a_setting_that_one_side_lacks_is_a_difference() {
        let one = serde_json::json!({ "a": { "b": 1, "c": null }, "d": [1, 2] });
        let other = serde_json::json!({ "a": { "c": "x" }, "d": [1, 2] });
        let said: Vec<String> = differences(&one, &other).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(said, ["a.c none → x", "a.b 1 → none"]);
    }
}
