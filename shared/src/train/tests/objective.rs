//! What is learned and on what: regression, switches, pictures that grow.

use super::*;
use crate::{denoiser::Denoiser, sampler::SamplerKind};

fn regression() -> Trainer {
    let model = ModelConfig::preset("tiny").unwrap().with_regression();
    Trainer::new(config(), model, None, &Device::flex()).unwrap()
}

fn condition(example: &Example) -> Tensor<4> {
    Tensor::from_data(TensorData::new(example.condition.clone(), [1, 3, 16, 16]), &Device::flex())
}

#[test]
fn regression_learns_the_expected_picture_and_sees_no_noise() {
    let mut trainer = regression();
    let untrained = values(clean_error(&trainer.average(), &batch(), 0.5, 1))[0];
    // An untrained net gives the condition back.
    let sample = example();
    let (mut total, mut area) = (0.0, 0.0);
    for (place, missing) in sample.mask.iter().cycle().take(3 * 256).enumerate() {
        total += missing * (sample.condition[place] - sample.picture[place]).powi(2);
        area += missing;
    }
    assert!((untrained - total / area).abs() < 1e-5, "{untrained} is not {}", total / area);
    // Two pictures for one condition: the best answer to both is their mean.
    let darker = |mut example: Example| {
        example
            .picture
            .iter_mut()
            .zip(example.mask.iter().cycle())
            .filter(|(_, missing)| **missing > 0.0)
            .for_each(|(value, _)| *value -= 0.4);
        example
    };
    let pair = [example(), darker(example()), example(), darker(example())];
    for _ in 0..150 {
        trainer.step(&pair).unwrap();
    }
    let model = trainer.average();
    let denoiser = Conditioned::new(&model, condition(&sample), None, vec![sample.kind]);
    let answer = |seed, level| values(denoiser.denoise(gaussian_batch(&[0], seed, Purpose::Start, 0, [3, 16, 16], &Device::flex()), level));
    let first = answer(1, 0.1);
    assert_eq!(first, answer(2, 0.9), "the noise or its level changed the answer");
    let off: Vec<f32> =
        (0..3 * 256).filter(|place| sample.mask[place % 256] > 0.0).map(|place| first[place] - (sample.picture[place] - 0.2)).collect();
    let mean = off.iter().map(|value| value.abs()).sum::<f32>() / off.len() as f32;
    assert!(mean < 0.1, "off the mean of both pictures by {mean}");
}

#[test]
fn a_regression_model_is_evaluated_once_whatever_is_asked() {
    for (prediction, evaluations) in [(Prediction::Regression, [0, 1, 1]), (Prediction::Residual, [0, 1, 50])] {
        assert_eq!([0, 1, 50].map(|asked| prediction.evaluations(asked)), evaluations);
    }
    let request = |steps| crate::edit::EditRequest {
        picture: crate::picture::Picture::filled(20, 20, [90, 80, 70]),
        task: crate::task::Task::colorize(),
        settings: SamplerSettings { kind: SamplerKind::Ancestral, steps, ..SamplerSettings::default() },
    };
    let config = ModelConfig::preset("tiny").unwrap();
    let total = |config: &ModelConfig| crate::edit::Edit::new(request(30), config).unwrap().total_steps();
    assert_eq!((total(&config.clone().with_regression()), total(&config)), (1, 30));
}

#[test]
fn settings_that_make_no_sense_together_are_named() {
    let refused =
        |config: TrainConfig, model: ModelConfig| Trainer::new(config, model, None, &Device::flex()).map(|_| ()).unwrap_err().to_string();
    let model = ModelConfig::preset("tiny").unwrap().with_regression();
    let message = refused(TrainConfig { loss_weighting: LossWeighting::MinSnr, ..config() }, model.clone());
    assert!(message.contains("MinSnr") && message.contains("Regression"), "{message}");
    let noisy = ModelConfig { hole: crate::task::HoleCondition::Noise, ..model.clone() };
    let message = noisy.validate().unwrap_err().to_string();
    assert!(message.contains("regression") && message.contains("smooth"), "{message}");
    for (size, part) in [(6, "multiple of 4"), (32, "up to the model's 16"), (0, "multiple of 4")] {
        let message = refused(TrainConfig { progressive: Some(Progressive { size, share: 0.5 }), ..config() }, model.clone());
        assert!(message.contains(part) && message.contains(&size.to_string()), "{message}");
    }
    let message = refused(TrainConfig { progressive: Some(Progressive { size: 8, share: 1.5 }), ..config() }, model);
    assert!(message.contains("progressive.share") && message.contains("1.5"), "{message}");
    assert!("64-0.7".parse::<Progressive>().unwrap_err().to_string().contains("64:0.7"));
}

#[test]
fn the_papers_recipe_switches_off_what_the_paper_has_not() {
    let paper = TrainConfig::paper();
    assert!(!paper.low_discrepancy && !paper.ema_warm_up && !paper.hole_normalized && paper.progressive.is_none());
    assert_eq!(paper.ema_decay_at(0), 0.9999);
    assert_eq!(TrainConfig::default().ema_decay_at(0), 0.1);
    assert_eq!(TrainConfig::default().ema_decay_at(1_000_000), 0.9999);
}

/// Evenly spaced quantiles hit each sixteenth of the distribution once; independent ones nearly never do.
#[test]
fn low_discrepancy_levels_cover_every_part_of_their_distribution() {
    let model = ModelConfig::preset("tiny").unwrap();
    let covered = |low_discrepancy, step| {
        let levels = crate::schedule::LevelDistribution::Uniform;
        let config = TrainConfig { batch: 16, low_discrepancy, levels, ..config() };
        let batch = Batch { config: &config, model: &model, step, examples: &vec![example(); 16], loss_scale: None };
        let mut hit = [false; 16];
        for level in batch.all_levels() {
            let quantile = (crate::schedule::log_snr(level) + 9.0) / 18.0;
            hit[((quantile * 16.0) as usize).min(15)] = true;
        }
        hit.iter().filter(|hit| **hit).count()
    };
    for step in 0..20 {
        assert!(covered(true, step) >= 15, "step {step}");
        assert!(covered(false, step) < 15, "step {step}");
    }
}

#[test]
fn a_task_can_have_noise_levels_of_its_own() {
    use crate::{schedule::LevelDistribution, task::TaskKind};
    let model = ModelConfig::preset("tiny").unwrap();
    let own = |task| TrainConfig { batch: 16, task_levels: [(task, LevelDistribution::Uniform)].into(), ..config() };
    let of = |kind: TaskKind| Example { kind, ..example() };
    let examples: Vec<Example> = [TaskKind::Colorize, TaskKind::Inpaint].into_iter().cycle().take(16).map(of).collect();
    let levels =
        |config: TrainConfig| Batch { config: &config, model: &model, step: 3, examples: &examples, loss_scale: None }.all_levels();
    let [mixed, logistic, uniform] =
        [own(TaskKind::Colorize), config(), TrainConfig { levels: LevelDistribution::Uniform, ..config() }].map(levels);
    for index in 0..16 {
        let (wanted, other) = if index % 2 == 0 { (uniform[index], logistic[index]) } else { (logistic[index], uniform[index]) };
        assert!(mixed[index] == wanted && mixed[index] != other, "sample {index}: {}, not {wanted} but {other}", mixed[index]);
    }
    let model = ModelConfig { tasks: vec![TaskKind::Colorize], ..model };
    let message = own(TaskKind::Uncrop).validate_for(&model).unwrap_err().to_string();
    assert!(message.contains("task_levels") && message.contains("uncrop"), "{message}");
}

/// The same as [`example`] in half the size.
fn small_example() -> Example {
    let halve = |values: &[f32]| -> Vec<f32> {
        (0..values.len() / 4).map(|index| values[index / 64 * 256 + index % 64 / 8 * 32 + index % 8 * 2]).collect()
    };
    let whole = example();
    Example { condition: halve(&whole.condition), picture: halve(&whole.picture), mask: halve(&whole.mask), kind: whole.kind }
}

#[test]
fn pictures_grow_at_their_step_and_a_resume_changes_nothing() {
    let config = TrainConfig { progressive: Some(Progressive { size: 8, share: 0.5 }), total_steps: 6, ..config() };
    assert_eq!((0..6).map(|step| config.size_at(step, 16)).collect::<Vec<_>>(), [8, 8, 8, 16, 16, 16]);
    let fresh = || Trainer::new(config.clone(), ModelConfig::preset("tiny").unwrap(), None, &Device::flex()).unwrap();
    let batch_of = |step: u64| vec![if step < 3 { small_example() } else { example() }; 4];
    let mut whole = fresh();
    let message = whole.step(&batch_of(3)).unwrap_err().to_string();
    assert!(message.contains("8 px") && message.contains("192"), "{message}");
    let mut saved = None;
    let losses: Vec<u32> = (0..6)
        .map(|step| {
            if step == 2 {
                saved = Some(weights(&whole));
            }
            values(whole.step(&batch_of(step)).unwrap().loss)[0].to_bits()
        })
        .collect();
    assert!(values(whole.validation_loss(&batch_of(3)).unwrap())[0].is_finite(), "validation is of the full size");
    let mut resumed = fresh();
    resumed.resume(2, &saved.unwrap()).unwrap();
    for step in 2..6 {
        assert_eq!(values(resumed.step(&batch_of(step)).unwrap().loss)[0].to_bits(), losses[step as usize], "step {step}");
    }
}
