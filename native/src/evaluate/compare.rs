//! Two models side by side on the same noise: how far apart their nets' answers and their pictures are. For whoever ports, quantizes or
//! trains on weights. It knows no truth and says not which one is better.

use std::path::PathBuf;

use anyhow::{Result, bail};
use burn::tensor::{Device, Tensor, TensorData};
use infill::{
    config::{ModelConfig, SamplerSettings},
    denoiser::{Conditioned, Denoiser, Model},
    metric,
    model_file::ModelFile,
    noise::{self, Purpose},
    picture::Picture,
    schedule,
};

use super::{Case, net, sheet};
use crate::{device, exit::input, files, model_on_disk, pictures, readback, stdout::say};

/// Shares of the range of log-SNRs at which the nets answer once.
const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];
/// Differences are shown so many times as large, around grey.
const ENLARGED: i16 = 8;

/// What is compared.
#[derive(Debug)]
pub struct ComparePlan {
    /// The two model files.
    pub models: [PathBuf; 2],
    /// The picture whose parts are asked for.
    pub picture: PathBuf,
    /// Where the sheet goes.
    pub sheet: PathBuf,
    /// Seed of all noise.
    pub seed: u64,
    /// Evaluations of the net in a run; what the first model advises where nobody says.
    pub steps: Option<usize>,
    /// Where to compute.
    pub device: device::DeviceChoice,
}

/// Prints both tables and writes the sheet.
///
/// # Errors
/// Models that cannot be given the same noise, a picture that cannot be read, a sheet that cannot be written.
pub fn run(plan: &ComparePlan) -> Result<()> {
    let read = plan.models.each_ref().map(|path| model_on_disk::read(path));
    let [first, second] = read;
    let [first, second] = [first?, second?];
    let tasks = check(&first.config, &second.config)?;
    let picture = pictures::picture_file::read(&plan.picture)?.picture()?;
    let picture = pictures::centre_square(&picture, first.config.size);
    let device = device::choose(plan.device)?;
    let models = [load(&first, &device)?, load(&second, &device)?];
    answers(&models, plan.seed, &device)?;

    say!("\n{:<18}{:>9}{:>12}{:>17}", "a whole run", "steps", "PSNR in dB", "furthest of 255");
    let mut rows = Vec::new();
    for case in Case::of_tasks(&tasks, false) {
        rows.push(pictures_of(case, &models, &picture, plan)?);
    }
    files::write_atomically(&plan.sheet, &sheet::png(&rows)?)?;
    say!("\nwrote {}: what is given, the first, the second, and {ENLARGED} times their difference", plan.sheet.display());
    Ok(())
}

/// The tasks that both know.
fn check(first: &ModelConfig, second: &ModelConfig) -> Result<Vec<infill::task::TaskKind>> {
    if first.size != second.size {
        bail!(input(format!(
            "the models are of {} and {} pixels, and the same noise needs one size; choose two of one size",
            first.size, second.size
        )));
    }
    let tasks: Vec<_> = first.tasks.iter().copied().filter(|task| second.tasks.contains(task)).collect();
    if tasks.is_empty() {
        let list = |config: &ModelConfig| config.tasks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        bail!(input(format!("one model does {}, the other {}; choose two with a task in common", list(first), list(second))));
    }
    Ok(tasks)
}

fn load(file: &ModelFile, device: &Device) -> Result<Model> {
    file.to_sampling_model(device).map_err(input)
}

/// What both nets make of the same noise in one evaluation, as estimates of the clean picture.
fn answers(models: &[Model; 2], seed: u64, device: &Device) -> Result<()> {
    let config = &models[0].config;
    let size = config.size;
    let draw = |step| {
        let values = noise::gaussian(&mut noise::stream(seed, Purpose::Evaluation, step, 0), 3 * size * size);
        Tensor::<4>::from_data(TensorData::new(values, [1, 3, size, size]), device)
    };
    say!("{:<18}{:>9}{:>12}{:>17}", "one evaluation", "log-SNR", "mean", "furthest");
    let ranges = models.each_ref().map(|model| model.config.log_snr_range);
    let (low, high) = (ranges[0][0].max(ranges[1][0]), ranges[0][1].min(ranges[1][1]));
    for share in LEVELS {
        let log_snr = low + share * (high - low);
        let condition = draw(0).mul_scalar(0.3);
        let noisy = draw(1);
        let [first, second] = models.each_ref().map(|model| {
            let conditioned = Conditioned::new(model, condition.clone(), None, vec![config.tasks[0]]);
            readback::values(conditioned.denoise(noisy.clone(), schedule::noise_level(log_snr)), "an answer")
        });
        let apart: Vec<f64> = first?.iter().zip(second?).map(|(one, other)| f64::from((one - other).abs())).collect();
        let mean = apart.iter().sum::<f64>() / apart.len() as f64;
        let furthest = apart.iter().copied().fold(0.0, f64::max);
        say!("{:<18}{log_snr:>9.2}{mean:>12.2e}{furthest:>17.2e}", "");
    }
    Ok(())
}

/// One case through both, as a row of the sheet.
fn pictures_of(case: Case, models: &[Model; 2], picture: &Picture, plan: &ComparePlan) -> Result<Vec<Picture>> {
    let question = case.ask(picture.clone(), None, plan.seed, 0)?;
    let advised = models[0].config.sampling(case.kind());
    let settings = SamplerSettings {
        kind: models[0].config.sampler(),
        steps: plan.steps.unwrap_or(advised.steps),
        temperature: advised.temperature,
        guess: advised.guess.filter(|guess| models.iter().all(|model| *guess < model.config.log_snr_range[1])),
        seed: plan.seed,
        ..SamplerSettings::default()
    };
    let tile = || [net::Tile { question: &question, rank: 0, sample: 0 }];
    let [first, second] = models.each_ref().map(|model| net::sample(model, case, &tile(), &settings, 0.0, |_| {}));
    let (first, second) = (first?.remove(0), second?.remove(0));
    let furthest = first.pixels().iter().zip(second.pixels()).map(|(one, other)| one.abs_diff(*other)).max().unwrap_or(0);
    let psnr = metric::psnr(&first, &second, Some(&question.mask));
    say!("{:<18}{:>9}{psnr:>12.2}{furthest:>17}", case.name(), settings.steps);
    let difference = first.pixels().iter().zip(second.pixels());
    let difference = difference.map(|(one, other)| (128 + ENLARGED * (i16::from(*one) - i16::from(*other))).clamp(0, 255) as u8);
    let difference = Picture::new(first.width(), first.height(), difference.collect())?;
    Ok(vec![question.given.clone(), first, second, difference])
}
