//! Training steps: pictures a second, arithmetic, memory, and the same net trained by another program.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use burn::{
    module::Module,
    tensor::{Device, Tensor, TensorData},
};
use infill::{
    config::ModelConfig,
    noise::{self, Purpose},
    task::{Example, TaskKind},
    train::{Precision, Trainer},
    unet::{Unet, cost},
};

use super::timing::{median, peak_memory, read};
use crate::{
    device::{self, Devices},
    exit::input,
    pictures::{Dataset, Loader},
    stdout::say,
    train::{TrainingSettings, validation},
};

/// Steps before the clock starts: the first ones allocate and choose kernels.
const WARM_UP: usize = 2;

/// Side of the matrices whose product tells what the device can do.
const MATRIX: usize = 2048;

/// What is timed.
pub struct TrainingBenchPlan {
    /// The preset's name.
    pub net: String,
    /// How it is trained; without data on random pictures.
    pub settings: TrainingSettings,
    /// Steps that are timed, 2 or more.
    pub steps: usize,
    /// The precision's name.
    pub precision: String,
    /// A program that trains the same net, timed between two halves of ours.
    pub peer: Option<Peer>,
    /// Where it computes.
    pub devices: Devices,
}

/// A Python program that trains the same net.
pub struct Peer {
    /// The Python that runs it.
    pub python: PathBuf,
    /// The program.
    pub program: PathBuf,
}

/// Times what is planned and prints it.
///
/// # Errors
/// A device that fails, a peer that does not run or is another net.
pub fn run(plan: &TrainingBenchPlan) -> Result<()> {
    let TrainingBenchPlan { settings, .. } = plan;
    let (config, batch) = (&settings.model, settings.train.batch);
    let devices = device::choose_several(&plan.devices)?;
    let (device, others) = devices.split_first().context("no device was chosen")?;
    let parameters = Unet::new(config, device).num_params();
    let rate = matrix_rate(device, settings.train.precision)? * devices.len() as f64;
    let mut trainer = Trainer::new(settings.train.clone(), config.clone(), None, device)?.with_devices(others);
    let mut source = if settings.run.data.is_empty() {
        ExampleSource::Made(examples(config, batch))
    } else {
        ExampleSource::Read(Loader::new(Arc::new(Dataset::open(&settings.run.data)?), validation::of_training(settings), 0))
    };
    let mut own = time(&mut trainer, &mut source, WARM_UP, plan.steps / 2)?;
    let device_name = if device::is_cpu(device) { "cpu" } else { "cuda" };
    let peer = plan.peer.as_ref().map(|peer| peer.ask(plan, device_name)).transpose()?;
    let rest = time(&mut trainer, &mut source, 1, plan.steps - plan.steps / 2)?;
    let waited = (own.waited + rest.waited) / own.steps.iter().chain(&rest.steps).sum::<f64>();
    own.steps.extend(rest.steps);

    let seconds = median(&mut own.steps);
    let operations = 3.0 * cost::forward_operations(config, config.size) as f64 * batch as f64;
    let speed = |seconds: f64| batch as f64 / seconds;
    say!("net             {} ({parameters} parameters), {batch} pictures a step", plan.net);
    say!("devices         {}, in {}", devices.len(), plan.precision);
    say!("pictures/s      {:.1} (median of {} steps)", speed(seconds), own.steps.len());
    if !settings.run.data.is_empty() {
        say!("waited          {:.1} % of the time for pictures", 100.0 * waited);
    }
    say!("arithmetic      {:.1} GFLOP/s", operations / seconds / 1e9);
    say!("matrix product  {:.1} GFLOP/s ({MATRIX}² in {}); share {:.0} %", rate / 1e9, plan.precision, 100.0 * operations / seconds / rate);
    match peak_memory("self") {
        Some(bytes) => say!("peak memory     {:.2} GB of the process", bytes as f64 / 1e9),
        None => say!("peak memory     not known on this system"),
    }
    if let Some(mut peer) = peer {
        if peer.parameters != parameters {
            bail!(input(format!("the peer has {} parameters, this net {parameters}: they are not the same net", peer.parameters)));
        }
        if peer.device != device_name {
            bail!(input(format!("the peer ran on {}, this program on {device_name}: nothing can be compared", peer.device)));
        }
        let theirs = median(&mut peer.seconds);
        say!("PyTorch {}  {:.1} pictures/s ({} threads); ratio {:.2}", peer.torch, speed(theirs), peer.threads, theirs / seconds);
    }
    Ok(())
}

/// Where batches come from.
enum ExampleSource {
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
fn time(trainer: &mut Trainer, source: &mut ExampleSource, uncounted: usize, counted: usize) -> Result<Times> {
    let mut times = Times { steps: Vec::new(), waited: 0.0 };
    for step in 0..uncounted + counted {
        let begun = Instant::now();
        let next;
        let batch = match source {
            ExampleSource::Made(batch) => &*batch,
            ExampleSource::Read(loader) => {
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

/// What a peer says.
#[derive(serde::Deserialize)]
struct PeerTimes {
    device: String,
    parameters: usize,
    seconds: Vec<f64>,
    torch: String,
    threads: usize,
}

impl Peer {
    /// Has it train as we do.
    fn ask(&self, plan: &TrainingBenchPlan, device: &str) -> Result<PeerTimes> {
        let name = || format!("{} {}", self.python.display(), self.program.display());
        let TrainingBenchPlan { settings, steps, precision, .. } = plan;
        let question = serde_json::json!({
            "config": settings.model, "batch": settings.train.batch, "steps": steps, "device": device, "precision": precision
        });
        let mut child = Command::new(&self.python)
            .arg(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", name()))
            .map_err(input)?;
        if let Some(mut input) = child.stdin.take() {
            // One that ends before it has read says more by its status than by the broken pipe.
            let _ = input.write_all(question.to_string().as_bytes());
        }
        let output = child.wait_with_output()?;
        if !output.status.success() || output.stdout.is_empty() {
            bail!(input(format!("{} ended with {}; is torch installed there?", name(), output.status)));
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("{} printed something else than was asked for", name()))
    }
}
