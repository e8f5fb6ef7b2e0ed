//! Training: closed forms, exact resumption, and that it learns.

mod devices;
mod muon;
mod objective;
mod precision;

use burn::tensor::TensorData;

use super::*;
use crate::{
    config::Prediction,
    denoiser::Conditioned,
    noise::{Purpose, gaussian_batch},
    picture::smooth_fill,
    sampler::{Known, Sampler, SamplerSettings},
    task::TaskKind,
};

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// A picture of three stripes, the right one missing, which no continuation of the others finds.
fn example() -> Example {
    let size = 16;
    let stripe = |index: usize| [-0.4, -0.4, 0.7, 0.1][index % size / 4];
    let picture: Vec<f32> = (0..3 * size * size).map(stripe).collect();
    let missing: Vec<bool> = (0..size * size).map(|index| index % size >= 12).collect();
    let mut condition = picture.clone();
    smooth_fill(&mut condition, size, &missing);
    Example { condition, picture, mask: missing.into_iter().map(f32::from).collect(), kind: TaskKind::Inpaint }
}

/// Pictures of which no two are alike.
fn unlike(count: usize) -> Vec<Example> {
    let mut examples = vec![example(); count];
    for (index, example) in examples.iter_mut().enumerate() {
        example.picture.iter_mut().for_each(|value| *value *= 1.0 - 0.2 * index as f32);
    }
    examples
}

fn config() -> TrainConfig {
    TrainConfig { batch: 4, learning_rate: 3e-3, warm_up_steps: 5, decay_steps: 500, total_steps: 900, seed: 11, ..TrainConfig::default() }
}

fn trainer() -> Trainer {
    Trainer::new(config(), ModelConfig::preset("tiny").unwrap(), None, &Device::flex()).unwrap()
}

fn batch() -> Vec<Example> {
    vec![example(); 4]
}

fn weights(trainer: &Trainer) -> HashMap<String, Weight> {
    let read =
        |parameter: crate::unet::NamedParameter| Weight { name: parameter.name, shape: parameter.shape, values: values(parameter.values) };
    trainer.state().into_iter().map(read).map(|weight| (weight.name.clone(), weight)).collect()
}

#[test]
fn loss_counts_the_hole_alone_and_is_normalised_by_its_area() {
    let device = Device::flex();
    let error = Tensor::<4>::from_data(TensorData::new(vec![2f32; 2 * 3 * 4], [2, 3, 2, 2]), &device);
    let mask = Tensor::<4>::from_data(TensorData::new(vec![1f32, 0., 0., 0., 1., 1., 1., 1.], [2, 1, 2, 2]), &device);
    let weights = Tensor::<1>::from_floats([1.0, 3.0], &device);
    // Both samples have a mean of 2^p in their hole, however large it is.
    let loss = |power, hole_normalized| {
        let how = MaskedLoss { power, hole_normalized, frequencies: LossFrequencies::Equal };
        values(masked_loss(error.clone(), mask.clone(), weights.clone(), how))
    };
    assert_eq!(loss(2, true), [(4.0 + 3.0 * 4.0) / 2.0]);
    assert_eq!(loss(1, true), [(2.0 + 3.0 * 2.0) / 2.0]);
    // Over the whole picture, the hole of a quarter counts a quarter.
    assert_eq!(loss(2, false), [(4.0 / 4.0 + 3.0 * 4.0) / 2.0]);
}

/// Errors of one frequency each: the weights are the tables' inverse, all of them have the mean 1, and what the mask leaves out does not count.
#[test]
fn frequencies_weigh_by_jpegs_tables() {
    let device = Device::flex();
    let loss = |frequencies, value: &dyn Fn(usize, usize, usize) -> f32, mask: &dyn Fn(usize) -> f32| {
        let error: Vec<f32> = (0..3 * 16 * 16).map(|place| value(place / 256, place % 16, place / 16 % 16)).collect();
        let error = Tensor::<4>::from_data(TensorData::new(error, [1, 3, 16, 16]), &device);
        let mask = Tensor::<4>::from_data(TensorData::new((0..256).map(|place| mask(place % 16)).collect(), [1, 1, 16, 16]), &device);
        let how = MaskedLoss { power: 2, hole_normalized: true, frequencies };
        values(masked_loss(error, mask, Tensor::ones([1], &device), how))[0]
    };
    let weight = |value: &dyn Fn(usize, usize, usize) -> f32, mask: &dyn Fn(usize) -> f32| {
        loss(LossFrequencies::Jpeg, value, mask) / loss(LossFrequencies::Equal, value, mask)
    };
    let wave = |frequency: usize, place: usize| (std::f32::consts::PI * frequency as f32 * (2 * place + 1) as f32 / 16.0).cos();
    let all = |_| 1.0;
    let grey = weight(&|_, _, _| 0.3, &all);
    for (across, down, step) in [(1, 0, 11.0), (0, 1, 12.0), (7, 7, 99.0), (2, 5, 55.0)] {
        let found = weight(&|_, x, y| wave(across, x) * wave(down, y), &all);
        assert!((found / grey - 16.0 / step).abs() < 1e-3, "{across}, {down}: {found} of {grey}");
    }
    let coloured = weight(&|channel, x, y| [1.0, -1.0, 0.0][channel] * wave(2, x) * wave(2, y), &all);
    assert!((coloured / grey - 16.0 / 56.0).abs() < 1e-3, "{coloured} of {grey}");
    // One pixel has all frequencies alike: in all places of a block and all colours together they weigh 1.
    let pixels = (0..3 * 64).map(|place| weight(&|channel, x, y| f32::from((channel * 64 + y * 8 + x == place) && x < 8 && y < 8), &all));
    let mean = pixels.sum::<f32>() / 192.0;
    assert!((mean - 1.0).abs() < 1e-3, "{mean}");
    let outside = loss(LossFrequencies::Jpeg, &|_, x, _| if x < 8 { 0.5 } else { 9.0 }, &|x| f32::from(x < 8));
    assert!((outside - 0.25 * grey).abs() < 1e-3, "{outside}");
}

#[test]
fn weights_follow_the_formula_and_agree_between_predictions() {
    for level in [0.0001, 0.01, 0.5, 0.9, 0.999] {
        let snr: f64 = level / (1.0 - level);
        for (weighting, expected) in [(LossWeighting::MinSnr, snr.min(5.0)), (LossWeighting::ClampedSnr, snr.clamp(1.0, 5.0))] {
            // The same weight on the error of the clean picture, whatever is predicted.
            let epsilon = loss_weight(level, Prediction::Epsilon, weighting, 5.0) * snr;
            let velocity = loss_weight(level, Prediction::Velocity, weighting, 5.0) * (snr + 1.0);
            assert!((epsilon / expected - 1.0).abs() < 1e-12 && (velocity / expected - 1.0).abs() < 1e-12);
        }
        assert_eq!(loss_weight(level, Prediction::Epsilon, LossWeighting::Equal, 5.0), 1.0);
    }
}

#[test]
fn learning_rate_warms_up_and_falls() {
    let config = TrainConfig { learning_rate: 1.0, warm_up_steps: 10, decay_steps: 20, total_steps: 100, ..config() };
    let at = |step| (config.learning_rate_at(step) * 1e6).round() / 1e6;
    assert_eq!([at(0), at(4), at(9), at(50), at(80), at(90), at(100)], [0.1, 0.5, 1.0, 1.0, 1.0, 0.55, 0.1]);
}

#[test]
fn resumed_training_is_bit_equal_to_uninterrupted_training() {
    resumes_bit_equal(trainer);
}

/// Six steps at once, and three and three more.
fn resumes_bit_equal(trainer: impl Fn() -> Trainer) {
    let mut whole = trainer();
    let mut losses = Vec::new();
    let mut saved = None;
    for step in 0..6 {
        if step == 3 {
            saved = Some(weights(&whole));
        }
        losses.push(values(whole.step(&batch()).unwrap().loss)[0].to_bits());
    }
    let mut resumed = trainer();
    resumed.resume(3, &saved.unwrap()).unwrap();
    for step in 3..6 {
        let report = resumed.step(&batch()).unwrap();
        assert_eq!(report.step, step);
        assert_eq!(values(report.loss)[0].to_bits(), losses[step as usize], "step {step}");
    }
    let (left, right) = (weights(&whole), weights(&resumed));
    assert_eq!(left.len(), right.len());
    for (name, weight) in &left {
        assert_eq!(weight.values, right[name].values, "{name}");
    }
}

fn with_powers(config: TrainConfig) -> Trainer {
    let config = TrainConfig { ema_lengths: vec![0.05, 0.1], ..config };
    Trainer::new(config, ModelConfig::preset("tiny").unwrap(), None, &Device::flex()).unwrap()
}

#[test]
fn averages_over_a_power_of_time_are_kept_and_resume_bit_equal() {
    resumes_bit_equal(|| with_powers(config()));
    let (mut plain, mut with) = (trainer(), with_powers(config()));
    let name = "head.weight";
    let mut expected = [0.0; 2];
    for step in 1..=5 {
        plain.step(&batch()).unwrap();
        with.step(&batch()).unwrap();
        let weight = f64::from(weights(&with)[&format!("weights.{name}")].values[0]);
        for (average, length) in expected.iter_mut().zip([0.05, 0.1]) {
            *average += (weight - *average) * (1.0 - power_average::decay(length, step));
        }
    }
    let (plain, state) = (weights(&plain), weights(&with));
    // They change nothing else, and without them nothing is kept.
    assert!(plain.iter().all(|(name, weight)| state[name].values == weight.values));
    assert_eq!(state.len() - plain.len(), 2 * parameters::shapes(&with.model.unet).len());
    for (number, expected) in expected.into_iter().enumerate() {
        let found = f64::from(state[&format!("power_average_{number}.{name}")].values[0]);
        assert!((found - expected).abs() < 1e-6, "{number}: {found} {expected}");
        let (length, model) = &with.power_averages()[number];
        let head = parameters::list(&model.unet).into_iter().find(|parameter| parameter.name == name).unwrap();
        assert_eq!((*length, values(head.values)), ([0.05, 0.1][number], state[&format!("power_average_{number}.{name}")].values.clone()));
    }
    let mut fresh = with_powers(config());
    let message = fresh.resume(5, &plain).unwrap_err().to_string();
    assert!(message.contains("power_average_0."), "{message}");
    for lengths in [vec![0.5], vec![0.1, 0.1], vec![0.0], vec![f64::NAN]] {
        let message = TrainConfig { ema_lengths: lengths, ..config() }.validate().unwrap_err().to_string();
        assert!(message.contains("ema_lengths"), "{message}");
    }
}

#[test]
fn average_warms_up_and_lags_behind_the_weights() {
    let mut trainer = trainer();
    let start = weights(&trainer);
    trainer.step(&batch()).unwrap();
    let first = weights(&trainer);
    let name = "head.weight";
    let moved = &first[&format!("weights.{name}")].values;
    let before = &start[&format!("weights.{name}")].values;
    let average = &first[&format!("average.{name}")].values;
    assert_ne!(moved, before);
    trainer.step(&batch()).unwrap();
    let second = weights(&trainer);
    let decay = 2.0 / 11.0;
    let (weights, averages) = (&second[&format!("weights.{name}")].values, &second[&format!("average.{name}")].values);
    for ((before, weight), after) in average.iter().zip(weights).zip(averages) {
        let expected = f64::from(*before) * decay + f64::from(*weight) * (1.0 - decay);
        assert!((f64::from(*after) - expected).abs() < 1e-6);
    }
    let averaged = parameters::list(&trainer.average().unet);
    let head = averaged.into_iter().find(|parameter| parameter.name == name).unwrap();
    assert_eq!(&values(head.values), averages);
}

#[test]
fn missing_tensors_and_wrong_samples_are_named() {
    let mut fresh = trainer();
    fresh.step(&batch()).unwrap();
    let mut state = weights(&fresh);
    state.remove("moment_2.stem.weight");
    let message = fresh.resume(1, &state).unwrap_err().to_string();
    assert!(message.contains("moment_2.stem.weight"), "{message}");
    state = weights(&fresh);
    state.get_mut("moment_1.stem.weight").unwrap().values.pop();
    let message = fresh.resume(1, &state).unwrap_err().to_string();
    assert!(message.contains("moment_1.stem.weight") && message.contains("holds"), "{message}");
    assert_eq!(fresh.step_count(), 1);
    let mut small = batch();
    small[2].mask.truncate(10);
    let message = fresh.step(&small).unwrap_err().to_string();
    assert!(message.contains("10") && message.contains("256"), "{message}");
    let message = TrainConfig { loss_power: 3, ..config() }.validate().unwrap_err().to_string();
    assert!(message.contains("loss_power") && message.contains('3'), "{message}");
}

#[test]
fn tasks_are_drawn_by_their_shares() {
    use TaskKind::{Colorize, Inpaint, Restore};
    let model = ModelConfig { tasks: vec![Inpaint, Colorize], ..ModelConfig::preset("tiny").unwrap() };
    let with = |shares: &[(TaskKind, u32)]| TrainConfig { task_shares: shares.iter().copied().collect(), ..config() };
    assert_eq!(config().drawn_tasks(&model.tasks), model.tasks);
    assert_eq!(with(&[(Colorize, 3)]).drawn_tasks(&model.tasks), [Inpaint, Colorize, Colorize, Colorize]);
    assert_eq!(with(&[(Inpaint, 0)]).drawn_tasks(&model.tasks), [Colorize]);
    with(&[(Inpaint, 0)]).validate_for(&model).unwrap();
    for shares in [&[(Inpaint, 0), (Colorize, 0)][..], &[(Restore, 2)], &[(Inpaint, 1_000_000)]] {
        let message = with(shares).validate_for(&model).unwrap_err().to_string();
        assert!(message.contains("task_shares"), "{message}");
    }
}

#[test]
fn one_picture_is_learned_by_heart() {
    let mut trainer = trainer();
    let loss = |reports: &[f32]| reports.iter().sum::<f32>() / reports.len() as f32;
    let losses: Vec<f32> = (0..900).map(|_| values(trainer.step(&batch()).unwrap().loss)[0]).collect();
    let (early, late) = (loss(&losses[..10]), loss(&losses[880..]));
    assert!(late < early / 4.0, "the loss fell from {early} to {late} only");

    let device = Device::flex();
    let sample = example();
    let tensor = |data: &[f32], channels| Tensor::<4>::from_data(TensorData::new(data.to_vec(), [1, channels, 16, 16]), &device);
    let model = trainer.average();
    let denoiser = Conditioned::new(&model, tensor(&sample.condition, 3), Some(tensor(&sample.mask, 1)), vec![sample.kind]);
    let known = Known { picture: tensor(&sample.picture, 3), mask: tensor(&sample.mask, 1), guess: None };
    let start = gaussian_batch(&[0], 5, Purpose::Start, 0, [3, 16, 16], &device);
    let mut sampler = Sampler::new(&SamplerSettings::default(), model.config.log_snr_range, start, Some(known)).unwrap();
    while !sampler.is_finished() {
        sampler.step(&denoiser);
    }
    let result = values(sampler.finish());
    let error: f32 = result.iter().zip(&sample.picture).map(|(left, right)| (left - right).abs()).sum::<f32>() / (3.0 * 16.0 * 4.0);
    assert!(error < 0.2, "the hole is off by {error} on average, its smooth fill by 0.6");
}

#[test]
fn validation_draws_the_same_noise_every_time_and_changes_nothing() {
    let mut trainer = trainer();
    trainer.step(&batch()).unwrap();
    let before = weights(&trainer);
    let loss = |trainer: &Trainer| values(trainer.validation_loss(&vec![example(); 6]).unwrap())[0];
    let first = loss(&trainer);
    assert_eq!(first.to_bits(), loss(&trainer).to_bits());
    let after = weights(&trainer);
    assert!(before.iter().all(|(name, weight)| weight.values == after[name].values));
    for _ in 0..60 {
        trainer.step(&batch()).unwrap();
    }
    assert!(loss(&trainer) < first, "training on the very picture did not lower its loss from {first}");
}

#[test]
fn a_batch_in_parts_has_the_gradients_of_the_whole() {
    let examples = unlike(4);
    let norm_and_loss = |micro_batch: usize, side_by_side: usize| {
        let config = TrainConfig { micro_batch, ..config() };
        let trainer = Trainer::new(config.clone(), ModelConfig::preset("tiny").unwrap(), None, &Device::flex()).unwrap();
        let device = Device::flex().autodiff();
        let batch = Batch { config: &config, model: trainer.model_config(), step: 3, examples: &examples, loss_scale: None };
        let unet = optimizer::to_training(trainer.average().unet.with_gaussian_weights(4), &device);
        let gradients = batch.gradients(&unet, &[Worker { device, side_by_side }]).unwrap();
        let stem = gradients.of_parameters.get::<4>(unet.stem_id()).unwrap();
        (values(gradients.loss)[0], values(stem))
    };
    let (loss, stem) = norm_and_loss(0, 1);
    assert!(stem.iter().any(|value| value.abs() > 1e-4));
    for (micro_batch, side_by_side) in [(1, 1), (3, 1), (0, 2), (0, 3), (1, 2)] {
        let (other, part) = norm_and_loss(micro_batch, side_by_side);
        assert!((other - loss).abs() < 1e-5 * loss, "{other} is not {loss}");
        let furthest = stem.iter().zip(&part).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-5, "{furthest} at {micro_batch}, {side_by_side}");
    }
}
