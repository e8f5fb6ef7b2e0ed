//! `infill export`: a model file in another encoding, as one of a page's models, its net as an ONNX graph, or its weights by the
//! names of PyTorch's programs.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use infill::config::Sampling;
use infill::manifest::{ModelEntry, Words};
use infill::model_file::{Encoding, ModelFile};
use infill::pytorch::{Architecture, DiffusersNet};
use infill::task::TaskKind;

use crate::{
    device,
    exit::{input, usage},
    files,
    formats::{checkpoint, diffusers, onnx},
    model_on_disk,
    site::{NewModel, Site},
    stdout::say,
    train::averages,
};

/// Write a model with smaller weights, such as 8 bits for the page, as one of a page's models, as an ONNX graph for other runtimes, or for PyTorch.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Model file, or a checkpoint of a training, whose averaged weights are taken. With --ema-length the folder of a run.
    pub model: PathBuf,
    /// Take the model of another length of average than the run trained with, as a part of the run: 0.01 to 0.288. The run must keep
    /// averages for it (`infill train --set train.ema_lengths=[0.05,0.1]`).
    #[arg(long, value_name = "LENGTH")]
    pub ema_length: Option<f64>,
    /// Where the result goes.
    #[arg(long, short, value_name = "FILE", required_unless_present = "web")]
    pub output: Option<PathBuf>,
    /// Put the model into the folder of a page that is built, such as web/dist, for visitors to choose.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["output", "onnx", "pytorch", "diffusers"])]
    pub web: Option<PathBuf>,
    /// Its short name there [default: that of the file].
    #[arg(long, requires = "web")]
    pub name: Option<String>,
    /// What visitors read in the place of the name.
    #[arg(long, requires = "web")]
    pub title: Option<String>,
    /// What it is good at, in a few words for visitors.
    #[arg(long, requires = "web")]
    pub about: Option<String>,
    /// Put it first in the list: of models that know a task and as few others, the page takes the first where a visitor has chosen none.
    #[arg(long, requires = "web")]
    pub default: bool,
    /// How weights are stored [default: q8, with --onnx f32].
    #[arg(long, value_enum)]
    pub quantize: Option<Quantize>,
    /// Write the net as an ONNX graph. Its inputs are `condition`, `input` (the noisy picture as the net is given it) and `level`,
    /// its output is `output`; opset 17, with 8-bit weights 21. Schedule, sampler and preconditioning are not in it.
    #[arg(long)]
    pub onnx: bool,
    /// Write safetensors with the names of the public PyTorch Palette, or of guided-diffusion where the net is told its steps. A net with
    /// patches has the same names, and `tests/peers/unet.py` is its twin in PyTorch.
    #[arg(long, conflicts_with_all = ["onnx", "quantize", "sampling"])]
    pub pytorch: bool,
    /// Write a folder of diffusers, whose `unet` is a `UNet2DModel`. Nets with patches, with another prediction than ε, or with channels
    /// that 32 does not divide are refused.
    #[arg(long, conflicts_with_all = ["onnx", "pytorch", "quantize", "sampling"])]
    pub diffusers: bool,
    /// Put the graph's weights into a file beside it. Weights over the format's 2 GB always go there.
    #[arg(long, requires = "onnx")]
    pub external_data: bool,
    /// How the model samples a task by default: restore=4:0.5 is 4 steps at temperature 0.5; uncrop=8:0.7:0 also begins from a
    /// start at log-SNR 0 instead of noise. May be given again.
    #[arg(long, value_name = "TASK=STEPS:TEMPERATURE[:GUESS]", conflicts_with = "onnx")]
    pub sampling: Vec<SamplingAdvice>,
    /// Tasks that the file names, of those that the model was trained on: for all others program and page take another model
    /// [default: all].
    #[arg(long, value_delimiter = ',', conflicts_with_all = ["onnx", "pytorch", "diffusers"])]
    pub task: Vec<TaskKind>,
    /// Overwrite an output that is there.
    #[arg(long)]
    pub force: bool,
}

/// Steps, temperature and guess for a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplingAdvice {
    task: TaskKind,
    sampling: Sampling,
}

/// A text that is no [`SamplingAdvice`].
#[derive(Debug, thiserror::Error)]
pub enum NoAdvice {
    /// It has another form.
    #[error("`{0}` is not TASK=STEPS:TEMPERATURE or TASK=STEPS:TEMPERATURE:GUESS, such as restore=4:0.5 or uncrop=8:0.7:0")]
    Form(String),
    /// It names no task.
    #[error("`{0}` is no task; there are inpaint, uncrop, colorize and restore")]
    Task(String),
}

impl FromStr for SamplingAdvice {
    type Err = NoAdvice;

    fn from_str(text: &str) -> Result<Self, NoAdvice> {
        let form = || NoAdvice::Form(text.to_owned());
        let (task, numbers) = text.split_once('=').ok_or_else(form)?;
        let task = task.parse().map_err(|_| NoAdvice::Task(task.to_owned()))?;
        let parse = || {
            let (steps, rest) = numbers.split_once(':')?;
            let (temperature, guess) = rest.split_once(':').map_or((rest, None), |(temperature, guess)| (temperature, Some(guess)));
            let guess = guess.map(str::parse).transpose().ok()?;
            Some(Sampling { steps: steps.parse().ok()?, temperature: temperature.parse().ok()?, guess })
        };
        Ok(Self { task, sampling: parse().ok_or_else(form)? })
    }
}

/// The encodings by their names on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Quantize {
    /// 8-bit integers with a scale for every 32 input channels.
    Q8,
    /// 4-bit integers with such scales: half the size, slightly lower quality.
    Q4,
    /// 16-bit floats.
    F16,
    /// 32-bit floats.
    F32,
}

impl From<Quantize> for Encoding {
    fn from(quantize: Quantize) -> Self {
        match quantize {
            Quantize::Q8 => Self::Q8,
            Quantize::Q4 => Self::Q4,
            Quantize::F16 => Self::F16,
            Quantize::F32 => Self::F32,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// A model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &ExportArguments) -> Result<()> {
    let output = match (&arguments.output, &arguments.web) {
        (_, Some(site)) => return export_web(arguments, site),
        (Some(output), None) if arguments.diffusers => return export_diffusers(arguments, output),
        (Some(output), None) => output,
        (None, None) => bail!(usage("give --output FILE or --web DIR")),
    };
    files::check_output(output, arguments.force, "--output")?;
    let file = arguments.file()?;
    if arguments.pytorch {
        let architecture = Architecture::of_model(&file.config, &device::reference()).map_err(input)?;
        return write(output, &checkpoint::write(&architecture, &file)?);
    }
    if arguments.onnx {
        return export_onnx(arguments, output, &file);
    }
    write(output, &arguments.encode(&file)?)
}

impl ExportArguments {
    /// What is exported.
    fn file(&self) -> Result<ModelFile> {
        let Some(length) = self.ema_length else { return model_on_disk::read(&self.model) };
        let (file, error) = averages::of_length(&self.model, length)?;
        tracing::info!("averaged over a length of {length}, which the snapshots meet within {:.2} %", 100.0 * error);
        Ok(file)
    }

    /// The model as a file, with what the options change.
    fn encode(&self, file: &ModelFile) -> Result<Vec<u8>> {
        let encoding = self.quantize.unwrap_or(Quantize::Q8).into();
        let mut config = file.config.clone();
        if let Some(advice) = self.sampling.iter().find(|advice| !config.tasks.contains(&advice.task)) {
            bail!(usage(format!("--sampling {}: this model was not trained on that", advice.task)));
        }
        config.sampling.extend(self.sampling.iter().map(|advice| (advice.task, advice.sampling)));
        if let Some(task) = self.task.iter().find(|task| !config.tasks.contains(task)) {
            bail!(usage(format!("--task {task}: this model was not trained on that")));
        }
        if !self.task.is_empty() {
            config.tasks.retain(|task| self.task.contains(task));
            config.sampling.retain(|task, _| self.task.contains(task));
        }
        config.validate().map_err(usage)?;
        Ok(ModelFile::encode(&config, &file.training, file.weights(), encoding)?)
    }
}

fn export_web(arguments: &ExportArguments, site: &Path) -> Result<()> {
    let page = Site::open(site)?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => arguments.model.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    if name.is_empty() || name.contains(['/', '\\']) {
        bail!(usage(format!("`{name}` is no name for a model; choose one without slashes by --name")));
    }
    if page.has(&name) && !arguments.force {
        bail!(input(format!("{} has a model `{name}` already; give --force to replace it, or another --name", site.display())));
    }
    let bytes = arguments.encode(&arguments.file()?)?;
    let words = Words { title: arguments.title.clone(), about: arguments.about.clone() };
    let (list, unused) = page.put(NewModel { name: &name, words, bytes: &bytes, first: arguments.default })?;
    say!("{} now offers:", site.display());
    for (number, ModelEntry { name, words, size, .. }) in list.models.iter().enumerate() {
        let title = words.title.as_ref().map_or(String::new(), |title| format!(", {title}"));
        let about = words.about.as_ref().map_or(String::new(), |about| format!(": {about}"));
        let default = if number == 0 { " (the default)" } else { "" };
        say!("  {name}{title}, {:.2} MB{about}{default}", *size as f64 / 1e6);
    }
    if !unused.is_empty() {
        say!("pages that are open may still ask for these files of models/; remove them in a day: {}", unused.join(" "));
    }
    Ok(())
}

fn export_diffusers(arguments: &ExportArguments, output: &Path) -> Result<()> {
    let file = arguments.file()?;
    let named = || format!("cannot use {}", arguments.model.display());
    let net = DiffusersNet::of_model(&file.config, &device::reference()).with_context(named).map_err(input)?;
    let folder = output.join("unet");
    if folder.exists() && !arguments.force {
        bail!(input(format!("{} exists already; give --force to overwrite it, or another --output", folder.display())));
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display())).map_err(input)?;
    for (name, bytes) in diffusers::files(&net, &file)? {
        write(&folder.join(name), &bytes)?;
    }
    Ok(())
}

fn export_onnx(arguments: &ExportArguments, output: &Path, file: &ModelFile) -> Result<()> {
    let encoding = arguments.quantize.unwrap_or(Quantize::F32).into();
    if encoding == Encoding::Q4 {
        bail!(usage("an ONNX graph has weights of f32, f16 or q8, not q4; choose one of those"));
    }
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    let exported = onnx::export(file, encoding, arguments.external_data, &stem)
        .with_context(|| format!("cannot use {}", arguments.model.display()))
        .map_err(input)?;
    // The weights first: a graph that is there has them.
    if let Some((name, data)) = &exported.data {
        write(&output.with_file_name(name), data)?;
    }
    write(output, &exported.graph)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    files::write_atomically(path, bytes)?;
    say!("wrote {} ({:.2} MB)", path.display(), bytes.len() as f64 / 1e6);
    Ok(())
}
