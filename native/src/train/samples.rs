//! Sample grids: the same few cases at the same seed, so that pictures of one run can be compared.
//! Columns are cases; rows are condition, sample and original.

use std::sync::Arc;

use anyhow::{Context, Result};
use burn::tensor::{Tensor, TensorData};
use image::RgbImage;
use infill::{
    denoiser::{Conditioned, Model},
    noise::{self, Purpose},
    picture::Picture,
    sampler::{Known, Sampler, SamplerSettings},
    task::Example,
    unet::parameters,
};

use super::{settings::Settings, validation};
use crate::pictures::{Dataset, Loader};

/// Cases in a grid.
const CASES: usize = 8;

/// A grid as a file.
pub struct Grid {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// The picture.
    pub png: Vec<u8>,
}

/// Draws the grid of a model.
///
/// # Errors
/// When a picture cannot be read.
pub fn draw(model: &Model, data: &Arc<Dataset>, settings: &Settings) -> Result<Grid> {
    let size = settings.model.size;
    // The very first batch of the run's own order.
    let examples = Loader::new(data.clone(), validation::alone(settings, CASES), 0).next()?.examples;
    let sampler = SamplerSettings { seed: settings.train.seed, ..SamplerSettings::default() };
    let rows = [
        examples.iter().map(|example| Picture::from_planes(size, size, &example.condition)).collect::<Vec<_>>(),
        sample(model, &examples, &sampler)?,
        examples.iter().map(|example| Picture::from_planes(size, size, &example.picture)).collect(),
    ];
    let (width, height) = (size * CASES, size * rows.len());
    let mut grid = RgbImage::new(width as u32, height as u32);
    for (row, pictures) in rows.iter().enumerate() {
        for (column, picture) in pictures.iter().enumerate() {
            for (y, line) in picture.pixels().chunks(3 * size).enumerate() {
                let start = ((row * size + y) * width + column * size) * 3;
                grid.as_flat_samples_mut().samples[start..start + line.len()].copy_from_slice(line);
            }
        }
    }
    let mut png = Vec::new();
    grid.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).context("cannot encode a sample grid")?;
    Ok(Grid { width, height, png })
}

/// One sample for each example of the model's size.
///
/// # Errors
/// Sampler settings out of range, or a device that gives nothing.
pub fn sample(model: &Model, examples: &[Example], settings: &SamplerSettings) -> Result<Vec<Picture>> {
    let size = model.config.size;
    let device = parameters::device(&model.unet);
    let stack = |channels: usize, part: fn(&Example) -> &Vec<f32>| {
        let values: Vec<f32> = examples.iter().flat_map(|example| part(example).iter().copied()).collect();
        Tensor::<4>::from_data(TensorData::new(values, [examples.len(), channels, size, size]), &device)
    };
    let (condition, mask) = (stack(3, |example| &example.condition), stack(1, |example| &example.mask));
    let denoiser = Conditioned::new(model, condition, Some(mask.clone()), examples.iter().map(|example| example.kind).collect());
    // Where the mask is full nothing is known, so all tasks go through one batch.
    let known = Known { picture: stack(3, |example| &example.picture), mask, guess: None };
    let numbers: Vec<u64> = (0..examples.len() as u64).collect();
    let start = noise::gaussian_batch(&numbers, settings.seed, Purpose::Start, 0, [3, size, size], &device);
    let settings = SamplerSettings { steps: model.config.prediction.evaluations(settings.steps), ..settings.clone() };
    let mut sampler = Sampler::new(&settings, model.config.log_snr_range, start, Some(known))?;
    while !sampler.is_finished() {
        sampler.step(&denoiser);
    }
    let values: Vec<f32> = sampler
        .finish()
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .map_err(|error| anyhow::anyhow!("cannot read samples from the device: {error:?}"))?;
    Ok(values.chunks(3 * size * size).map(|planes| Picture::from_planes(size, size, planes)).collect())
}
