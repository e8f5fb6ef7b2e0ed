//! `infill import`: a checkpoint of the public PyTorch Palette or of guided-diffusion as a model file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use infill::{
    config::{ModelConfig, NoiseEmbedding},
    model_file::{ModelFile, TrainingRecord},
    pytorch::{Architecture, Asked, DiffusersNet},
    task::TaskKind,
};

use super::{
    export::Quantize,
    info::{listed, word},
};
use crate::{
    device,
    exit::{input, usage},
    files,
    formats::{checkpoint::Checkpoint, diffusers},
    model_on_disk,
    stdout::say,
};

/// Take over a checkpoint of the public PyTorch Palette, or an unconditional one of guided-diffusion, without Python.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Checkpoint: `.pth` of PyTorch 1.6 or later, or safetensors. Where `*_Network_ema.pth` lies beside `*_Network.pth`, it is taken.
    /// Or a folder of diffusers with a `UNet2DModel` (`unet/config.json`).
    pub checkpoint: PathBuf,
    /// Where the model file goes.
    #[arg(long, short)]
    pub output: PathBuf,
    /// Take the configuration of this model, whose weights were trained on in PyTorch. Weights that `infill export --pytorch` wrote say
    /// themselves what they are.
    #[arg(long, value_name = "MODEL")]
    pub like: Option<PathBuf>,
    /// Side of the pictures it was trained on, in pixels [default: 256].
    #[arg(long, conflicts_with = "like")]
    pub size: Option<usize>,
    /// Channels of one attention head, which the tensors do not tell [default: 32 for Palette, 64 for guided-diffusion].
    #[arg(long, conflicts_with = "like")]
    pub head_channels: Option<usize>,
    /// What it was trained to do: inpaint, uncrop, colorize, restore [default: inpaint].
    #[arg(long, value_delimiter = ',', conflicts_with = "like")]
    pub tasks: Vec<TaskKind>,
    /// How weights are stored.
    #[arg(long, value_enum, default_value = "f32")]
    pub quantize: Quantize,
    /// Take the file that is named, even where averaged weights lie beside it.
    #[arg(long)]
    pub no_ema: bool,
    /// Overwrite an output that is there.
    #[arg(long)]
    pub force: bool,
}

/// Runs the command.
///
/// # Errors
/// A checkpoint that cannot be read or is another net, or an output that cannot be written.
pub fn run(arguments: &ImportArguments) -> Result<()> {
    files::check_output(&arguments.output, arguments.force, "--output")?;
    if arguments.checkpoint.is_dir() {
        return import_folder(arguments);
    }
    let path = averaged(&arguments.checkpoint).filter(|_| !arguments.no_ema);
    if let Some(averaged) = &path {
        say!("{} lies beside it and is taken; --no-ema takes the file that is named", averaged.display());
    }
    let path = path.as_deref().unwrap_or(&arguments.checkpoint);
    let checkpoint = Checkpoint::open(path).map_err(input)?;
    let named = || format!("cannot use {}", path.display());
    let architecture = architecture(arguments, &checkpoint).with_context(named).map_err(input)?;

    let mut failure = None;
    let weights = architecture.entries.iter().map_while(|entry| {
        let weight = checkpoint.read(&entry.name).map(|values| entry.import(values));
        weight.map_err(|error| failure = Some(error)).ok()
    });
    let encoded = ModelFile::encode(&architecture.config, &record(path), weights, arguments.quantize.into());
    if let Some(error) = failure {
        return Err(input(error));
    }
    let bytes = encoded?;
    files::write_atomically(&arguments.output, &bytes)?;
    describe(&architecture, &checkpoint);
    say!("wrote {} ({:.2} MB)", arguments.output.display(), bytes.len() as f64 / 1e6);
    Ok(())
}

/// A folder of diffusers.
fn import_folder(arguments: &ImportArguments) -> Result<()> {
    if arguments.head_channels.is_some() || arguments.no_ema {
        bail!(usage("--head-channels and --no-ema are for checkpoint files; a folder of diffusers says it itself"));
    }
    let folder = [arguments.checkpoint.join("unet"), arguments.checkpoint.clone()];
    let folder = folder.iter().find(|folder| folder.join(diffusers::CONFIG).is_file()).with_context(|| {
        format!("{} is no folder of diffusers: it has neither unet/{1} nor {1}", arguments.checkpoint.display(), diffusers::CONFIG)
    });
    let folder = folder.map_err(input)?;
    let (file, checkpoint) = diffusers::open(folder).map_err(input)?;
    let known = match &arguments.like {
        Some(model) => Some(model_on_disk::read(model)?.config),
        None => checkpoint.config()?,
    };
    let ImportArguments { size, head_channels, tasks, .. } = arguments;
    let asked = Asked { size: *size, head_channels: *head_channels, tasks: tasks.clone(), noise_levels: None };
    let known = known.filter(|_| size.is_none() && tasks.is_empty());
    let named = || format!("cannot use {}", folder.display());
    let net = DiffusersNet::read(&file, checkpoint.shapes(), known, &asked, &device::reference()).with_context(named).map_err(input)?;
    let mut failure = None;
    let weights = net.places.iter().map_while(|place| {
        let parts = place.tensors.iter().map(|(name, _)| checkpoint.read(name)).collect::<Result<Vec<_>>>();
        parts.map(|parts| place.import(&parts)).map_err(|error| failure = Some(error)).ok()
    });
    let encoded = ModelFile::encode(&net.config, &record(&arguments.checkpoint), weights, arguments.quantize.into());
    if let Some(error) = failure {
        return Err(input(error));
    }
    let bytes = encoded?;
    files::write_atomically(&arguments.output, &bytes)?;
    describe_net(&net.config);
    say!("wrote {} ({:.2} MB)", arguments.output.display(), bytes.len() as f64 / 1e6);
    Ok(())
}

/// The net, from a configuration where there is one, else from its tensors.
fn architecture(arguments: &ImportArguments, checkpoint: &Checkpoint) -> Result<Architecture> {
    let config = match &arguments.like {
        Some(model) => Some(model_on_disk::read(model)?.config),
        None => checkpoint.config()?,
    };
    let asks = arguments.size.is_some() || arguments.head_channels.is_some() || !arguments.tasks.is_empty();
    if asks && config.is_some() {
        tracing::warn!(
            "the file says itself what net it is, and --size, --head-channels and --tasks have that left aside; leave them out to keep it"
        );
    }
    let config = config.filter(|_| !asks);
    let ImportArguments { size, head_channels, tasks, .. } = arguments;
    let asked = Asked { size: *size, head_channels: *head_channels, tasks: tasks.clone(), noise_levels: None };
    Architecture::of_checkpoint(checkpoint.shapes(), config.as_ref(), &asked, |name| checkpoint.read(name), &device::reference())
}

/// The averaged weights that the public Palette writes beside a checkpoint, if they are there.
fn averaged(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_suffix("_Network.pth")?;
    let beside = path.with_file_name(format!("{name}_Network_ema.pth"));
    beside.is_file().then_some(beside)
}

/// What is known of how it came about.
fn record(path: &Path) -> TrainingRecord {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    TrainingRecord { data: serde_json::json!({ "imported_from": name }), ..TrainingRecord::default() }
}

/// Says what the net is.
fn describe(architecture: &Architecture, checkpoint: &Checkpoint) {
    let Architecture { config, inputs, outputs, entries } = architecture;
    let parameters: usize = entries.iter().map(|entry| entry.shape.iter().product::<usize>()).sum();
    say!("{} tensors, {parameters} parameters, {inputs} channels in, {outputs} out", entries.len());
    describe_net(config);
    let dropped = checkpoint.shapes().len() - entries.len();
    if dropped > 0 {
        say!("left out: {dropped} tensors of the noise schedule");
    }
    let pixels = config.unet.patch * config.unet.patch;
    if !architecture.has_condition() {
        say!("it was trained without a condition and ignores it; train it with `infill train --init` before it can fill anything");
    }
    if *outputs > 3 * pixels {
        say!("left out: the variances that it gives beside ε");
    }
}

fn describe_net(config: &ModelConfig) {
    let unet = &config.unet;
    say!(
        "{} px, {} channels times {}, {} blocks a level, attention at {} and in the middle, {} channels a head",
        config.size,
        unet.channels,
        listed(&unet.multipliers),
        unet.blocks,
        listed(&unet.attention),
        unet.head_channels
    );
    let told = match config.noise_embedding {
        NoiseEmbedding::Step => "the step of guided-diffusion's schedule",
        NoiseEmbedding::NoiseLevel => "the noise level γ",
        NoiseEmbedding::LogSnr => "the log-SNR",
    };
    let [low, high] = config.log_snr_range;
    say!("predicts {}, told {told}, log-SNR {low:.2} to {high:.2}", word(&config.prediction));
}
