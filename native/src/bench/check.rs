//! `infill bench kernels --check`: the kernels' cases one by one, and a whole run of a model, beside the CPU.

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use infill::{
    edit::{Edit, EditRequest},
    mask::Mask,
    metric,
    model_file::ModelFile,
    noise::{self, Purpose},
    picture::Picture,
    sampler::SamplerSettings,
    self_check::{self, kernels},
    task::{Task, TaskKind},
};

use super::timing::values;
use crate::{device, draw, exit::input, model_on_disk, stdout::say};

/// Cases drawn at random beside the edges.
const RANDOM: usize = 40;

/// Steps of the whole run, and what its result must have in dB beside the CPU's.
const STEPS: usize = 20;
const LEAST: f64 = 40.0;

/// Prints every case and the run.
///
/// # Errors
/// A device that fails, a kernel or a run that computes something else than the CPU.
pub fn run(device: &Device) -> Result<()> {
    let mut wrong = 0;
    for case in kernels::cases(1, RANDOM, device) {
        let difference = self_check::largest_difference(&values(case.compute(device))?, &values(case.compute(&device::reference()))?);
        let right = difference <= case.tolerance();
        wrong += usize::from(!right);
        say!("{:<6} {difference:.1e} {case:?}", if right { "ok" } else { "WRONG" });
    }
    ensure!(wrong == 0, "{wrong} kernels compute something else than the CPU");
    whole_run(device)
}

/// Fills a hole in noise on both devices with the same random numbers.
fn whole_run(device: &Device) -> Result<()> {
    let path = model_on_disk::locate(None, None)?;
    let file = model_on_disk::read(&path)?;
    ensure!(file.config.tasks.contains(&TaskKind::Inpaint), input(format!("{} does not fill holes", path.display())));
    let side = file.config.size;
    let noise = noise::gaussian(&mut noise::stream(1, Purpose::Evaluation, 0, 0), 3 * side * side);
    let pixels = noise.into_iter().enumerate().map(|(place, value)| (64.0 + 20.0 * value + (place / side) as f32 / 3.0) as u8);
    let picture = Picture::new(side, side, pixels.collect())?;
    let mut mask = Mask::empty(side, side);
    (side / 4..side * 3 / 4).for_each(|y| mask.row_mut(y)[side / 4..side * 3 / 4].fill(255));
    let [ours, reference] = [device, &device::reference()].map(|device| fill(&file, &picture, &mask, device));
    let (ours, reference) = (ours?, reference?);
    let decibels = metric::psnr(&ours, &reference, Some(&mask));
    say!("{STEPS} steps of {}: {decibels:.1} dB in the hole beside the CPU's", path.display());
    ensure!(decibels >= LEAST, "a whole run is {decibels:.1} dB from the CPU's, not {LEAST}");
    Ok(())
}

fn fill(file: &ModelFile, picture: &Picture, mask: &Mask, device: &Device) -> Result<Picture> {
    let model = file.to_sampling_model(device)?;
    let settings = SamplerSettings { steps: STEPS, seed: 3, ..SamplerSettings::default() };
    let request = EditRequest { picture: picture.clone(), task: Task::Inpaint { mask: mask.clone() }, settings };
    let made = draw::draw(vec![Edit::new(request, &model.config)?], &model, |_| Ok(()))?;
    made.into_iter().next().context("an edit makes a picture")
}
