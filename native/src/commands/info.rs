//! `infill info`: what a model file is, what a preset would need, or how strongly a JPEG file is compressed.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use burn::module::Module;
use clap::Args;
use infill::{
    config::{ModelConfig, PRESETS},
    unet::{Unet, cost},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    device,
    exit::usage,
    model_on_disk,
    pictures::{OutputFormat, picture_file},
    stdout::{self, say},
};

/// Describe a model file or a JPEG file, or what a preset needs for training.
#[derive(Debug, Args)]
pub struct InfoArguments {
    /// Model file, a checkpoint of a training, or a JPEG file.
    pub model: Option<PathBuf>,
    /// Describe a preset instead: paper, browser, nature or tiny.
    #[arg(long, conflicts_with = "model")]
    pub preset: Option<String>,
    /// Print a table of what every preset needs for training.
    #[arg(long, conflicts_with_all = ["model", "preset", "json", "batch"])]
    pub presets: bool,
    /// Pictures in each step, for the training memory.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// No or an unusable model, an unknown preset.
pub fn run(arguments: &InfoArguments) -> Result<()> {
    if arguments.presets {
        return presets();
    }
    if let Some(path) = arguments.model.as_ref().filter(|path| OutputFormat::of(path) == Some(OutputFormat::Jpeg)) {
        return picture(path, arguments.json);
    }
    let mut description = match (&arguments.model, &arguments.preset) {
        (Some(path), _) => {
            let file = model_on_disk::read(path)?;
            json!({
                "file": path.display().to_string(),
                "bytes": std::fs::metadata(path)?.len(),
                "encoding": file.encoding,
                "training": file.training,
                "config": file.config,
            })
        }
        (None, Some(name)) => json!({ "preset": name, "config": ModelConfig::preset(name).map_err(usage)? }),
        (None, None) => bail!(usage("give a model file, --preset NAME or --presets")),
    };
    let config: ModelConfig = serde_json::from_value(description["config"].clone())?;
    // The net is described here, not allocated.
    let parameters = Unet::new(&config, &device::reference()).num_params();
    description["parameters"] = parameters.into();
    description["training_memory_bytes"] = cost::training_bytes(&config, parameters, arguments.batch).into();
    description["training_memory_batch"] = arguments.batch.into();
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&description)?);
    } else {
        print(&description, &config, parameters);
    }
    Ok(())
}

/// Says what a JPEG file is.
fn picture(path: &Path, as_json: bool) -> Result<()> {
    let file = picture_file::read(path)?;
    let (width, height, quality) = (file.original.width(), file.original.height(), file.quality);
    let name = path.display().to_string();
    if as_json {
        say!("{}", serde_json::to_string_pretty(&json!({ "file": name, "width": width, "height": height, "quality": quality }))?);
    } else {
        say!("{:<18}{name}", "file");
        say!("{:<18}{width} × {height}", "pixels");
        say!("{:<18}{}", "quality", quality.map_or("not known".to_owned(), |quality| format!("about {quality}")));
    }
    Ok(())
}

/// Pictures a device for which the table says the memory.
const TABLE_BATCHES: [usize; 4] = [1, 4, 16, 64];

/// Prints the table of presets.
fn presets() -> Result<()> {
    let batches = TABLE_BATCHES.map(|batch| format!("GB at {batch}")).join(" | ");
    let mut text =
        format!("| preset | pixels | parameters | GFLOP a picture | {batches} |\n|---{}|\n", "|---".repeat(3 + TABLE_BATCHES.len()));
    for name in PRESETS {
        let config = ModelConfig::preset(name)?;
        let parameters = Unet::new(&config, &device::reference()).num_params();
        let memory = TABLE_BATCHES.map(|batch| format!("{:.1}", cost::training_bytes(&config, parameters, batch) as f64 / 1e9));
        let arithmetic = 3.0 * cost::forward_operations(&config, config.size) as f64 / 1e9;
        let size = format!("{0}² | {1:.1} M", config.size, parameters as f64 / 1e6);
        text += &format!("| {name} | {size} | {arithmetic:.0} | {} |\n", memory.join(" | "));
    }
    text += "\nTraining in f32: pictures on one device at a time (micro_batch), and the arithmetic of one picture's forward and backward.";
    stdout::markdown(&text);
    Ok(())
}

/// Numbers as a person lists them.
pub fn listed(numbers: &[usize]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a setting is called in a settings file.
pub fn word(setting: &impl Serialize) -> String {
    serde_json::to_value(setting).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}

/// The pictures that a model file names, or where it came from.
fn trained_on(data: &serde_json::Value) -> String {
    if let Some(file) = data["imported_from"].as_str() {
        return format!("not known: imported from {file}");
    }
    let source = |source: &serde_json::Value| Some(format!("{} ({} pictures)", source["name"].as_str()?, source["pictures"]));
    let sources: Vec<String> = data["sources"].as_array().into_iter().flatten().filter_map(source).collect();
    if sources.is_empty() { "not known".to_owned() } else { sources.join(", ") }
}

fn print(description: &serde_json::Value, config: &ModelConfig, parameters: usize) {
    let line = |name: &str, value: String| say!("{name:<18}{value}");
    for (name, key) in [("file", "file"), ("preset", "preset"), ("encoding", "encoding")] {
        if let Some(value) = description[key].as_str() {
            line(name, value.to_owned());
        }
    }
    if let Some(bytes) = description["bytes"].as_u64() {
        line("size", format!("{:.2} MB", bytes as f64 / 1e6));
    }
    line("parameters", format!("{parameters} ({:.1} million)", parameters as f64 / 1e6));
    line("pictures", format!("{0} × {0} pixels", config.size));
    line("tasks", config.tasks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let unet = &config.unet;
    line("net", format!("{} channels times {}, {} blocks a level", unet.channels, listed(&unet.multipliers), unet.blocks));
    line(
        "",
        match unet.self_attention.windows() {
            Some(_) if unet.attention.is_empty() => format!("attention in the middle, {} channels a head", unet.head_channels),
            Some(_) => format!("attention at {} and in the middle, {} channels a head", listed(&unet.attention), unet.head_channels),
            None => "nothing attends".to_owned(),
        },
    );
    line("", format!("{0}×{0} pixels folded into channels", unet.patch));
    line("prediction", format!("{}, told {}", word(&config.prediction), word(&config.noise_embedding)));
    for task in &config.tasks {
        line("sampling", format!("{task}: {}", config.sampling(*task)));
        if config.leading(*task, None) != config.sampling(*task) {
            line("", format!("{task}, the first answer, before detail: {}", config.leading(*task, None)));
        }
    }
    let training = &description["training"];
    if training.is_object() {
        line("trained for", format!("{} steps, {} pictures seen, seed {}", training["steps"], training["pictures_seen"], training["seed"]));
        line("trained on", trained_on(&training["data"]));
    }
    let memory = description["training_memory_bytes"].as_u64().unwrap_or_default();
    line(
        "training memory",
        format!("about {:.1} GB at {} pictures a step in f32", memory as f64 / 1e9, description["training_memory_batch"]),
    );
}
