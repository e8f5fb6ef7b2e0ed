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
    train::{Progressive, Trainer, clean_error},
    unet::{Unet, parameters},
};

use super::{
    outcome::{LOG_SNRS, Outcome, SAMPLE_STEPS},
    report::AblationReport,
    variants::{self, Family, Variant},
};
use crate::{
    device::{self, DeviceChoice},
    evaluate::interval::Estimate,
    exit::{input, usage},
    files,
    interrupt::Interrupt,
    pictures::{Dataset, Loader},
    progress::StepProgress,
    readback::scalar,
    stdout,
    train::{
        self, TrainingSettings, samples,
        validation::{self, ValidationSet},
    },
};

/// Steps before others are measured for a variant's pace: the first take longer.
const PACE_WARM_UP: u64 = 1;

/// Steps that a variant's pace is measured over.
const PACE_STEPS: u64 = 4;

/// An ablation as it was asked for.
pub struct AblationPlan {
    /// Which variants these are.
    pub family: Family,
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
    pub fn new(base: TrainingSettings, family: Family, named: &[String], output: PathBuf, device: DeviceChoice) -> Result<Self> {
        let all = match family {
            Family::Recipe => variants::all(&base.model),
            Family::Paper => variants::of_the_paper(),
            Family::Design => variants::of_a_design(&base.model, &base.train),
        };
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
        Ok(Self { family, base, variants, output, device })
    }
}

/// Trains and measures the variants, and prints the table.
///
/// # Errors
/// Pictures or a folder that cannot be used; a loss that is no number; cancelled.
pub fn run(plan: &AblationPlan) -> Result<()> {
    let AblationPlan { family, base, variants, output, device } = plan;
    std::fs::create_dir_all(output).with_context(|| format!("cannot make {}", output.display())).map_err(input)?;
    let data = Arc::new(Dataset::open_without(&base.run.data, &base.run.exclude)?);
    let finished = output.join("ablation.json");
    if finished.exists() {
        bail!(input(format!("{} is there already; give another --output", finished.display())));
    }
    // Each picture counts once: those that are asked twice would make the interval narrower than it is.
    let judging = Dataset::open(&base.run.validation)?;
    train::warn_of_common(&data, &judging);
    let validation = judging.len();
    let asked = base.run.validation_pictures;
    if validation < asked {
        tracing::warn!("{asked} pictures asked for, {validation} found");
    }
    let mut base = base.clone();
    base.run.validation_pictures = asked.min(validation);
    let base = &base;
    let mut variants = variants.clone();
    variants.iter_mut().for_each(|(_, settings)| settings.run.validation_pictures = asked.min(validation));
    let device = device::choose(*device)?;
    let interrupt = Interrupt::listen()?;
    let variants = if family.for_equal_time() { for_equal_time(&variants, &data, &device, &interrupt)? } else { variants };
    let steps = variants.iter().map(|(_, settings)| settings.train.total_steps).sum();
    let progress = StepProgress::new("ablation", steps, 0);
    let (mut outcomes, mut before): (Vec<Outcome>, u64) = (Vec::new(), 0);
    for (variant, settings) in &variants {
        let outcome = measure(variant, settings, &data, &device, |step| {
            progress.set(before + step, variant.name);
            interrupt.check(|| format!("stopped; {} holds what was measured so far", output.display()))
        })?;
        outcomes.push(outcome);
        before += settings.train.total_steps;
        // After every variant, so that hours are not lost.
        let report = AblationReport::new(*family, base, &outcomes);
        files::write_atomically(&output.join("ablation.md"), report.markdown().as_bytes())?;
        files::write_atomically(&output.join("ablation.json"), &serde_json::to_vec_pretty(&report)?)?;
    }
    progress.finish();
    stdout::markdown(&AblationReport::new(*family, base, &outcomes).markdown());
    Ok(())
}

/// The variants with as many steps as fit into the time that the first takes for its own: each trains for some steps first, which are forgotten.
fn for_equal_time(
    variants: &[(Variant, TrainingSettings)],
    data: &Arc<Dataset>,
    device: &Device,
    interrupt: &Interrupt,
) -> Result<Vec<(Variant, TrainingSettings)>> {
    let mut paces = Vec::new();
    for (_, settings) in variants {
        let at = |progressive| seconds_of_steps(settings, progressive, data, device, interrupt);
        paces.push(match settings.train.progressive {
            Some(Progressive { size, share }) => share * at(Some(Progressive { size, share: 1.0 }))? + (1.0 - share) * at(None)?,
            None => at(None)?,
        });
    }
    let with_steps = |((variant, settings), pace): (&(Variant, TrainingSettings), &f64)| {
        let mut settings = settings.clone();
        let steps = (settings.train.total_steps as f64 * paces[0] / pace).round().max(1.0) as u64;
        settings.train.warm_up_steps = settings.train.warm_up_steps * steps / settings.train.total_steps.max(1);
        settings.train.total_steps = steps;
        (variant.clone(), settings)
    };
    Ok(variants.iter().zip(&paces).map(with_steps).collect())
}

/// The seconds of some steps of one size of pictures; what they learn is forgotten.
fn seconds_of_steps(
    settings: &TrainingSettings,
    progressive: Option<Progressive>,
    data: &Arc<Dataset>,
    device: &Device,
    interrupt: &Interrupt,
) -> Result<f64> {
    let mut settings = settings.clone();
    settings.train.progressive = progressive;
    settings.train.total_steps = PACE_WARM_UP + PACE_STEPS;
    let mut trainer = Trainer::new(settings.train.clone(), settings.model.clone(), None, device)?;
    let mut loader = Loader::new(data.clone(), validation::of_training(&settings), 0);
    let mut begun = Instant::now();
    for step in 0..settings.train.total_steps {
        interrupt.check(|| "stopped; nothing was measured yet".to_owned())?;
        if step == PACE_WARM_UP {
            begun = Instant::now();
        }
        // Reading waits for the device.
        scalar(trainer.step(&loader.next()?.examples)?.loss)?;
    }
    Ok(begun.elapsed().as_secs_f64())
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
    let steps = settings.train.total_steps;
    let parameters = parameters::count(&Unet::new(&settings.model, device));
    let samples = samples::sample(&model, &examples, &sampler)?;
    let psnr = samples.iter().zip(&examples).map(|(sample, example)| psnr(sample, example)).collect::<Result<Vec<f64>>>()?;
    let psnr = Estimate::of_mean(&psnr).context("no samples")?;
    Ok(Outcome { name: variant.name, changes: variant.changes.clone(), parameters, steps, clean_error: clean, psnr, seconds })
}

fn psnr(sample: &infill::picture::Picture, example: &Example) -> Result<f64> {
    let (width, height) = (sample.width(), sample.height());
    let original = infill::picture::Picture::from_planes(width, height, &example.picture);
    let hole = example.mask.iter().map(|value| if *value > 0.5 { 255 } else { 0 }).collect();
    Ok(metric::psnr(sample, &original, Some(&Mask::new(width, height, hole)?)))
}
