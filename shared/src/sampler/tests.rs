//! Samplers against the exact denoiser of Gaussian data, for which everything is known.

use burn::tensor::{Device, Tensor, TensorData};

use super::*;
use crate::{
    config::SettingsError,
    denoiser::Denoiser,
    noise::{Purpose, gaussian_batch},
    schedule,
};

/// For data N(0, s²): E[y0 | y] = √γ·s²/(γ·s² + 1 − γ)·y.
struct Exact {
    deviation: f64,
}

impl Exact {
    fn variance(&self, level: f64) -> f64 {
        level * self.deviation.powi(2) + 1.0 - level
    }
}

impl Denoiser for Exact {
    fn denoise(&self, noisy: Tensor<4>, level: f64) -> Tensor<4> {
        noisy.mul_scalar(level.sqrt() * self.deviation.powi(2) / self.variance(level))
    }
}

fn settings(kind: SamplerKind, steps: usize) -> SamplerSettings {
    SamplerSettings { kind, steps, ..SamplerSettings::default() }
}

/// Values of N(0, 1), samples numbered from 0.
fn draw(seed: u64, [count, channels, height, width]: [usize; 4]) -> Tensor<4> {
    let numbers: Vec<u64> = (0..count as u64).collect();
    gaussian_batch(&numbers, seed, Purpose::Start, 0, [channels, height, width], &Device::flex())
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Error at the last grid level against the exact solution of the probability flow:
/// y(γ) = y(γ_0)·√(variance(γ)/variance(γ_0)).
fn flow_error(kind: SamplerKind, steps: usize) -> f64 {
    let exact = Exact { deviation: 0.3 };
    let start = Tensor::<4>::full([1, 3, 1, 1], 0.5, &Device::flex());
    let mut sampler = Sampler::new(&settings(kind, steps), [-6.0, 6.0], start, None).unwrap();
    for _ in 1..steps {
        sampler.step(&exact);
    }
    let (first, last) = (sampler.levels()[0], *sampler.levels().last().unwrap());
    let expected = 0.5 * (exact.variance(last) / exact.variance(first)).sqrt();
    (f64::from(values(sampler.noisy())[0]) - expected).abs()
}

#[test]
fn ddim_converges_with_order_one_dpm_solver_with_two_and_uni_pc_with_three() {
    let order = |kind, steps| (flow_error(kind, steps) / flow_error(kind, 2 * steps - 1)).log2();
    let ddim = order(SamplerKind::Ddim, 21);
    assert!((0.8..1.3).contains(&ddim), "DDIM's order is {ddim}");
    let dpm = order(SamplerKind::DpmSolver, 21);
    assert!((1.7..2.6).contains(&dpm), "DPM-Solver++(2M)'s order is {dpm}");
    let pc = order(SamplerKind::UniPc, 21);
    assert!((2.5..3.7).contains(&pc), "UniPC's order is {pc}");
    assert!(flow_error(SamplerKind::DpmSolver, 20) < flow_error(SamplerKind::Ddim, 20) / 5.0);
}

/// The exact denoiser is linear, so that less noise is a smaller sample by the same factor.
#[test]
fn temperature_scales_the_start_and_all_fresh_noise() {
    // So little that no estimate is cut at the ends of the range of pictures.
    let exact = Exact { deviation: 0.05 };
    for kind in SamplerKind::ALL {
        let sample = |temperature: f64| {
            let settings = SamplerSettings { temperature, eta: 0.5, seed: 3, ..settings(kind, 6) };
            let start = gaussian_batch(&[0], 3, Purpose::Start, 0, [3, 4, 4], &Device::flex()).mul_scalar(0.5);
            let mut sampler = Sampler::new(&settings, [-6.0, 6.0], start, None).unwrap();
            while !sampler.is_finished() {
                sampler.step(&exact);
            }
            values(sampler.finish())
        };
        let (full, half) = (sample(1.0), sample(0.5));
        let furthest = full.iter().zip(&half).map(|(full, half)| (0.5 * full - half).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-4, "{kind}: {furthest}");
        assert!(sample(0.0).iter().all(|value| *value == 0.0), "{kind}");
    }
}

#[test]
fn ancestral_ends_with_the_data_s_deviation() {
    let exact = Exact { deviation: 0.3 };
    let device = Device::flex();
    let start = gaussian_batch(&[0], 1, Purpose::Start, 0, [3, 40, 40], &device);
    let mut sampler = Sampler::new(&settings(SamplerKind::Ancestral, 300), [-10.0, 10.0], start, None).unwrap();
    while !sampler.is_finished() {
        sampler.step(&exact);
    }
    let values = values(sampler.finish());
    let deviation = (values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    assert!((deviation - 0.3).abs() < 0.02, "{deviation}");
}

#[test]
fn known_pixels_are_bit_equal_at_every_step_and_at_the_end() {
    let device = Device::flex();
    let shape = [2, 3, 4, 4];
    let picture = draw(3, shape).clamp(-1.0, 1.0);
    let holes: Vec<f32> = (0..32).map(|index| f32::from(index % 3 == 0)).collect();
    let mask = Tensor::<4>::from_data(TensorData::new(holes.clone(), [2, 1, 4, 4]), &device);
    let truth = values(picture.clone());
    for kind in SamplerKind::ALL {
        let known = Known { picture: picture.clone(), mask: mask.clone(), guess: None };
        let start = draw(4, shape);
        let mut sampler = Sampler::new(&settings(kind, 5), [-10.0, 10.0], start, Some(known)).unwrap();
        let check = |tensor: Tensor<4>| {
            for (index, (value, expected)) in values(tensor).iter().zip(&truth).enumerate() {
                let (batch, cell) = (index / 48, index % 16);
                if holes[batch * 16 + cell] == 0.0 {
                    assert_eq!(value.to_bits(), expected.to_bits(), "{kind} at {index}");
                }
            }
        };
        while !sampler.is_finished() {
            check(sampler.noisy());
            sampler.step(&Exact { deviation: 0.5 });
            check(sampler.estimate().unwrap());
        }
        assert_eq!(sampler.done(), 5);
        check(sampler.finish());
    }
}

#[test]
fn estimates_are_clamped_and_bad_settings_refused() {
    struct Wild;
    impl Denoiser for Wild {
        fn denoise(&self, noisy: Tensor<4>, _: f64) -> Tensor<4> {
            noisy.zeros_like().add_scalar(7.0)
        }
    }
    let start = || Tensor::<4>::zeros([1, 3, 2, 2], &Device::flex());
    let mut sampler = Sampler::new(&settings(SamplerKind::DpmSolver, 3), [-10.0, 10.0], start(), None).unwrap();
    while !sampler.is_finished() {
        sampler.step(&Wild);
    }
    assert!(values(sampler.finish()).iter().all(|value| *value == 1.0));
    let refused = Sampler::new(&settings(SamplerKind::Ddim, 0), [-10.0, 10.0], start(), None).unwrap_err();
    assert_eq!(refused, SettingsError::Steps(0));
    let eta = SamplerSettings { eta: 1.5, ..settings(SamplerKind::Ddim, 3) };
    assert_eq!(Sampler::new(&eta, [-10.0, 10.0], start(), None).unwrap_err(), SettingsError::Eta(1.5));
    let hot = SamplerSettings { temperature: 1.5, ..settings(SamplerKind::Ddim, 3) };
    assert_eq!(Sampler::new(&hot, [-10.0, 10.0], start(), None).unwrap_err(), SettingsError::Temperature(1.5));
    assert!("euler".parse::<SamplerKind>().unwrap_err().to_string().contains("dpm-solver"));
}

/// Between the guess and noise as the level says, from that level on; and nothing of it where the settings say nothing.
#[test]
fn a_guess_is_what_sampling_begins_from() {
    let device = Device::flex();
    let shape = [1, 3, 4, 4];
    let (start, guess) = (draw(1, shape), draw(2, shape));
    let known = || Known { picture: Tensor::zeros(shape, &device), mask: Tensor::ones([1, 1, 4, 4], &device), guess: Some(guess.clone()) };
    let begin = |guess, temperature| {
        let settings = SamplerSettings { guess, temperature, ..settings(SamplerKind::DpmSolver, 5) };
        Sampler::new(&settings, [-8.0, 8.0], start.clone(), Some(known())).unwrap()
    };
    let sampler = begin(Some(1.0), 0.5);
    let level = schedule::noise_level(1.0);
    assert!((sampler.levels()[0] - level).abs() < 1e-12 && sampler.levels().len() == 5);
    let expected = guess.clone().mul_scalar(level.sqrt()) + start.clone().mul_scalar(0.5 * (1.0 - level).sqrt());
    let off: f32 = (sampler.noisy() - expected).abs().max().into_scalar();
    assert!(off < 1e-6, "{off}");
    // No noisier than the net was trained for.
    assert!((begin(Some(-20.0), 1.0).levels()[0] - schedule::noise_level(-8.0)).abs() < 1e-12);
    let off: f32 = (begin(None, 1.0).noisy() - start.clone()).abs().max().into_scalar();
    assert_eq!(off, 0.0);
    // Next to the clean end there is still a step to go; at it there is none.
    for kind in SamplerKind::ALL {
        let settings = SamplerSettings { guess: Some(7.999), ..settings(kind, 5) };
        let mut sampler = Sampler::new(&settings, [-8.0, 8.0], start.clone(), Some(known())).unwrap();
        while !sampler.is_finished() {
            sampler.step(&Exact { deviation: 0.5 });
        }
        assert!(values(sampler.finish()).iter().all(|value| value.is_finite()), "{kind}");
    }
    for guess in [8.0, 30.0] {
        let settings = SamplerSettings { guess: Some(guess), ..settings(SamplerKind::DpmSolver, 5) };
        let refused = Sampler::new(&settings, [-8.0, 8.0], start.clone(), Some(known())).unwrap_err();
        assert_eq!(refused, SettingsError::CleanGuess { guess, high: 8.0 });
    }
    let nonsense = SamplerSettings { guess: Some(99.0), ..settings(SamplerKind::DpmSolver, 5) };
    assert!(nonsense.validate().unwrap_err().to_string().contains("99"));
}
