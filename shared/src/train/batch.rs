//! A batch and its gradients: as one graph, or cut into shares for several devices, and those into parts
//! that are computed one after the other (less memory) or side by side (all processors). The random numbers
//! of a sample depend on its place in the whole batch, so that cutting changes nothing but the order of sums.

use burn::{
    module::Module,
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Tensor, TensorData},
};

use super::{TrainConfig, TrainError, loss::MaskedLoss, loss_weight, masked_loss, optimizer::tracked, precision};
use crate::{
    config::ModelConfig,
    denoiser::Model,
    noise::{self, Purpose},
    parallel,
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
    /// Factor of the loss whose gradients are taken, `[1]`, for f16.
    pub loss_scale: Option<&'a Tensor<1>>,
}

/// A device that computes a share of every batch.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    /// With autodiff.
    pub device: Device,
    /// Parts of its share that it computes at a time.
    pub side_by_side: usize,
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
    /// Side of the pictures.
    fn size(&self) -> usize {
        self.config.size_at(self.step, self.model.size)
    }

    /// Checks that every sample is of this step's size.
    pub fn check(&self) -> Result<(), TrainError> {
        let size = self.size();
        for example in self.examples {
            for (channels, part) in [(3, &example.condition), (3, &example.picture), (1, &example.mask)] {
                if part.len() != channels * size * size {
                    return Err(TrainError::Sample { found: part.len(), size, wanted: channels * size * size });
                }
            }
        }
        Ok(())
    }

    /// The gradients of the whole batch: the sum of the workers' shares in their order, on the first one's
    /// device.
    ///
    /// # Errors
    /// More workers than samples.
    pub fn gradients(&self, unet: &Unet, workers: &[Worker]) -> Result<Gradients, TrainError> {
        let (total, count) = (self.examples.len(), workers.len());
        if total < count {
            return Err(TrainError::Devices { examples: total, devices: count });
        }
        let share = |rank: usize| {
            let first = total * rank / count;
            Part { first, count: total * (rank + 1) / count - first }
        };
        if let [worker] = workers {
            self.seed(worker, 0);
            return Ok(self.share(share(0), unet.clone(), worker));
        }
        let jobs: Vec<(usize, Unet)> = workers.iter().enumerate().map(|(rank, worker)| (rank, unet.clone().fork(&worker.device))).collect();
        let run = |(rank, replica): (usize, Unet)| {
            self.seed(&workers[rank], rank as u64);
            self.share(share(rank), replica, &workers[rank])
        };
        // Dropout draws from a generator that all CPU devices of a process share.
        let shares = if self.model.unet.dropout > 0.0 { jobs.into_iter().map(run).collect() } else { parallel::map(jobs, run) };
        let home = workers[0].device.clone().inner();
        let mut sum = Sum::new(unet);
        for Gradients { loss, of_parameters } in shares {
            sum.add(Gradients { loss: loss.to_device(&home), of_parameters: of_parameters.to_device(&home, unet) });
        }
        Ok(sum.finish(&home))
    }

    /// burn draws dropout from the device; seeding it anew makes a resumed step draw the same.
    fn seed(&self, worker: &Worker, rank: u64) {
        if self.model.unet.dropout > 0.0 {
            worker.device.seed(self.config.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.step ^ rank.wrapping_shl(48));
        }
    }

    /// The gradients of a worker's samples, in parts of at most the configuration's micro-batch.
    fn share(&self, samples: Part, unet: Unet, worker: &Worker) -> Gradients {
        let total = samples.count;
        let side_by_side = worker.side_by_side;
        let largest = if self.config.micro_batch == 0 { total } else { self.config.micro_batch };
        let each = total.div_ceil(side_by_side).clamp(1, largest.max(1));
        let parts: Vec<Part> =
            (0..total).step_by(each).map(|first| Part { first: samples.first + first, count: each.min(total - first) }).collect();
        let mut sum = Sum::new(&unet);
        for round in parts.chunks(side_by_side) {
            let jobs: Vec<(Part, Unet)> = match round {
                [part] => vec![(*part, unet.clone())],
                // Each graph needs leaves of its own.
                _ => round.iter().map(|part| (*part, unet.clone().fork(&worker.device))).collect(),
            };
            for gradients in parallel::map(jobs, |(part, unet)| self.part(part, unet, &worker.device)) {
                sum.add(gradients);
            }
        }
        sum.finish(&worker.device.clone().inner())
    }

    /// The mean loss of the whole batch, `[1]`, without gradients, in parts of the micro-batch.
    pub fn loss_alone(&self, model: &Model, device: &Device) -> Tensor<1> {
        let total = self.examples.len();
        let each = if self.config.micro_batch == 0 { self.config.batch } else { self.config.micro_batch };
        (0..total).step_by(each).fold(Tensor::zeros([1], device), |sum, first| {
            let part = Part { first, count: each.min(total - first) };
            sum + self.loss(part, model, device).mul_scalar(part.count as f64 / total as f64)
        })
    }

    /// A part's share of the mean loss, with its gradients, which are scaled where there is a scale.
    fn part(&self, part: Part, unet: Unet, device: &Device) -> Gradients {
        let model = Model { config: self.model.clone(), unet: precision::cast(unet.clone(), self.config.precision) };
        let share = part.count as f64 / self.examples.len() as f64;
        let loss = self.loss(part, &model, device).mul_scalar(share);
        let scaled = match self.loss_scale {
            Some(scale) => loss.clone() * tracked(scale.clone().to_device(&device.clone().inner()), device),
            None => loss.clone(),
        };
        let of_parameters = GradientsParams::from_grads(scaled.backward(), &unet);
        Gradients { loss: loss.inner(), of_parameters }
    }

    fn loss(&self, part: Part, model: &Model, device: &Device) -> Tensor<1> {
        let tensors = self.tensors(part, device);
        let levels = self.levels(part);
        let Tensors { condition, picture, mask, epsilon } = tensors;
        let tasks: Vec<TaskKind> = self.examples[part.first..part.first + part.count].iter().map(|example| example.kind).collect();
        let clean = Given { condition: &condition, noisy: &picture, mask: Some(&mask), noise_levels: &levels, tasks: &tasks };
        let noised = clean.noised(&epsilon);
        // As in sampling, what is known stays clean (1 − mask is exactly 0 or 1).
        let noisy = mask.clone() * noised + (mask.ones_like() - mask.clone()) * picture.clone();
        let given = Given { noisy: &noisy, ..clean };
        let target = self.model.prediction.target(given, &picture, &epsilon);
        let output = model.predict(given);
        let TrainConfig { loss_weighting, snr_cap, loss_power, hole_normalized, loss_frequencies, .. } = *self.config;
        let weight = |level: &f64| loss_weight(*level, self.model.prediction, loss_weighting, snr_cap) as f32;
        let weights = Tensor::<1>::from_data(TensorData::new(levels.iter().map(weight).collect::<Vec<f32>>(), [part.count]), device);
        masked_loss(output - target, mask, weights, MaskedLoss { power: loss_power, hole_normalized, frequencies: loss_frequencies })
    }

    /// One noise level a sample: at evenly spaced quantiles with a common random offset, which covers the
    /// range in every batch, or each by itself.
    fn levels(&self, part: Part) -> Vec<f64> {
        let draw = |sample: usize| {
            let mut random = noise::stream(self.config.seed, Purpose::Level, self.step, sample as u64);
            f64::from(noise::uniform(&mut random, 1)[0])
        };
        let offset = draw(0);
        (part.first..part.first + part.count)
            .map(|sample| {
                let even = || (offset + sample as f64 / self.examples.len() as f64).fract();
                let quantile = if self.config.low_discrepancy { even() } else { draw(sample) };
                self.config.levels_of(self.examples[sample].kind).level(quantile, self.model.log_snr_range)
            })
            .collect()
    }

    /// Those of the whole batch.
    #[cfg(test)]
    pub fn all_levels(&self) -> Vec<f64> {
        self.levels(Part { first: 0, count: self.examples.len() })
    }

    fn tensors(&self, part: Part, device: &Device) -> Tensors {
        let size = self.size();
        let samples = part.first..part.first + part.count;
        let gather = |channels: usize, of: fn(&Example) -> &Vec<f32>| {
            let values: Vec<f32> = self.examples[samples.clone()].iter().flat_map(|example| of(example).iter().copied()).collect();
            Tensor::<4>::from_data(TensorData::new(values, [part.count, channels, size, size]), device)
        };
        let epsilon = samples.clone().flat_map(|sample| {
            noise::gaussian(&mut noise::stream(self.config.seed, Purpose::Epsilon, self.step, sample as u64), 3 * size * size)
        });
        Tensors {
            condition: gather(3, |example| &example.condition),
            picture: gather(3, |example| &example.picture),
            mask: gather(1, |example| &example.mask),
            epsilon: Tensor::from_data(TensorData::new(epsilon.collect::<Vec<f32>>(), [part.count, 3, size, size]), device),
        }
    }
}

/// Gradients that are added up one after the other.
struct Sum<'a> {
    unet: &'a Unet,
    loss: Option<Tensor<1>>,
    of_parameters: GradientsAccumulator<Unet>,
}

impl<'a> Sum<'a> {
    fn new(unet: &'a Unet) -> Self {
        Self { unet, loss: None, of_parameters: GradientsAccumulator::new() }
    }

    fn add(&mut self, gradients: Gradients) {
        self.of_parameters.accumulate(self.unet, gradients.of_parameters);
        self.loss = Some(match self.loss.take() {
            Some(loss) => loss + gradients.loss,
            None => gradients.loss,
        });
    }

    fn finish(mut self, device: &Device) -> Gradients {
        Gradients { loss: self.loss.unwrap_or_else(|| Tensor::zeros([1], device)), of_parameters: self.of_parameters.grads() }
    }
}

struct Tensors {
    condition: Tensor<4>,
    picture: Tensor<4>,
    mask: Tensor<4>,
    epsilon: Tensor<4>,
}
