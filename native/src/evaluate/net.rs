//! Many questions through the net at once: conditions and masks stacked into one batch, sampled, and
//! read back. It measures nothing.

use anyhow::{Context, bail};
use burn::tensor::{Device, Tensor, TensorData};
use infill::denoiser::{Conditioned, Model};
use infill::noise::{self, Purpose};
use infill::sampler::{Known, Sampler, SamplerSettings};
use infill::task::TaskKind;
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
    mut evaluated: impl FnMut(),
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
        noise::gaussian(&mut noise::stream(settings.seed, Purpose::Start, case.number(), place), 3 * size * size)
    });
    let known = case.keeps_known().then(|| Known {
        picture: stack(shape, &|tile| tile.question.original.to_planes()),
        mask: stack([tiles.len(), 1, size, size], &|tile| tile.question.mask.to_plane()),
        guess: settings.guess.map(|_| stack(shape, &|tile| tile.question.guess(case.kind()))),
    });
    // Fresh noise inside the sampler belongs to the case and the sample, in whatever batch it is.
    let seed = noise::stream(settings.seed, Purpose::Step, case.number(), 0).next_u64();
    let steps = model.config.prediction.evaluations(settings.steps);
    let settings = SamplerSettings { seed, steps, ..settings.clone() };
    let numbers = tiles.iter().map(|tile| tile.rank * SAMPLES + tile.sample).collect();

    let mask = known.as_ref().map(|known| known.mask.clone());
    let mut sampler = Sampler::new(&settings, model.config.log_snr_range, start, known)?.numbered(numbers);
    let denoiser = Conditioned::new(model, condition, mask, vec![case.kind(); tiles.len()]);
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
        bail!("the net gave {value} for {}: its weights or this device's arithmetic are broken", case.name());
    }
    let mut samples: Vec<Vec<f32>> = values.chunks(3 * size * size).map(<[f32]>::to_vec).collect();
    if case.kind() == TaskKind::Colorize {
        for (planes, tile) in samples.iter_mut().zip(tiles) {
            keep_luma(planes, &tile.question.condition[..size * size]);
        }
    }
    Ok(samples)
}

/// The net's colours with the luma that is known, as a colorized picture gets them: what a colour
/// differs from its own grey is added to the grey that was given, and reduced where it leaves [−1, 1].
fn keep_luma(planes: &mut [f32], luma: &[f32]) {
    let area = luma.len();
    for (place, luma) in luma.iter().enumerate() {
        let net = [0, 1, 2].map(|channel| planes[channel * area + place]);
        let grey = 0.299 * net[0] + 0.587 * net[1] + 0.114 * net[2];
        let colour = net.map(|value| value - grey);
        let room = |colour: f32| (colour.signum() - luma).abs() / colour.abs().max(f32::MIN_POSITIVE);
        let part = colour.map(room).into_iter().fold(1.0, f32::min);
        for channel in 0..3 {
            planes[channel * area + place] = luma + part * colour[channel];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::keep_luma;

    #[test]
    fn luma_stays_and_colours_fit() {
        // An orange at the given luma, and one that would be too bright for it.
        for luma in [-0.2f32, 0.95] {
            let mut planes = vec![0.6, 0.1, -0.7];
            keep_luma(&mut planes, &[luma]);
            let found = 0.299 * planes[0] + 0.587 * planes[1] + 0.114 * planes[2];
            assert!((found - luma).abs() < 1e-6, "{found} {luma}");
            assert!(planes.iter().all(|value| value.abs() <= 1.0 + 1e-6), "{planes:?}");
            assert!(planes[0] > planes[1] && planes[1] > planes[2], "{planes:?}");
        }
        let mut grey = vec![0.3; 3];
        keep_luma(&mut grey, &[-1.0]);
        assert_eq!(grey, [-1.0; 3]);
    }
}
