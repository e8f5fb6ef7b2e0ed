//! The options of the four commands that edit a picture.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{
    Args,
    builder::{PathBufValueParser, TypedValueParser},
};
use infill::{
    sampler::{SamplerKind, SamplerSettings},
    task::Task,
};

use super::{device_arguments::DeviceArguments, sampling_arguments::SamplingArguments};
use crate::{
    edit::{EditPlan, OutputFiles},
    model_on_disk,
    pictures::{
        OutputFormat,
        picture_file::{self, PictureFile},
    },
};

/// What all four take.
#[derive(Debug, Args)]
pub struct EditArguments {
    /// The picture: png, jpeg or webp.
    pub picture: PathBuf,
    /// Where the result goes: .png keeps depth and transparency, .jpg and .webp have 8 bits.
    #[arg(long, short, value_parser = PathBufValueParser::new().try_map(output_path))]
    pub output: PathBuf,
    /// Seed of the noise; another seed gives another answer.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Number of answers to draw, each with the next seed; their files are numbered.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub samples: u64,
    /// Write one picture, the mean of all answers: blurrier, but nearer to the truth on average.
    #[arg(long)]
    pub mean: bool,
    /// Overwrite an output that is there.
    #[arg(long)]
    pub force: bool,
    /// Model file; without it INFILL_MODEL, then the one that comes with the program.
    #[arg(long, short)]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub device: DeviceArguments,
    #[command(flatten)]
    pub sampling: SamplingArguments,
    /// How much detail holes and new area get from the picture itself, led by the net: 0 the net's fill alone, 1 all.
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    pub detail: f32,
    /// Quality of a .jpg output.
    #[arg(long, default_value_t = 92, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub quality: u8,
    /// Sampler: dpm-solver, uni-pc, ddim or ancestral.
    #[arg(long, default_value_t = SamplerKind::DpmSolver)]
    pub sampler: SamplerKind,
    /// Share of fresh noise in ddim, 0 to 1.
    #[arg(long, default_value_t = 0.0)]
    pub eta: f64,
}

impl EditArguments {
    /// The plan of an edit, whose task may depend on the picture. Outputs are checked before anything is read.
    ///
    /// # Errors
    /// A picture, mask or model that cannot be used, or an output that cannot be written.
    pub fn resolve(&self, task: impl FnOnce(&PictureFile) -> Result<Task>) -> Result<EditPlan> {
        let Self { seed, samples, mean, quality, sampler: kind, eta, detail, .. } = *self;
        let output = OutputFiles { path: self.output.clone(), samples, mean, quality };
        output.check(self.force)?;
        let file = picture_file::read(&self.picture)?;
        file.say_notes(&self.picture);
        let task = task(&file)?;
        let (width, height) = task.result_size(file.original.width() as usize, file.original.height() as usize);
        OutputFormat::of(&self.output).map_or(Ok(()), |format| format.check_size(width, height))?;
        let model = model_on_disk::read(&model_on_disk::locate(self.model.as_deref())?)?;
        let sampling = self.sampling.resolve(&model.config, task.kind());
        let sampler = SamplerSettings { kind, steps: sampling.steps, eta, temperature: sampling.temperature, guess: sampling.guess, seed };
        Ok(EditPlan { path: self.picture.clone(), file, task, model, sampler, detail, output, device: self.device.device })
    }
}

fn share(text: &str) -> Result<f32> {
    let share: f32 = text.parse().context("the detail must be a number from 0 to 1")?;
    ensure!((0.0..=1.0).contains(&share), "a detail of {share}; it must be from 0 to 1");
    Ok(share)
}

fn output_path(path: PathBuf) -> Result<PathBuf> {
    OutputFormat::of(&path).context("the output must end in .png, .jpg or .webp")?;
    Ok(path)
}
