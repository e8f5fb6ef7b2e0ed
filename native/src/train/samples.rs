//! Sample grids: the same few cases at the same seed, so that pictures of one run can be compared.
//! Columns are cases; rows are condition, sample and original.

use std::sync::Arc;

use anyhow::{Context, Result};
use image::RgbImage;
use infill::{
    denoiser::Model,
    edit::{Edit, EditRequest, SampleStreams},
    picture::Picture,
    sampler::SamplerSettings,
    task::Example,
};

use super::{settings::TrainingSettings, validation};
use crate::draw;
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
pub fn draw(model: &Model, data: &Arc<Dataset>, settings: &TrainingSettings) -> Result<Grid> {
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

/// One sample for each example of the model's size, made as the edit that a person would get.
///
/// # Errors
/// Sampler settings out of range, or a device that gives nothing.
pub fn sample(model: &Model, examples: &[Example], settings: &SamplerSettings) -> Result<Vec<Picture>> {
    let edit = |(number, example): (u64, &Example)| {
        let (picture, task) = example.asked();
        let request = EditRequest { picture, task, settings: settings.clone() };
        let streams = SampleStreams { seed: settings.seed, series: 0, question: number, sample: number, answer: 0 };
        anyhow::Ok(Edit::new(request, &model.config)?.with_streams(streams))
    };
    let edits = (0..).zip(examples).map(edit).collect::<Result<Vec<Edit>>>()?;
    draw::draw(edits, model, |_| Ok(()))
}
