//! Which sampler and how many steps suit a net that predicts ε and is told γ, as the public Palette's. No weights are at hand, so a denoiser is
//! asked that is known exactly: of pictures that are one of many smooth ones, with a little grain. Once as it is, and once with an ε that is
//! off by a fixed pattern of 5 %, as a net's would be. Prints how far the answers are from the end of the probability flow, which
//! every deterministic sampler approaches.

use burn::tensor::{Device, Tensor, TensorData};
use infill::{
    config::{PAPER_LOG_SNR_RANGE, SamplerKind, SamplerSettings},
    denoiser::Denoiser,
    noise::{self, Purpose},
    sampler::Sampler,
};

/// Side of the pictures.
const SIDE: usize = 8;
/// Numbers of a picture.
const EACH: usize = 3 * SIDE * SIDE;
/// Smooth pictures.
const PICTURES: usize = 96;
/// Samples that are drawn.
const SAMPLES: usize = 192;
/// Deviation of the grain.
const GRAIN: f64 = 0.05;

/// E[y0 | y] for data that is one of `pictures` and N(0, [`GRAIN`]²).
struct Mixture {
    pictures: Vec<Vec<f64>>,
    /// What ε is off by.
    error: Vec<f64>,
}

impl Mixture {
    fn new(error: f64) -> Self {
        let mut random = noise::stream(0, Purpose::Evaluation, 0, 0);
        let pictures = (0..PICTURES).map(|_| smooth(&noise::gaussian(&mut random, 27))).collect();
        let pattern = noise::gaussian(&mut noise::stream(0, Purpose::Evaluation, 1, 0), EACH);
        Self { pictures, error: pattern.into_iter().map(|value| error * f64::from(value)).collect() }
    }

    fn estimate(&self, noisy: &[f32], level: f64) -> Vec<f32> {
        let (signal, noise) = (level.sqrt(), (1.0 - level).sqrt());
        let variance = level * GRAIN * GRAIN + 1.0 - level;
        let noisy: Vec<f64> = noisy.iter().map(|value| f64::from(*value)).collect();
        let distance = |picture: &Vec<f64>| noisy.iter().zip(picture).map(|(value, mean)| (value - signal * mean).powi(2)).sum::<f64>();
        let exponents: Vec<f64> = self.pictures.iter().map(|picture| -distance(picture) / (2.0 * variance)).collect();
        let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = exponents.iter().map(|exponent| (exponent - largest).exp()).collect();
        let total: f64 = weights.iter().sum();
        let back = signal * GRAIN * GRAIN / variance;
        let value = |place: usize| {
            let mean = weights.iter().zip(&self.pictures).map(|(weight, picture)| weight * picture[place]).sum::<f64>() / total;
            let exact = mean + back * (noisy[place] - signal * mean);
            // The estimate of an ε that is off.
            (exact - noise / signal * self.error[place]) as f32
        };
        (0..EACH).map(value).collect()
    }
}

/// A picture of three waves a side and channel.
fn smooth(waves: &[f32]) -> Vec<f64> {
    let value = |place: usize| {
        let (channel, y, x) = (place / (SIDE * SIDE), place / SIDE % SIDE, place % SIDE);
        let wave = |number: usize| {
            let (down, across) = (number / 3, number % 3);
            let turn = |frequency: usize, at: usize| (std::f64::consts::PI * frequency as f64 * (at as f64 + 0.5) / SIDE as f64).cos();
            0.4 * f64::from(waves[9 * channel + number]) / (1.0 + (down + across) as f64) * turn(down, y) * turn(across, x)
        };
        (0..9).map(wave).sum::<f64>().clamp(-1.0, 1.0)
    };
    (0..EACH).map(value).collect()
}

impl Denoiser for Mixture {
    fn denoise(&self, noisy: Tensor<4>, level: f64) -> Tensor<4> {
        let (shape, device) = (noisy.dims(), noisy.device());
        let values: Vec<f32> = noisy.into_data().try_to_vec().expect("numbers");
        let estimates = values.chunks_exact(EACH).flat_map(|noisy| self.estimate(noisy, level)).collect::<Vec<f32>>();
        // As a model's estimate, within the range of pictures.
        Tensor::<4>::from_data(TensorData::new(estimates, shape), &device).clamp(-1.0, 1.0)
    }
}

fn draw(denoiser: &Mixture, kind: SamplerKind, steps: usize) -> Vec<f32> {
    let values = noise::gaussian(&mut noise::stream(0, Purpose::Start, 0, 0), SAMPLES * EACH);
    let start = Tensor::<4>::from_data(TensorData::new(values, [SAMPLES, 3, SIDE, SIDE]), &Device::flex());
    let settings = SamplerSettings { kind, steps, ..SamplerSettings::default() };
    let mut sampler = Sampler::new(&settings, PAPER_LOG_SNR_RANGE, start, None).expect("settings in range");
    while !sampler.is_finished() {
        sampler.step(denoiser);
    }
    sampler.finish().into_data().try_to_vec().expect("numbers")
}

/// Root of the mean square, in levels of 255.
fn apart(one: &[f32], other: &[f32]) -> f64 {
    let squares: f64 = one.iter().zip(other).map(|(one, other)| f64::from(one - other).powi(2)).sum();
    127.5 * (squares / one.len() as f64).sqrt()
}

fn main() {
    println!("| ε | sampler | 4 | 6 | 8 | 10 | 12 | 16 | 20 | 40 |\n|---|---|---|---|---|---|---|---|---|---|");
    let exact = draw(&Mixture::new(0.0), SamplerKind::UniPc, 1000);
    for (name, error) in [("exact", 0.0), ("off by 5 %", 0.05)] {
        let denoiser = Mixture::new(error);
        for kind in [SamplerKind::Ddim, SamplerKind::DpmSolver, SamplerKind::UniPc] {
            let cells = [4, 6, 8, 10, 12, 16, 20, 40].map(|steps| format!("{:.2}", apart(&draw(&denoiser, kind, steps), &exact)));
            println!("| {name} | {kind} | {} |", cells.join(" | "));
        }
    }
}
