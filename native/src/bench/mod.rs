//! `infill bench`: how fast this machine trains, against what it could do and against PyTorch. It measures
//! and prints; nothing here asserts a speed.

mod check;
mod kernels;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use burn::{
    module::Module,
    tensor::{Device, Tensor, TensorData},
};
use clap::{Args, Subcommand};
use infill::{
    config::ModelConfig,
    noise::{self, Purpose},
    task::{Example, TaskKind},
    train::{Precision, Trainer},
    unet::{Unet, cost},
};

use crate::{
    commands::train::Choices,
    device::{self, DevicesArguments},
    exit::input,
    pictures::{Dataset, Loader},
    train::{settings::Settings, validation},
};

/// Steps before the clock starts: the first ones allocate and choose kernels.
const WARM_UP: usize = 2;

/// Side of the matrices whose product tells what the device can do.
const MATRIX: usize = 2048;

/// Measure speed on this machine.
#[derive(Debug, Subcommand)]
pub enum BenchArguments {
    Train(BenchTrainArguments),
    Kernels(kernels::BenchKernelsArguments),
}

/// Training steps on random pictures, or on real ones: pictures a second, arithmetic, memory.
#[derive(Debug, Args)]
pub struct BenchTrainArguments {
    /// Net to train: paper, browser, nature or tiny.
    #[arg(long, default_value = "nature")]
    pub preset: String,
    /// Pictures a step.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Steps that are timed.
    #[arg(long, default_value_t = 20)]
    pub steps: usize,
    /// Python program that trains the same net, timed between two halves of ours, such as tests/peers/unet.py.
    #[arg(long, value_name = "FILE")]
    pub peer: Option<PathBuf>,
    /// Python that runs it.
    #[arg(long, default_value = "python3")]
    pub python: PathBuf,
    /// Train on these pictures, as `infill train` does, and say how long the device waits for them: folder, tar
    /// shard, or pattern; may be given again.
    #[arg(long, value_name = "SOURCE")]
    pub data: Vec<String>,
    /// f32, or f16 or bf16 for forward and backward.
    #[arg(long, default_value = "f32")]
    pub precision: String,
    #[command(flatten)]
    pub devices: DevicesArguments,
}

/// Runs the command.
///
/// # Errors
/// An unknown preset, a device that fails, a peer that does not run or is another net.
pub fn run(arguments: &BenchArguments) -> Result<()> {
    match arguments {
        BenchArguments::Train(arguments) => train(arguments),
        BenchArguments::Kernels(arguments) => kernels::run(arguments),
    }
}

fn train(arguments: &BenchTrainArguments) -> Result<()> {
    let precision = format!("train.precision={}", arguments.precision);
    let choices = Choices { preset: Some(arguments.preset.clone()), set: vec![precision], ..Choices::default() };
    let mut resolved = Settings::fresh(&choices, None)?;
    resolved.train.batch = arguments.batch;
    let config = resolved.model.clone();
    if arguments.steps < 2 || arguments.batch == 0 {
        bail!(input(format!("{} steps of {} pictures cannot be timed; choose 2 or more of 1 or more", arguments.steps, arguments.batch)));
    }
    let devices = device::choose_several(&arguments.devices)?;
    let (device, others) = devices.split_first().context("no device was chosen")?;
    let parameters = Unet::new(&config, device).num_params();
    let rate = matrix_rate(device, resolved.train.precision)? * devices.len() as f64;
    let mut trainer = Trainer::new(resolved.train.clone(), config.clone(), None, device)?.with_devices(others);
    let mut source = if arguments.data.is_empty() {
        Source::Made(examples(&config, arguments.batch))
    } else {
        Source::Read(Loader::new(Arc::new(Dataset::open(&arguments.data)?), validation::of_training(&resolved), 0))
    };
    let mut own = time(&mut trainer, &mut source, WARM_UP, arguments.steps / 2)?;
    let device_name = if device::is_cpu(device) { "cpu" } else { "cuda" };
    let peer = arguments.peer.as_ref().map(|file| ask_peer(file, arguments, &config, device_name)).transpose()?;
    let rest = time(&mut trainer, &mut source, 1, arguments.steps - arguments.steps / 2)?;
    let waited = (own.waited + rest.waited) / own.steps.iter().chain(&rest.steps).sum::<f64>();
    own.steps.extend(rest.steps);

    let seconds = median(&mut own.steps);
    let operations = 3.0 * cost::forward_operations(&config, config.size) as f64 * arguments.batch as f64;
    let speed = |seconds: f64| arguments.batch as f64 / seconds;
    println!("net             {} ({parameters} parameters), {} pictures a step", arguments.preset, arguments.batch);
    println!("devices         {}, in {}", devices.len(), arguments.precision);
    println!("pictures/s      {:.1} (median of {} steps)", speed(seconds), own.steps.len());
    if !arguments.data.is_empty() {
        println!("waited          {:.1} % of the time for pictures", 100.0 * waited);
    }
    println!("arithmetic      {:.1} GFLOP/s", operations / seconds / 1e9);
    println!(
        "matrix product  {:.1} GFLOP/s ({MATRIX}² in {}); share {:.0} %",
        rate / 1e9,
        arguments.precision,
        100.0 * operations / seconds / rate
    );
    match peak_memory() {
        Some(bytes) => println!("peak memory     {:.2} GB of the process", bytes as f64 / 1e9),
        None => println!("peak memory     not known on this system"),
    }
    if let Some(mut peer) = peer {
        if peer.parameters != parameters {
            bail!(input(format!("the peer has {} parameters, this net {parameters}: they are not the same net", peer.parameters)));
        }
        if peer.device != device_name {
            bail!(input(format!("the peer ran on {}, this program on {device_name}: nothing can be compared", peer.device)));
        }
        let theirs = median(&mut peer.seconds);
        println!("PyTorch {}  {:.1} pictures/s ({} threads); ratio {:.2}", peer.torch, speed(theirs), peer.threads, theirs / seconds);
    }
    Ok(())
}

/// Where batches come from.
enum Source {
    /// The same for every step.
    Made(Vec<Example>),
    /// Real pictures.
    Read(Loader),
}

/// What steps took.
struct Times {
    /// Seconds of each.
    steps: Vec<f64>,
    /// Seconds of all of those in which the device waited for pictures.
    waited: f64,
}

/// Times steps, after some that do not count.
fn time(trainer: &mut Trainer, source: &mut Source, uncounted: usize, counted: usize) -> Result<Times> {
    let mut times = Times { steps: Vec::new(), waited: 0.0 };
    for step in 0..uncounted + counted {
        let begun = Instant::now();
        let next;
        let batch = match source {
            Source::Made(batch) => &*batch,
            Source::Read(loader) => {
                next = loader.next()?.examples;
                &next
            }
        };
        let waited = begun.elapsed().as_secs_f64();
        let report = trainer.step(batch)?;
        // Devices work on by themselves: only what was read is done.
        read(report.loss + report.gradient_norm)?;
        if step >= uncounted {
            times.steps.push(begun.elapsed().as_secs_f64());
            times.waited += waited;
        }
    }
    Ok(times)
}

fn read(tensor: Tensor<1>) -> Result<f32> {
    values(tensor)?.first().copied().context("the device gave nothing back")
}

/// What a tensor holds, which waits for the device.
fn values<const RANK: usize>(tensor: Tensor<RANK>) -> Result<Vec<f32>> {
    tensor.into_data().convert::<f32>().try_to_vec().map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// Operations a second of the device's own matrix product, the best of five.
fn matrix_rate(device: &Device, precision: Precision) -> Result<f64> {
    let values = noise::gaussian(&mut noise::stream(1, Purpose::Evaluation, 0, 0), MATRIX * MATRIX);
    let matrix = Tensor::<2>::from_data(TensorData::new(values, [MATRIX, MATRIX]), device).cast(precision.dtype());
    let mut best = f64::INFINITY;
    for _ in 0..6 {
        let begun = Instant::now();
        read(matrix.clone().matmul(matrix.clone()).slice([0..1, 0..1]).reshape([1]))?;
        best = best.min(begun.elapsed().as_secs_f64());
    }
    Ok(2.0 * (MATRIX as f64).powi(3) / best)
}

/// Random pictures of which everything is to be found.
fn examples(config: &ModelConfig, count: usize) -> Vec<Example> {
    let area = config.size * config.size;
    let draw = |sample: usize, step: u64| {
        let values = noise::uniform(&mut noise::stream(2, Purpose::Evaluation, step, sample as u64), 3 * area);
        values.into_iter().map(|value| 2.0 * value - 1.0).collect::<Vec<f32>>()
    };
    let example = |sample| Example { condition: draw(sample, 0), picture: draw(sample, 1), mask: vec![1.0; area], kind: TaskKind::Restore };
    (0..count).map(example).collect()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What the peer says.
#[derive(serde::Deserialize)]
struct Peer {
    device: String,
    parameters: usize,
    seconds: Vec<f64>,
    torch: String,
    threads: usize,
}

fn ask_peer(file: &Path, arguments: &BenchTrainArguments, config: &ModelConfig, device: &str) -> Result<Peer> {
    let name = || format!("{} {}", arguments.python.display(), file.display());
    let asked = serde_json::json!({ "config": config, "batch": arguments.batch, "steps": arguments.steps, "device": device, "precision": arguments.precision });
    let mut child = Command::new(&arguments.python)
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", name()))
        .map_err(input)?;
    if let Some(mut input) = child.stdin.take() {
        // One that ends before it has read says more by its status than by the broken pipe.
        let _ = input.write_all(asked.to_string().as_bytes());
    }
    let output = child.wait_with_output()?;
    if !output.status.success() || output.stdout.is_empty() {
        bail!(input(format!("{} ended with {}; is torch installed there?", name(), output.status)));
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{} printed something else than was asked for", name()))
}

/// The most memory that the process held so far, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
