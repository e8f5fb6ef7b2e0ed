//! The Palette U-Net (the ADM net of guided-diffusion, without class input; arXiv 2105.05233).
//! It maps numbers to numbers: what its noise input and its output mean is `denoiser`'s business.

mod attention;
mod block;
pub mod cost;
pub mod embedding;
mod norm;
pub mod parameters;
mod resample;
pub mod walk;

use burn::{
    module::Module,
    nn::conv::Conv2d,
    tensor::{Device, Tensor},
};
use infill_kernel::{
    self as kernel, Values,
    layer::convolution,
    quantize::{Bits, Quantized},
};

pub use attention::Attention;
pub use block::{Block, Film, ResidualBlock};
pub use embedding::Embedding;
pub use infill_kernel::Resample;
pub use norm::{Norm, groups};
pub use parameters::NamedParameter;
pub use resample::{depth_to_space, space_to_depth};
pub use walk::PICTURE_CHANNELS;

use crate::{config::ModelConfig, noise};
use walk::{Step, Walk};

/// Suffixes of the parameters that start at zero, so that every block starts as the identity and the
/// net's first output is 0.
const ZERO_AT_START: [&str; 3] = ["output_convolution.weight", "project.weight", "head.weight"];

/// The net. Build it with [`Unet::new`].
#[derive(Module, Debug)]
pub struct Unet {
    embedding: Embedding,
    stem: Conv2d,
    encoder: Vec<Level>,
    middle_first: ResidualBlock,
    middle_attention: Option<Attention>,
    middle_extra: Option<ResidualBlock>,
    middle_second: ResidualBlock,
    decoder: Vec<Level>,
    head_norm: Norm,
    head: Conv2d,
    patch: usize,
    #[module(skip)]
    walk: Walk,
}

/// One resolution on the way down or up.
#[derive(Module, Debug)]
pub struct Level {
    blocks: Vec<Block>,
    resample: Option<ResidualBlock>,
}

impl Level {
    /// Its residual blocks in order, each with its attention.
    fn parts(&self) -> impl Iterator<Item = (&ResidualBlock, Option<&Attention>)> {
        self.blocks.iter().flat_map(Block::parts).chain(self.resample.iter().map(|block| (block, None)))
    }
}

impl Unet {
    /// Builds the net without allocating its parameters, which are created when they are first used: 0, and 1
    /// for the scales of norms.
    ///
    /// The configuration must be valid ([`ModelConfig::validate`]).
    pub fn new(config: &ModelConfig, device: &Device) -> Self {
        let unet = &config.unet;
        let walk = Walk::new(config);
        let embedding = Embedding::new(unet.channels, device);
        let width = embedding.width();
        let residual = |step: &Step| {
            let block = ResidualBlock::new(step.input, step.output, width, unet.dropout, step.resample, device);
            block.with_dilation(step.dilation)
        };
        let attention = |step: &Step| {
            let windows = unet.self_attention.windows().filter(|_| step.attention.is_some())?;
            Some(Attention::new(step.output, unet.head_channels, windows, device))
        };
        // A block, with the one in its attention's place.
        let block = |steps: &[Step]| Block::new(residual(&steps[0]), attention(&steps[0]), steps.get(1).map(residual));
        let level = |steps: &Vec<Step>| {
            let (blocks, resamples) = steps.split_at(steps.iter().position(|step| step.resample != Resample::None).unwrap_or(steps.len()));
            let blocks = blocks.chunk_by(|_, next| next.replaces).map(block).collect();
            Level { blocks, resample: resamples.first().map(residual) }
        };
        // Two blocks, and the one in the attention's place between them.
        let (first, extra, second) = (&walk.middle[0], walk.middle.iter().find(|step| step.replaces), &walk.middle[walk.middle.len() - 1]);
        let cells = unet.patch * unet.patch;
        let last = unet.level_channels(0);
        Self {
            embedding,
            stem: convolution(2 * PICTURE_CHANNELS * cells, unet.channels, 3, device),
            encoder: walk.encoder.iter().map(level).collect(),
            middle_first: residual(first),
            middle_attention: attention(first),
            middle_extra: extra.map(residual),
            middle_second: residual(second),
            decoder: walk.decoder.iter().map(level).collect(),
            head_norm: Norm::new(last, device),
            head: convolution(last, PICTURE_CHANNELS * cells, 3, device),
            patch: unet.patch,
            walk,
        }
    }

    /// Its residual blocks in the order of the walk, each with its attention.
    fn parts(&self) -> impl Iterator<Item = (&ResidualBlock, Option<&Attention>)> {
        let extra = self.middle_extra.iter().map(|extra| (extra, None));
        let middle = [(&self.middle_first, self.middle_attention.as_ref())].into_iter().chain(extra).chain([(&self.middle_second, None)]);
        self.encoder.iter().flat_map(Level::parts).chain(middle).chain(self.decoder.iter().flat_map(Level::parts))
    }

    /// Random weights that depend on the seed alone, not on the backend: uniform in ±1/√fan_in,
    /// biases 0, norms 1, and 0 for every output that is added to something.
    pub fn with_random_weights(self, seed: u64) -> Self {
        let mut index = 0;
        self.map(&mut parameters::Replace::new(|name: &str, shape: &[usize]| {
            index += 1;
            Some(initial_values(name, shape, seed, index))
        }))
    }

    /// Gaussian numbers in place of every parameter, of those too that begin as zeros or ones: for checks of a device, where
    /// an untrained net's zeros would agree on anything.
    pub fn with_gaussian_weights(self, seed: u64) -> Self {
        self.with_gaussian(seed, |values, _| Values::Floats(values))
    }

    /// The same in few bits, as a device has the weights of a model for sampling.
    pub fn with_packed_gaussian_weights(self, seed: u64, bits: Bits) -> Self {
        self.with_gaussian(seed, |values, shape| match shape.len() {
            1 => Values::Floats(values),
            _ => Values::Quantized(Quantized::from_weight(shape, &values, bits)),
        })
    }

    fn with_gaussian(self, seed: u64, form: impl Fn(Vec<f32>, &[usize]) -> Values) -> Self {
        let mut index = 0;
        self.map(&mut parameters::Replace::new(|_: &str, shape: &[usize]| {
            index += 1;
            let count: usize = shape.iter().product();
            let scale = (shape[0] as f32 / count as f32).sqrt();
            let values = noise::gaussian(&mut noise::stream(seed, noise::Purpose::Weights, index, 0), count);
            Some(form(values.into_iter().map(|value| value * scale).collect(), shape))
        }))
    }

    /// The id of the first convolution's weight, which every gradient reaches.
    #[cfg(all(test, feature = "train"))]
    pub(crate) fn stem_id(&self) -> burn::module::ParamId {
        self.stem.weight.id
    }

    /// Runs the net.
    ///
    /// # Shapes
    /// - condition, noisy: `[batch, 3, height, width]`, sides multiples of `UnetConfig::divisor`
    /// - level: `[batch]`, the noise level as the embedding wants it
    /// - output: `[batch, 3, height, width]`
    pub fn forward(&self, condition: Tensor<4>, noisy: Tensor<4>, level: Tensor<1>) -> Tensor<4> {
        let embedding = self.embedding.forward(level);
        let outside = kernel::dtype(&condition);
        // Weights of 16 bits want inputs of 16 bits, whatever the callers count in; so do packed ones on some devices.
        let input = Tensor::cat(vec![condition, noisy], 1).cast(kernel::feature_dtype(&*self.stem.weight));
        let input = space_to_depth(input, self.patch);
        let mut hidden = kernel::convolution(&self.stem, input);
        let mut skips = vec![hidden.clone()];
        for (step, (residual, attention)) in self.walk.steps().zip(self.parts()) {
            if step.joins {
                // As many outputs are kept as blocks join one, by construction of the walk.
                hidden = kernel::concatenate(hidden, skips.pop().expect("a skip for every block of the decoder"));
            }
            hidden = residual.forward(hidden, &embedding);
            if let Some(attention) = attention {
                hidden = attention.forward(hidden);
            }
            if step.keeps {
                skips.push(hidden.clone());
            }
        }
        let output = kernel::convolution(&self.head, self.head_norm.activate(hidden, None));
        depth_to_space(output, self.patch).cast(outside)
    }
}

fn initial_values(name: &str, shape: &[usize], seed: u64, index: u64) -> Vec<f32> {
    let count = shape.iter().product();
    if name.ends_with("gamma") {
        return vec![1.0; count];
    }
    if shape.len() == 1 || ZERO_AT_START.iter().any(|suffix| name.ends_with(suffix)) {
        return vec![0.0; count];
    }
    // Linear weights are [input, output], convolutions [output, input, height, width].
    let fan_in: usize = if shape.len() == 2 { shape[0] } else { shape[1..].iter().product() };
    let bound = 1.0 / (fan_in as f32).sqrt();
    let mut random = noise::stream(seed, noise::Purpose::Weights, index, 0);
    noise::uniform(&mut random, count).into_iter().map(|value| (2.0 * value - 1.0) * bound).collect()
}

#[cfg(test)]
mod tests;
