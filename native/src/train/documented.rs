//! Whether docs/settings.md lists every setting, with its default and what the source says of it. The table is made here, from the
//! sources' own comments, and the document is held to it.

use std::path::{Path, PathBuf};

use infill::{config::ModelConfig, train::TrainConfig};
use serde_json::Value;

use super::settings::{RunSettings, TrainingSettings};

/// Has the document written anew instead of compared.
const WRITE: &str = "INFILL_WRITE_DOCS";

const HEAD: &str = "\
# Settings

All settings of a training. They go into a file (`--config FILE`: `preset`, `recipe` and `objective` at its top, as the options of these names, the rest in
`[model]`, `[train]` and `[run]`) or into `--set NAME=VALUE`; a run directory's `config.toml` holds them as resolved.
Defaults are those of `infill train --preset nature`; `infill train … --dry-run` prints those of any command.
`INFILL_WRITE_DOCS=1 cargo test -p infill-cli documented` writes this page from the sources' comments.
";

/// Parts of the settings: the prefix of their names, and where they are declared.
const PARTS: [(&str, &str, &str); 6] = [
    ("model", "ModelConfig", "shared/src/config/model.rs"),
    ("model.unet", "UnetConfig", "shared/src/config/unet.rs"),
    ("model.sampling.TASK", "Sampling", "shared/src/config/sampling.rs"),
    ("train", "TrainConfig", "shared/src/train/config.rs"),
    ("train.progressive", "Progressive", "shared/src/train/config.rs"),
    ("run", "RunSettings", "native/src/train/settings.rs"),
];

/// Settings whose values are words.
const WORDS: [(&str, &str, &str); 9] = [
    ("model.noise_embedding", "NoiseEmbedding", "shared/src/config/recipe.rs"),
    ("model.prediction", "Prediction", "shared/src/config/recipe.rs"),
    ("model.hole", "HoleCondition", "shared/src/config/recipe.rs"),
    ("model.unet.self_attention", "SelfAttention", "shared/src/config/unet.rs"),
    ("train.optimizer", "OptimizerKind", "shared/src/train/config.rs"),
    ("train.loss_weighting", "LossWeighting", "shared/src/train/loss.rs"),
    ("train.levels", "LevelDistribution", "shared/src/schedule.rs"),
    ("train.task_levels.colorize", "LevelDistribution", "shared/src/schedule.rs"),
    ("train.precision", "Precision", "shared/src/train/precision.rs"),
];

/// A field or a variant with what its comment says and the word that a file has for it.
struct Item {
    word: String,
    about: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The items of a public struct or enum of a file, by the lines of its declaration.
fn items(name: &str, file: &str) -> Vec<Item> {
    let text = std::fs::read_to_string(root().join(file)).expect(file);
    let begin = |line: &str| line == format!("pub struct {name} {{") || line == format!("pub enum {name} {{");
    let lines = text.lines().skip_while(|line| !begin(line)).skip(1).take_while(|line| *line != "}");
    let (mut items, mut about, mut renamed) = (Vec::new(), Vec::new(), None);
    for line in lines.map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            about.push(comment.trim().to_owned());
        } else if let Some(word) = line.strip_prefix("#[serde(rename = \"") {
            renamed = word.split('"').next().map(str::to_owned);
        } else if !line.starts_with('#') && !line.is_empty() {
            let own = line.trim_start_matches("pub ").split([':', ',']).next().unwrap_or_default();
            items.push(Item { word: renamed.take().unwrap_or_else(|| snake(own)), about: plain(&about.join(" ")) });
            about.clear();
        }
    }
    assert!(!items.is_empty(), "{file} declares no {name}");
    items
}

/// `MinSnr` as `min_snr`; what is written so already stays.
fn snake(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

/// A comment without the links of Rust's documents, in one cell of a table.
fn plain(text: &str) -> String {
    let mut parts = text.split("](");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once(')').map_or("", |(_, rest)| rest);
    }
    plain.replace("[`", "`").replace("`]", "`").replace("LevelDistribution::Logistic", "logistic").replace('|', "\\|")
}

fn document() -> String {
    let model = ModelConfig::preset("nature").expect("a preset");
    let run = RunSettings { threads: 0, ..RunSettings::default() };
    let settings = serde_json::to_value(TrainingSettings { model, train: TrainConfig::default(), run }).expect("settings");
    let mut text = HEAD.to_owned();
    for (prefix, name, file) in PARTS {
        text += &format!("\n## {prefix}\n\n| setting | default | what it is |\n|---|---|---|\n");
        for Item { word, about } in items(name, file) {
            let pointer = format!("/{}/{word}", prefix.replace('.', "/"));
            let default = match settings.pointer(&pointer) {
                _ if word == "threads" => "processors, at most 8".to_owned(),
                // Not written where it is the default, which files of earlier builds have.
                _ if word == "self_attention" => "`\"global\"`".to_owned(),
                Some(Value::Object(fields)) if !fields.is_empty() => "below".to_owned(),
                Some(Value::Object(_)) => "`{}`".to_owned(),
                Some(Value::Null) | None => "none".to_owned(),
                Some(value) => format!("`{value}`"),
            };
            text += &format!("| `{prefix}.{word}` | {default} | {about} |\n");
        }
    }
    text += "\n# Words\n";
    for (setting, name, file) in WORDS {
        text += &format!("\n## {setting}\n\n| word | what it is |\n|---|---|\n");
        for Item { word, about } in items(name, file) {
            text += &format!("| `{word}` | {about} |\n");
        }
    }
    text
}

#[test]
fn settings_are_documented_as_the_sources_have_them() {
    let path = root().join("docs/settings.md");
    let wanted = document();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &wanted).expect("the document");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let other = wanted.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
    assert!(found == wanted, "docs/settings.md is not as the sources have it ({other:?}); {WRITE}=1 writes it anew");
}

#[test]
fn every_word_is_one_that_a_file_may_hold_and_no_setting_is_left_out() {
    let model = ModelConfig::preset("nature").expect("a preset");
    let settings = TrainingSettings { model, train: TrainConfig::default(), run: RunSettings::default() };
    for (setting, name, file) in WORDS {
        for Item { word, about } in items(name, file) {
            settings.clone().with(&[format!("{setting}={word}")]).unwrap_or_else(|error| panic!("{setting}={word}: {error:#}"));
            assert!(!about.is_empty(), "{setting}={word}");
        }
    }
    let text = document();
    let all = serde_json::to_value(&settings).expect("settings");
    for (part, fields) in all.as_object().expect("parts") {
        for name in fields.as_object().expect("fields").keys() {
            assert!(text.contains(&format!("| `{part}.{name}` |")), "{part}.{name}");
        }
    }
}
