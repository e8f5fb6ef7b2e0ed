//! `infill ablate`: what each part of the recipe brings. Trains the same net on the same pictures from the
//! same seed for the same few steps, once for every variant, and measures them all alike. A table of a small
//! budget: what helps early need not help in the end.

mod report;
mod variants;

use std::{path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use clap::Args;
use infill::{
    mask::Mask,
    metric,
    sampler::SamplerSettings,
    schedule,
    task::Example,
    train::{Trainer, clean_error},
};
use serde::Serialize;

use crate::{
    commands::train::Choices,
    device::{self, DeviceArguments},
    exit::input,
    files,
    interrupt::Interrupt,
    pictures::{Dataset, Loader},
    progress::StepProgress,
    train::{
        samples, scalar,
        settings::Settings,
        validation::{self, Validation},
    },
};
use variants::Variant;

/// Log-SNRs at which the clean picture is estimated: from mostly noise to mostly picture.
const LOG_SNRS: [f64; 4] = [-3.0, 0.0, 3.0, 6.0];

/// Steps of the samples that are compared.
const SAMPLE_STEPS: usize = 10;

/// Train variants of the recipe at a small budget and compare them.
#[derive(Debug, Args)]
pub struct AblateArguments {
    /// Pictures to train on: folder, tar shard, or pattern; may be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Pictures to measure on, never those of --data.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub validation: Vec<String>,
    /// Folder for ablation.md and ablation.json.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub choices: Choices,
    /// Side of the pictures, where it is not the preset's.
    #[arg(long)]
    pub size: Option<usize>,
    /// Steps of each variant.
    #[arg(long, default_value_t = 300)]
    pub steps: u64,
    /// Pictures a step.
    #[arg(long)]
    pub batch: Option<usize>,
    /// Learning rate after the warm-up, which is a tenth of the steps.
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// How many validation pictures are measured on.
    #[arg(long, default_value_t = 32)]
    pub pictures: usize,
    /// Train only variants of these names; may be given again.
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// What was measured of a variant.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    name: &'static str,
    /// What it changes in the settings.
    changes: Vec<String>,
    /// Mean squared error of the clean picture in what is to be filled, at each of the log-SNRs.
    clean_error: [f64; 4],
    /// PSNR there of one sample in a few steps, in dB, mean over the pictures.
    psnr: f64,
    /// Of training.
    seconds: f64,
}

/// Runs the command.
///
/// # Errors
/// Settings, pictures or a folder that cannot be used; an unknown variant; cancelled.
pub fn run(arguments: &AblateArguments) -> Result<()> {
    let base = base(arguments)?;
    let all = variants::all(&base.model);
    if let Some(unknown) = arguments.variant.iter().find(|name| all.iter().all(|variant| variant.name != **name)) {
        let known: Vec<&str> = all.iter().map(|variant| variant.name).collect();
        bail!(input(format!("no variant is called `{unknown}`; there are {}", known.join(", "))));
    }
    let chosen = |variant: &Variant| arguments.variant.is_empty() || arguments.variant.iter().any(|name| variant.name == *name);
    // All settings are checked before the first is trained with.
    let jobs: Vec<(Variant, Settings)> = all
        .into_iter()
        .filter(chosen)
        .map(|variant| {
            let settings = base.clone().with(&variant.changes).and_then(|settings| settings.check().map(|()| settings));
            settings.with_context(|| format!("the variant {}", variant.name)).map(|settings| (variant, settings))
        })
        .collect::<Result<_>>()?;
    std::fs::create_dir_all(&arguments.output).with_context(|| format!("cannot make {}", arguments.output.display())).map_err(input)?;
    let data = Arc::new(Dataset::open(&base.run.data)?);
    let device = device::choose(&arguments.device)?;
    let interrupt = Interrupt::listen()?;
    let progress = StepProgress::new("ablation", jobs.len() as u64 * arguments.steps, 0);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (index, (variant, settings)) in jobs.into_iter().enumerate() {
        let before = index as u64 * arguments.steps;
        let outcome = measure(&variant, &settings, &data, &device, |step| {
            progress.set(before + step, variant.name);
            interrupt.check(|| format!("stopped; {} holds what was measured so far", arguments.output.display()))
        })?;
        outcomes.push(outcome);
        // After every variant, so that hours are not lost.
        let report = report::Report::new(&base, &outcomes);
        files::write_atomically(&arguments.output.join("ablation.md"), report.markdown().as_bytes())?;
        files::write_atomically(&arguments.output.join("ablation.json"), &serde_json::to_vec_pretty(&report)?)?;
    }
    progress.finish();
    println!("{}", report::Report::new(&base, &outcomes).markdown());
    Ok(())
}

/// The settings that variants change.
fn base(arguments: &AblateArguments) -> Result<Settings> {
    let mut settings = Settings::fresh(&arguments.choices, None)?;
    settings.model.size = arguments.size.unwrap_or(settings.model.size);
    settings.run.data.clone_from(&arguments.data);
    settings.run.validation.clone_from(&arguments.validation);
    settings.run.validation_pictures = arguments.pictures;
    settings.train.seed = arguments.seed;
    settings.train.total_steps = arguments.steps;
    settings.train.warm_up_steps = arguments.steps / 10;
    settings.train.batch = arguments.batch.unwrap_or(settings.train.batch);
    settings.train.learning_rate = arguments.learning_rate.unwrap_or(settings.train.learning_rate);
    settings.check()?;
    Ok(settings)
}

/// Trains a variant and measures it.
fn measure(
    variant: &Variant,
    settings: &Settings,
    data: &Arc<Dataset>,
    device: &Device,
    mut made: impl FnMut(u64) -> Result<()>,
) -> Result<Outcome> {
    let examples = Validation::open(settings)?.context("no validation pictures")?.examples;
    let mut trainer = Trainer::new(settings.train.clone(), settings.model.clone(), None, device)?;
    let mut loader = Loader::new(data.clone(), validation::of_training(settings), 0);
    let begun = Instant::now();
    for step in 0..settings.train.total_steps {
        made(step)?;
        let report = trainer.step(&loader.next()?.examples)?;
        // Not at every step, which would make the device wait.
        if step % 20 == 19 && !scalar(report.loss)?.is_finite() {
            bail!("the loss of the variant {} is no number after step {}", variant.name, step + 1);
        }
    }
    let model = trainer.average();
    let mut clean = [0.0; LOG_SNRS.len()];
    for (error, log_snr) in clean.iter_mut().zip(LOG_SNRS) {
        *error = scalar(clean_error(&model, &examples, schedule::noise_level(log_snr), settings.train.seed))?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let sampler = SamplerSettings { steps: SAMPLE_STEPS, seed: settings.train.seed, ..SamplerSettings::default() };
    let samples = samples::sample(&model, &examples, &sampler)?;
    let psnr = samples.iter().zip(&examples).map(|(sample, example)| psnr(sample, example)).collect::<Result<Vec<f64>>>()?;
    let psnr = psnr.iter().sum::<f64>() / psnr.len() as f64;
    Ok(Outcome { name: variant.name, changes: variant.changes.clone(), clean_error: clean, psnr, seconds })
}

fn psnr(sample: &infill::picture::Picture, example: &Example) -> Result<f64> {
    let (width, height) = (sample.width(), sample.height());
    let original = infill::picture::Picture::from_planes(width, height, &example.picture);
    let hole = example.mask.iter().map(|value| if *value > 0.5 { 255 } else { 0 }).collect();
    Ok(metric::psnr(sample, &original, Some(&Mask::new(width, height, hole)?)))
}
