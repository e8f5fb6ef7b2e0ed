//! Training a classifier: cross-entropy with smoothed labels, AdamW, a learning rate that rises and falls
//! once. Files and options are elsewhere.

use std::f64::consts::PI;

use anyhow::{Context, bail};
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use infill::picture::Picture;
use rayon::prelude::*;

use super::examples::{ExampleOrder, Labelled};
use super::features::look;
use super::net::{Net, NetConfig};
use crate::interrupt::Interrupt;
use crate::progress::StepProgress;
use crate::readback;

/// Probability that the labels leave to the other classes (Szegedy et al. 2016): features of nets that
/// need not be sure spread more evenly.
const SMOOTHING: f64 = 0.1;

/// Decoupled weight decay.
const WEIGHT_DECAY: f32 = 0.05;

/// Part of the steps in which the learning rate rises.
const WARM_UP: f64 = 0.1;

/// Steps between two readings of the loss: reading waits for the device.
const READ_EVERY: u64 = 10;

/// How long and how fast.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Times that every example is seen.
    pub epochs: usize,
    /// Examples a step.
    pub batch: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Seed of everything random.
    pub seed: u64,
}

impl Schedule {
    fn steps(&self, examples: usize) -> u64 {
        (self.epochs * examples).div_ceil(self.batch).max(1) as u64
    }

    /// Rises linearly, then falls to 0 as a cosine does.
    fn learning_rate_at(&self, step: u64, steps: u64) -> f64 {
        let warm = (steps as f64 * WARM_UP).max(1.0);
        let (done, steps) = (step as f64 + 0.5, steps as f64);
        let part = if done < warm { done / warm } else { 0.5 + 0.5 * (PI * (done - warm) / (steps - warm).max(1.0)).cos() };
        self.learning_rate * part
    }
}

/// Trains a net from random weights; the result is without autodiff.
///
/// # Errors
/// A loss that is no number, or the user wants to stop.
pub fn train(
    config: &NetConfig,
    examples: &[Labelled],
    schedule: &Schedule,
    device: &Device,
    interrupt: &Interrupt,
) -> anyhow::Result<Net> {
    let device = device.clone().autodiff();
    let mut net = Net::new(config, &device).with_random_weights(schedule.seed);
    // ε as in the paper of Adam; burn's own default is larger.
    let mut optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(WEIGHT_DECAY).init();
    let steps = schedule.steps(examples.len());
    tracing::info!("training for {steps} steps of {} pictures", schedule.batch);
    let progress = StepProgress::new("training the classifier", steps, 0);
    let mut order = ExampleOrder::new(schedule.seed, examples.len());
    for step in 0..steps {
        interrupt.check(|| format!("stopped after step {step} of {steps}; nothing was written"))?;
        let chosen = order.of_step(step, schedule.batch);
        let (pictures, labels) = batch(config, examples, &chosen, schedule.seed, step, &device);
        let loss = (log_softmax(net.forward(pictures).logits, 1) * labels).sum().mul_scalar(-1.0 / chosen.len() as f64);
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        net = optimizer.step(schedule.learning_rate_at(step, steps), net, gradients);
        if (step + 1).is_multiple_of(READ_EVERY) || step + 1 == steps {
            let loss = readback::scalar(loss).context("reading the loss")?;
            if !loss.is_finite() {
                bail!("the loss of step {} is {loss}; try a smaller --learning-rate than {}", step + 1, schedule.learning_rate);
            }
            progress.set(step + 1, &format!("loss {loss:.3}"));
        }
    }
    progress.finish();
    Ok(net.valid())
}

/// Pictures `[batch, 3, size, size]` and smoothed labels `[batch, classes]`.
fn batch(config: &NetConfig, examples: &[Labelled], chosen: &[usize], seed: u64, step: u64, device: &Device) -> (Tensor<4>, Tensor<2>) {
    let NetConfig { size, classes, .. } = *config;
    let cut = |(sample, index): (usize, &usize)| examples[*index].cut(size, seed, step, sample as u64);
    let planes: Vec<Vec<f32>> = chosen.par_iter().enumerate().map(cut).collect();
    let mut labels = vec![(SMOOTHING / classes as f64) as f32; chosen.len() * classes];
    for (row, index) in labels.chunks_exact_mut(classes).zip(chosen) {
        row[examples[*index].class] += (1.0 - SMOOTHING) as f32;
    }
    let pictures = Tensor::from_data(TensorData::new(planes.concat(), [chosen.len(), 3, size, size]), device);
    (pictures, Tensor::from_data(TensorData::new(labels, [chosen.len(), classes]), device))
}

/// How many of a class there are, and how many of those got it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Examples of the class.
    pub asked: usize,
    /// Of these, how many the net knew.
    pub right: usize,
}

/// Asks the net about the centre of every example; a count for each class.
///
/// # Errors
/// A net that gives numbers that are not finite.
pub fn test(net: &Net, config: &NetConfig, examples: &[Labelled], device: &Device) -> anyhow::Result<Vec<Count>> {
    let mut counts = vec![Count::default(); config.classes];
    for part in examples.chunks(256) {
        let centres: Vec<Picture> = part.par_iter().map(|example| example.centre(config.size)).collect();
        let seen = look(net, config.size, &centres.iter().collect::<Vec<_>>(), device)?;
        for (example, seen) in part.iter().zip(seen) {
            let count = &mut counts[example.class];
            count.asked += 1;
            count.right += usize::from(seen.class() == example.class);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn the_rate_rises_to_its_highest_and_ends_near_zero() {
        let schedule = Schedule { epochs: 10, batch: 4, learning_rate: 0.01, seed: 0 };
        let steps = schedule.steps(80);
        assert_eq!(steps, 200);
        let rates: Vec<f64> = (0..steps).map(|step| schedule.learning_rate_at(step, steps)).collect();
        let highest = rates.iter().copied().fold(0.0, f64::max);
        assert!((0.0099..=0.01).contains(&highest) && rates[0] < 0.0005 && rates[199] < 1e-6 * 2.0, "{rates:?}");
        assert!(rates[20..].windows(2).all(|pair| pair[1] <= pair[0]));
        // Half of the way down is half of the rate.
        assert!((rates[110] - 0.005).abs() < 1e-4, "{}", rates[110]);
    }
}
