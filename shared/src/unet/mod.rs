//! The Palette U-Net (the ADM net of guided-diffusion, without class input; arXiv 2105.05233).
//! It maps numbers to numbers: what its noise input and its output mean is `denoiser`'s business.

mod attention;
mod block;
mod embedding;
mod resample;

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
pub use resample::{depth_to_space, space_to_depth};

use crate::{config::ModelConfig, noise};

/// Channels of a picture.
pub const PICTURE_CHANNELS: usize = 3;

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
    middle_attention: Attention,
    middle_second: ResidualBlock,
    decoder: Vec<Level>,
    head_norm: block::Norm,
    head: Conv2d,
    patch: usize,
}

/// One resolution on the way down or up.
#[derive(Module, Debug)]
pub struct Level {
    blocks: Vec<Block>,
    resample: Option<ResidualBlock>,
}

impl Unet {
    /// Builds the net without allocating its parameters, which are created when they are first used: 0, and 1
    /// for the scales of norms.
    ///
    /// The configuration must be valid ([`ModelConfig::validate`]).
    pub fn new(config: &ModelConfig, device: &Device) -> Self {
        let unet = &config.unet;
        let cells = unet.patch * unet.patch;
        let embedding = Embedding::new(unet.channels, device);
        let width = embedding.width();
        let residual = |input, output, resample| ResidualBlock::new(input, output, width, unet.dropout, resample, device);
        let mut skips = vec![unet.channels];
        let mut current = unet.channels;
        let levels = unet.multipliers.len();

        let mut encoder = Vec::new();
        for level in 0..levels {
            let channels = unet.level_channels(level);
            let mut blocks = Vec::new();
            for _ in 0..unet.blocks {
                let attention = unet.attends(config.size, level).then(|| Attention::new(channels, unet.head_channels, device));
                blocks.push(Block::new(residual(current, channels, Resample::None), attention));
                current = channels;
                skips.push(current);
            }
            let resample = (level + 1 < levels).then(|| residual(current, current, Resample::Down));
            if resample.is_some() {
                skips.push(current);
            }
            encoder.push(Level { blocks, resample });
        }

        let middle_first = residual(current, current, Resample::None);
        let middle_attention = Attention::new(current, unet.head_channels, device);
        let middle_second = residual(current, current, Resample::None);

        let mut decoder = Vec::new();
        for level in (0..levels).rev() {
            let channels = unet.level_channels(level);
            let mut blocks = Vec::new();
            for _ in 0..=unet.blocks {
                let skip = skips.pop().unwrap_or_default();
                let attention = unet.attends(config.size, level).then(|| Attention::new(channels, unet.head_channels, device));
                blocks.push(Block::new(residual(current + skip, channels, Resample::None), attention));
                current = channels;
            }
            let resample = (level > 0).then(|| residual(current, current, Resample::Up));
            decoder.push(Level { blocks, resample });
        }

        Self {
            embedding,
            stem: convolution(2 * PICTURE_CHANNELS * cells, unet.channels, 3, device),
            encoder,
            middle_first,
            middle_attention,
            middle_second,
            decoder,
            head_norm: block::Norm::new(current, device),
            head: convolution(current, PICTURE_CHANNELS * cells, 3, device),
            patch: unet.patch,
        }
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

    /// Random weights everywhere, zero-initialised outputs included: for checks of a device, where an
    /// untrained net's zeros would agree on anything.
    pub fn with_random_outputs(self, seed: u64) -> Self {
        self.with_outputs(seed, |values, _| Values::Floats(values))
    }

    /// The same weights in few bits, as a device has those of a model for sampling.
    pub fn with_packed_outputs(self, seed: u64, bits: Bits) -> Self {
        self.with_outputs(seed, |values, shape| match shape.len() {
            1 => Values::Floats(values),
            _ => Values::Quantized(Quantized::from_weight(shape, &values, bits)),
        })
    }

    fn with_outputs(self, seed: u64, form: impl Fn(Vec<f32>, &[usize]) -> Values) -> Self {
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
        for level in &self.encoder {
            for block in &level.blocks {
                hidden = block.forward(hidden, &embedding);
                skips.push(hidden.clone());
            }
            if let Some(down) = &level.resample {
                hidden = down.forward(hidden, &embedding);
                skips.push(hidden.clone());
            }
        }
        hidden = self.middle_first.forward(hidden, &embedding);
        hidden = self.middle_attention.forward(hidden);
        hidden = self.middle_second.forward(hidden, &embedding);
        for level in &self.decoder {
            for block in &level.blocks {
                // As many skips were pushed as blocks are here, by construction in `new`.
                let skip = skips.pop().expect("a skip for every block of the decoder");
                hidden = block.forward(kernel::concatenate(hidden, skip), &embedding);
            }
            if let Some(up) = &level.resample {
                hidden = up.forward(hidden, &embedding);
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

pub mod cost;
pub mod parameters;
pub use block::groups;

/// A parameter under its dotted name, flattened.
#[derive(Clone, Debug)]
pub struct NamedParameter {
    /// Where it sits in the net, such as `encoder.0.blocks.0.residual.input_convolution.weight`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, one after the other.
    pub values: Tensor<1>,
}

#[cfg(test)]
mod tests;
