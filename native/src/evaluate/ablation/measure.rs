//! Trains every variant and measures it.

use std::{path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use infill::{
    mask::Mask,
    metric,
    sampler::SamplerSettings,
    schedule,
    task::Example,
    train::{Trainer, clean_error},
};

use super::{
    outcome::{LOG_SNRS, Outcome, SAMPLE_STEPS},
    report::AblationReport,
    variants::{self, Variant},
};
use crate::{
    device::{self, DeviceChoice},
    exit::{input, usage},
    files,
    interrupt::Interrupt,
    pictures::{Dataset, Loader},
    progress::StepProgress,
    readback::scalar,
    train::{
        TrainingSettings, samples,
        validation::{self, ValidationSet},
    },
};

/// An ablation as it was asked for.
pub struct AblationPlan {
    /// The settings that variants change.
    pub base: TrainingSettings,
    /// Each variant with its settings, which are checked.
    pub variants: Vec<(Variant, TrainingSettings)>,
    /// Folder for `ablation.md` and `ablation.json`.
    pub output: PathBuf,
    /// Where it computes.
    pub device: DeviceChoice,
}

impl AblationPlan {
    /// Checks the settings of all variants, or of those named, before the first is trained.
    ///
    /// # Errors
    /// A name that no variant has, or settings that cannot be used.
    pub fn new(base: TrainingSettings, named: &[String], output: PathBuf, device: DeviceChoice) -> Result<Self> {
        let all = variants::all(&base.model);
        if let Some(unknown) = named.iter().find(|name| all.iter().all(|variant| variant.name != **name)) {
            let known: Vec<&str> = all.iter().map(|variant| variant.name).collect();
            bail!(usage(format!("no variant is called `{unknown}`; there are {}", known.join(", "))));
        }
        let chosen = |variant: &Variant| named.is_empty() || named.iter().any(|name| variant.name == *name);
        let variants = all
            .into_iter()
            .filter(chosen)
            .map(|variant| {
                let settings = base.clone().with(&variant.changes).and_then(|settings| settings.check().map(|()| settings));
                settings.with_context(|| format!("the variant {}", variant.name)).map(|settings| (variant, settings))
            })
            .collect::<Result<_>>()?;
        Ok(Self { base, variants, output, device })
    }
}

/// Trains and measures the variants, and prints the table.
///
/// # Errors
/// Pictures or a folder that cannot be used; a loss that is no number; cancelled.
pub fn run(plan: &AblationPlan) -> Result<()> {
    let AblationPlan { base, variants, output, device } = plan;
    std::fs::create_dir_all(output).with_context(|| format!("cannot make {}", output.display())).map_err(input)?;
    let data = Arc::new(Dataset::open(&base.run.data)?);
    let device = device::choose(*device)?;
    let interrupt = Interrupt::listen()?;
    let steps = base.train.total_steps;
    let progress = StepProgress::new("ablation", variants.len() as u64 * steps, 0);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (index, (variant, settings)) in variants.iter().enumerate() {
        let before = index as u64 * steps;
        let outcome = measure(variant, settings, &data, &device, |step| {
            progress.set(before + step, variant.name);
            interrupt.check(|| format!("stopped; {} holds what was measured so far", output.display()))
        })?;
        outcomes.push(outcome);
        // After every variant, so that hours are not lost.
        let report = AblationReport::new(base, &outcomes);
        files::write_atomically(&output.join("ablation.md"), report.markdown().as_bytes())?;
        files::write_atomically(&output.join("ablation.json"), &serde_json::to_vec_pretty(&report)?)?;
    }
    progress.finish();
    println!("{}", AblationReport::new(base, &outcomes).markdown());
    Ok(())
}

/// Trains a variant and measures it.
fn measure(
    variant: &Variant,
    settings: &TrainingSettings,
    data: &Arc<Dataset>,
    device: &Device,
    mut made: impl FnMut(u64) -> Result<()>,
) -> Result<Outcome> {
    let examples = ValidationSet::open(settings)?.context("no validation pictures")?.examples;
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
