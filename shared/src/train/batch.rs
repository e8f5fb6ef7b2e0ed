//! A batch and its gradients: as one graph, or cut into parts that are computed one after the other
//! (less memory) or side by side (all processors). The random numbers of a sample depend on its place in
//! the whole batch, so that cutting changes nothing but the order of sums.

use burn::{
    module::Module,
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Tensor, TensorData},
};

use super::{TrainConfig, TrainError, loss_weight, masked_loss};
use crate::{
    config::ModelConfig,
    denoiser::Model,
    noise::{self, Purpose},
    prediction::Given,
    task::{Example, TaskKind},
    unet::Unet,
};

/// What is the same for every part of a batch.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub config: &'a TrainConfig,
    pub model: &'a ModelConfig,
    pub step: u64,
    pub examples: &'a [Example],
    pub device: &'a Device,
}

/// Some samples of a batch.
#[derive(Clone, Copy)]
struct Part {
    first: usize,
    count: usize,
}

/// The mean loss of a batch, `[1]`, and its gradients.
pub(super) struct Gradients {
    pub loss: Tensor<1>,
    pub of_parameters: GradientsParams,
}

impl Batch<'_> {
    /// Checks that every sample is of the model's size.
    pub fn check(&self) -> Result<(), TrainError> {
        let size = self.model.size;
        for example in self.examples {
            for (channels, part) in [(3, &example.condition), (3, &example.picture), (1, &example.mask)] {
                if part.len() != channels * size * size {
                    return Err(TrainError::Sample { found: part.len(), size, wanted: channels * size * size });
                }
            }
        }
        Ok(())
    }

    /// The gradients of the whole batch; `side_by_side` parts are computed at a time, none of more samples
    /// than the configuration's micro-batch.
    pub fn gradients(&self, unet: &Unet, side_by_side: usize) -> Gradients {
        let total = self.examples.len();
        let largest = if self.config.micro_batch == 0 { total } else { self.config.micro_batch };
        let each = total.div_ceil(side_by_side).clamp(1, largest);
        let parts: Vec<Part> = (0..total).step_by(each).map(|first| Part { first, count: each.min(total - first) }).collect();
        let mut loss: Option<Tensor<1>> = None;
        let mut sum = GradientsAccumulator::new();
        for round in parts.chunks(side_by_side) {
            let jobs: Vec<(Part, Unet)> = match round {
                [part] => vec![(*part, unet.clone())],
                // Each graph needs leaves of its own.
                _ => round.iter().map(|part| (*part, unet.clone().fork(self.device))).collect(),
            };
            for gradients in in_parallel(jobs, |(part, unet)| self.part(part, unet)) {
                sum.accumulate(unet, gradients.of_parameters);
                loss = Some(match loss.take() {
                    Some(loss) => loss + gradients.loss,
                    None => gradients.loss,
                });
            }
        }
        Gradients { loss: loss.unwrap_or_else(|| Tensor::zeros([1], &self.device.clone().inner())), of_parameters: sum.grads() }
    }

    /// The mean loss of the whole batch, `[1]`, without gradients, in parts of the micro-batch.
    pub fn loss_alone(&self, model: &Model) -> Tensor<1> {
        let total = self.examples.len();
        let each = if self.config.micro_batch == 0 { self.config.batch } else { self.config.micro_batch };
        (0..total).step_by(each).fold(Tensor::zeros([1], self.device), |sum, first| {
            let part = Part { first, count: each.min(total - first) };
            sum + self.loss(part, model).mul_scalar(part.count as f64 / total as f64)
        })
    }

    /// A part's share of the mean loss, with its gradients.
    fn part(&self, part: Part, unet: Unet) -> Gradients {
        let model = Model { config: self.model.clone(), unet };
        let share = part.count as f64 / self.examples.len() as f64;
        let loss = self.loss(part, &model).mul_scalar(share);
        let of_parameters = GradientsParams::from_grads(loss.backward(), &model.unet);
        Gradients { loss: loss.inner(), of_parameters }
    }

    fn loss(&self, part: Part, model: &Model) -> Tensor<1> {
        let tensors = self.tensors(part);
        let levels = self.levels(part);
        let Tensors { condition, picture, mask, epsilon } = tensors;
        let tasks: Vec<TaskKind> = self.examples[part.first..part.first + part.count].iter().map(|example| example.kind).collect();
        let clean = Given { condition: &condition, noisy: &picture, noise_levels: &levels, tasks: &tasks };
        let noised = clean.noised(&epsilon);
        // As in sampling, what is known stays clean (1 − mask is exactly 0 or 1).
        let noisy = mask.clone() * noised + (mask.ones_like() - mask.clone()) * picture.clone();
        let given = Given { condition: &condition, noisy: &noisy, noise_levels: &levels, tasks: &tasks };
        let target = self.model.prediction.target(given, &picture, &epsilon);
        let output = model.predict(given);
        let TrainConfig { loss_weighting, snr_cap, loss_power, .. } = *self.config;
        let weight = |level: &f64| loss_weight(*level, self.model.prediction, loss_weighting, snr_cap) as f32;
        let weights = Tensor::<1>::from_data(TensorData::new(levels.iter().map(weight).collect::<Vec<f32>>(), [part.count]), self.device);
        masked_loss(output - target, mask, weights, loss_power)
    }

    /// One noise level a sample, at evenly spaced quantiles with a common random offset, which covers
    /// the range in every batch.
    fn levels(&self, part: Part) -> Vec<f64> {
        let mut random = noise::stream(self.config.seed, Purpose::Level, self.step, 0);
        let offset = f64::from(noise::uniform(&mut random, 1)[0]);
        (part.first..part.first + part.count)
            .map(|index| {
                let quantile = (offset + index as f64 / self.examples.len() as f64).fract();
                self.config.levels.level(quantile, self.model.log_snr_range)
            })
            .collect()
    }

    fn tensors(&self, part: Part) -> Tensors {
        let size = self.model.size;
        let samples = part.first..part.first + part.count;
        let gather = |channels: usize, of: fn(&Example) -> &Vec<f32>| {
            let values: Vec<f32> = self.examples[samples.clone()].iter().flat_map(|example| of(example).iter().copied()).collect();
            Tensor::<4>::from_data(TensorData::new(values, [part.count, channels, size, size]), self.device)
        };
        let epsilon = samples.clone().flat_map(|sample| {
            noise::gaussian(&mut noise::stream(self.config.seed, Purpose::Epsilon, self.step, sample as u64), 3 * size * size)
        });
        Tensors {
            condition: gather(3, |example| &example.condition),
            picture: gather(3, |example| &example.picture),
            mask: gather(1, |example| &example.mask),
            epsilon: Tensor::from_data(TensorData::new(epsilon.collect::<Vec<f32>>(), [part.count, 3, size, size]), self.device),
        }
    }
}

struct Tensors {
    condition: Tensor<4>,
    picture: Tensor<4>,
    mask: Tensor<4>,
    epsilon: Tensor<4>,
}

/// The results in the order of the jobs.
#[cfg(feature = "rayon")]
fn in_parallel<T: Send, R: Send>(jobs: Vec<T>, run: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    jobs.into_par_iter().map(run).collect()
}

#[cfg(not(feature = "rayon"))]
fn in_parallel<T, R>(jobs: Vec<T>, run: impl Fn(T) -> R) -> Vec<R> {
    jobs.into_iter().map(run).collect()
}
