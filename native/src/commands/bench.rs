//! `infill bench` on the command line.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use clap::{Args, Subcommand};
use infill::{config::ModelConfig, train::Precision};

use super::{
    device_arguments::{DeviceArguments, DevicesArguments},
    info::word,
    training_choices::{TrainingChoices, precision},
};
use crate::{
    bench::{self, EditBenchPlan, KernelsPlan, Peer, TrainingBenchPlan, Tuning},
    exit::usage,
    interrupt::Interrupt,
};

/// Measure speed on this machine.
#[derive(Debug, Subcommand)]
pub enum BenchArguments {
    Train(BenchTrainArguments),
    Kernels(BenchKernelsArguments),
    Edit(BenchEditArguments),
}

/// Time training steps on random or real pictures: pictures per second, arithmetic, memory.
#[derive(Debug, Args)]
pub struct BenchTrainArguments {
    /// Net to train: paper, browser, nature or tiny.
    #[arg(long, default_value = "nature")]
    pub preset: String,
    /// Pictures in each step.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Number of steps that are timed.
    #[arg(long, default_value_t = 20)]
    pub steps: usize,
    /// Compare with a Python program that trains the same net, such as tests/peers/unet.py. It runs between two halves of ours.
    #[arg(long, value_name = "FILE")]
    pub peer: Option<PathBuf>,
    /// Python that runs it.
    #[arg(long, default_value = "python3", requires = "peer")]
    pub python: PathBuf,
    /// Train on these pictures, as `infill train` does, and say how long the device waits for them: a folder, a tar shard, or a
    /// pattern. May be given again.
    #[arg(long, value_name = "SOURCE")]
    pub data: Vec<String>,
    /// Precision of forward and backward: f32, f16 or bf16.
    #[arg(long, default_value = "f32", value_parser = precision)]
    pub precision: Precision,
    #[command(flatten)]
    pub devices: DevicesArguments,
}

/// Time the kernels on the shapes of a net.
#[derive(Debug, Args)]
pub struct BenchKernelsArguments {
    /// Net whose shapes are timed: paper, browser, nature or tiny.
    #[arg(long, default_value = "browser")]
    pub preset: String,
    /// Side of the picture in pixels, instead of the net's own.
    #[arg(long)]
    pub size: Option<usize>,
    /// How often each is timed.
    #[arg(long, default_value_t = 5)]
    pub runs: usize,
    /// Pixels that an invocation of our convolution keeps in registers, instead of the table's choice.
    #[arg(long)]
    pub pixels: Option<usize>,
    /// Vectors of output channels that it keeps, instead of the table's choice.
    #[arg(long)]
    pub vectors: Option<usize>,
    /// Invocations of a workgroup, instead of the table's choice.
    #[arg(long)]
    pub units: Option<u32>,
    /// Vectors that an invocation of our attention keeps in registers, instead of the table's choice.
    #[arg(long)]
    pub registers: Option<usize>,
    /// Take the table's row for adapters that are a CPU.
    #[arg(long)]
    pub software: bool,
    /// Whether feature maps beside packed weights are of 16 bits where the device has them.
    #[arg(long)]
    pub half: Option<bool>,
    /// Do not time burn's own operations; this is faster.
    #[arg(long)]
    pub ours_only: bool,
    /// Compare every kernel, and a whole run of the model that comes with the program, with the CPU instead of timing them.
    #[arg(long, conflicts_with_all = ["preset", "size", "runs", "ours_only"])]
    pub check: bool,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Time the filling of a hole from file to file, without detail and with it: seconds and memory.
#[derive(Debug, Args)]
pub struct BenchEditArguments {
    /// Picture that is brought to each size.
    pub picture: PathBuf,
    /// Model file, instead of the program's own choice.
    #[arg(short, long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Runs of each; times are their medians.
    #[arg(long, default_value_t = 3)]
    pub runs: usize,
    /// Width and height, and the side of a square hole in the middle. May be given again.
    #[arg(long, value_name = "WIDTHxHEIGHT-SIDE", default_values = ["768x512-140", "4000x3000-1000"], value_parser = size)]
    pub size: Vec<[usize; 3]>,
}

/// A picture's size and its hole's.
fn size(text: &str) -> Result<[usize; 3]> {
    let numbers = text.split(['x', '-']).map(|number| number.parse::<usize>().ok().filter(|number| *number > 0));
    match numbers.collect::<Option<Vec<_>>>().as_deref() {
        Some(&[width, height, side]) if side < width && side < height => Ok([width, height, side]),
        _ => bail!("it has a form like 768x512-140: width, height and a hole that is smaller than both"),
    }
}

/// Runs the command.
///
/// # Errors
/// An unknown preset, a device that fails, a peer that does not run or is another net, a kernel that computes something else.
pub fn run(arguments: &BenchArguments) -> Result<()> {
    match arguments {
        BenchArguments::Train(arguments) => bench::train(&arguments.resolve()?),
        BenchArguments::Kernels(arguments) => bench::kernels(&arguments.resolve()?),
        BenchArguments::Edit(arguments) => bench::edit(&arguments.resolve()?, &Interrupt::listen()?),
    }
}

impl BenchTrainArguments {
    fn resolve(&self) -> Result<TrainingBenchPlan> {
        let choices = TrainingChoices { preset: Some(self.preset.clone()), precision: Some(self.precision), ..TrainingChoices::default() };
        let mut settings = choices.settings(None)?;
        settings.train.batch = self.batch;
        settings.run.data.clone_from(&self.data);
        if self.steps < 2 || self.batch == 0 {
            bail!(usage(format!("{} steps of {} pictures cannot be timed; choose 2 or more of 1 or more", self.steps, self.batch)));
        }
        Ok(TrainingBenchPlan {
            net: self.preset.clone(),
            settings,
            steps: self.steps,
            precision: word(&self.precision),
            peer: self.peer.as_ref().map(|program| Peer { python: self.python.clone(), program: program.clone() }),
            devices: self.devices.resolve()?,
        })
    }
}

impl BenchEditArguments {
    fn resolve(&self) -> Result<EditBenchPlan> {
        ensure!(self.runs > 0, usage("0 runs tell nothing; choose 1 or more"));
        let Self { picture, model, runs, size } = self;
        Ok(EditBenchPlan { picture: picture.clone(), model: model.clone(), runs: *runs, sizes: size.clone() })
    }
}

impl BenchKernelsArguments {
    fn resolve(&self) -> Result<KernelsPlan> {
        let config = ModelConfig::preset(&self.preset).map_err(usage)?;
        let (size, divisor) = (self.size.unwrap_or(config.size), config.unet.divisor());
        ensure!(
            size > 0 && size.is_multiple_of(divisor),
            usage(format!("a side of {size} pixels is no multiple of {divisor}, as this net wants"))
        );
        let Self { runs, ours_only, check, pixels, vectors, units, registers, software, half, .. } = *self;
        let tuned = software || half.is_some() || units.is_some() || pixels.or(vectors).or(registers).is_some();
        if tuned && !cfg!(feature = "wgpu") {
            bail!(usage("--pixels, --vectors, --units, --registers, --software and --half are for builds with --features wgpu"));
        }
        let tuning = Tuning { pixels, vectors, units, registers, software, half };
        Ok(KernelsPlan { config, size, runs, tuning, ours_only, check, device: self.device.device })
    }
}
