//! Many questions through the net at once: conditions and masks stacked into one batch, sampled, and
//! read back. It measures nothing.

use anyhow::{Context, bail};
use burn::tensor::{Device, Tensor, TensorData};
use infill::denoiser::{Conditioned, Model};
use infill::noise::{self, Purpose};
use infill::sampler::{Known, Sampler, SamplerSettings};
use rand::Rng;

use super::cases::{Case, Question};

/// One sample to be drawn for one question.
pub struct Tile<'a> {
    /// The question.
    pub question: &'a Question,
    /// The picture's place in the evaluation.
    pub rank: u64,
    /// Which of its samples.
    pub sample: u64,
}

/// Samples of one question are numbered below this, so that each has its own stream of noise.
const SAMPLES: u64 = 1 << 20;

/// Draws a sample for each tile, each as planes `[3, size, size]`; `evaluated` is told after each
/// evaluation of the net. The noise that a stochastic sampler adds depends on the place in the batch.
///
/// # Errors
/// Sampler settings out of range, or a net that gives numbers that are not finite.
pub fn sample(
    model: &Model,
    device: &Device,
    case: Case,
    tiles: &[Tile<'_>],
    settings: &SamplerSettings,
    evaluated: impl Fn(),
) -> anyhow::Result<Vec<Vec<f32>>> {
    let Some(first) = tiles.first() else {
        return Ok(Vec::new());
    };
    let size = first.question.original.width();
    let shape = [tiles.len(), 3, size, size];
    let stack = |shape: [usize; 4], values: &dyn Fn(&Tile<'_>) -> Vec<f32>| {
        let values: Vec<f32> = tiles.iter().flat_map(values).collect();
        Tensor::<4>::from_data(TensorData::new(values, shape), device)
    };
    let condition = stack(shape, &|tile| tile.question.condition.clone());
    let start = stack(shape, &|tile| {
        let place = tile.rank * SAMPLES + tile.sample;
        noise::gaussian(
            &mut noise::stream(settings.seed, Purpose::Start, case.number(), place),
            3 * size * size,
        )
    });
    let known = case.keeps_known().then(|| Known {
        picture: stack(shape, &|tile| tile.question.original.to_planes()),
        mask: stack([tiles.len(), 1, size, size], &|tile| {
            tile.question.mask.to_plane()
        }),
    });
    // Fresh noise inside the sampler must differ from batch to batch.
    let place = first.rank * SAMPLES + first.sample;
    let seed = noise::stream(settings.seed, Purpose::Step, case.number(), place).next_u64();
    let settings = SamplerSettings {
        seed,
        ..settings.clone()
    };

    let mut sampler = Sampler::new(&settings, model.config.log_snr_range, start, known)?;
    let denoiser = Conditioned::new(model, condition);
    while !sampler.is_finished() {
        sampler.step(&denoiser);
        evaluated();
    }
    let values: Vec<f32> = sampler
        .finish()
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .map_err(|error| anyhow::anyhow!("{error:?}"))
        .context("reading samples from the device")?;
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        bail!(
            "the net gave {value} for {}: its weights or this device's arithmetic are broken",
            case.name()
        );
    }
    Ok(values
        .chunks(3 * size * size)
        .map(<[f32]>::to_vec)
        .collect())
}
