//! The classifier's net: residual blocks with group norm and SiLU (He et al. 2016, arXiv 1603.05027, with
//! the activation first), on resolutions halved by means. It knows numbers, not what the classes are.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};
use infill::noise::{self, Purpose};
use infill::unet::{parameters, space_to_depth};
use infill_kernel::{self as kernel, Resample};
use serde::{Deserialize, Serialize};

/// Pixels of each side that are folded into channels before the first convolution.
const PATCH: usize = 2;

/// Groups of each norm; every width is a multiple.
const GROUPS: usize = 8;

/// What the net is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetConfig {
    /// Side of the pictures in pixels.
    pub size: usize,
    /// Channels of the first layer, then of each stage; every stage halves the resolution.
    pub widths: Vec<usize>,
    /// Numbers of the last layer but one.
    pub features: usize,
    /// Numbers that come out.
    pub classes: usize,
}

impl NetConfig {
    /// The net that `infill train-classifier` trains: 0.7 million parameters, 34 million multiplications
    /// for a picture. Sixty-four features have a covariance that a few hundred pictures can tell.
    pub fn for_classes(classes: usize) -> NetConfig {
        NetConfig { size: 64, widths: vec![32, 48, 96, 128], features: 64, classes }
    }

    /// Whether a net can be built of it.
    pub fn is_sound(&self) -> bool {
        let smallest = PATCH << self.widths.len().saturating_sub(1).min(16);
        let widths =
            !self.widths.is_empty() && self.widths.iter().all(|width| (GROUPS..=4096).contains(width) && width.is_multiple_of(GROUPS));
        let outputs = (1..=4096).contains(&self.features) && (2..=65_536).contains(&self.classes);
        widths && outputs && (smallest..=4096).contains(&self.size) && self.size.is_multiple_of(smallest)
    }
}

/// The net. Build it with [`Net::new`].
#[derive(Module, Debug)]
pub struct Net {
    stem: Conv2d,
    stages: Vec<Stage>,
    norm: GroupNorm,
    features: Linear,
    head: Linear,
}

/// One resolution: half of the one before, with more channels.
#[derive(Module, Debug)]
struct Stage {
    widen_norm: GroupNorm,
    widen: Conv2d,
    first_norm: GroupNorm,
    first: Conv2d,
    second_norm: GroupNorm,
    second: Conv2d,
}

/// What the net says of pictures.
pub struct Output {
    /// The last layer but one, `[batch, features]`.
    pub features: Tensor<2>,
    /// Logits, `[batch, classes]`.
    pub logits: Tensor<2>,
}

impl Net {
    /// A sound configuration's net ([`NetConfig::is_sound`]), without allocating its parameters.
    pub fn new(config: &NetConfig, device: &Device) -> Net {
        let last = config.widths.last().copied().unwrap_or(GROUPS);
        Net {
            stem: convolution(3 * PATCH * PATCH, config.widths[0], device),
            stages: config.widths.windows(2).map(|pair| Stage::new(pair[0], pair[1], device)).collect(),
            norm: norm(last, device),
            features: LinearConfig::new(last, config.features).init(device),
            head: LinearConfig::new(config.features, config.classes).init(device),
        }
    }

    /// Random weights that depend on the seed alone: variance 1/fan-in, and 0 where a block ends, so
    /// that every block starts as the identity.
    pub fn with_random_weights(self, seed: u64) -> Net {
        let mut index = 0;
        self.map(&mut parameters::Replace::new(|name: &str, shape: &[usize]| {
            index += 1;
            let count = shape.iter().product();
            if name.ends_with("gamma") {
                return Some(vec![1.0; count]);
            }
            if shape.len() == 1 || name.ends_with("second.weight") {
                return Some(vec![0.0; count]);
            }
            // Linear weights are [input, output], convolutions [output, input, height, width].
            let fan_in: usize = if shape.len() == 2 { shape[0] } else { shape[1..].iter().product() };
            let scale = 1.0 / (fan_in as f32).sqrt();
            let values = noise::gaussian(&mut noise::stream(seed, Purpose::Weights, index, 0), count);
            Some(values.into_iter().map(|value| value * scale).collect())
        }))
    }

    /// # Shapes
    /// `[batch, 3, size, size]` in [−1, 1] → see [`Output`]
    pub fn forward(&self, pictures: Tensor<4>) -> Output {
        let mut hidden = kernel::convolution(&self.stem, space_to_depth(pictures, PATCH));
        for stage in &self.stages {
            hidden = stage.forward(hidden);
        }
        let hidden = kernel::activate(&self.norm, hidden, None);
        let [batch, channels, height, width] = hidden.dims();
        let means = hidden.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]);
        let features = silu(self.features.forward(means));
        Output { logits: self.head.forward(features.clone()), features }
    }
}

impl Stage {
    fn new(input: usize, output: usize, device: &Device) -> Stage {
        Stage {
            widen_norm: norm(input, device),
            widen: convolution(input, output, device),
            first_norm: norm(output, device),
            first: convolution(output, output, device),
            second_norm: norm(output, device),
            second: convolution(output, output, device),
        }
    }

    /// # Shapes
    /// `[batch, input, 2·height, 2·width]` → `[batch, output, height, width]`
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let halved = Resample::Down.apply(kernel::activate(&self.widen_norm, input, None));
        let wide = kernel::convolution(&self.widen, halved);
        let hidden = kernel::convolution(&self.first, kernel::activate(&self.first_norm, wide.clone(), None));
        let hidden = kernel::convolution(&self.second, kernel::activate(&self.second_norm, hidden, None));
        wide + hidden
    }
}

fn convolution(input: usize, output: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new([input, output], [3, 3]).with_padding(PaddingConfig2d::Same).init(device)
}

fn norm(channels: usize, device: &Device) -> GroupNorm {
    GroupNormConfig::new(GROUPS, channels).init(device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn shapes_and_sizes_are_what_the_configuration_says() {
        let config = NetConfig::for_classes(9);
        let net = Net::new(&config, &Device::default()).with_random_weights(1);
        let count = parameters::count(&net);
        assert!((300_000..1_000_000).contains(&count), "{count} parameters");
        let pictures = noise::uniform(&mut noise::stream(1, Purpose::Start, 0, 0), 2 * 3 * 64 * 64);
        let output = net.forward(Tensor::from_data(TensorData::new(pictures, [2, 3, 64, 64]), &Device::default()));
        assert_eq!((output.features.dims(), output.logits.dims()), ([2, 64], [2, 9]));
    }

    #[test]
    fn a_picture_is_seen_alike_in_any_batch() {
        let config = NetConfig { size: 16, widths: vec![8, 16], features: 4, classes: 3 };
        let net = Net::new(&config, &Device::default()).with_random_weights(2);
        let pictures = noise::uniform(&mut noise::stream(1, Purpose::Start, 0, 0), 3 * 3 * 16 * 16);
        let pictures = Tensor::<4>::from_data(TensorData::new(pictures, [3, 3, 16, 16]), &Device::default());
        let all = net.forward(pictures.clone()).logits.narrow(0, 1, 1).into_data().try_to_vec::<f32>().expect("numbers");
        let alone = net.forward(pictures.narrow(0, 1, 1)).logits.into_data().try_to_vec::<f32>().expect("numbers");
        assert!(all.iter().zip(&alone).all(|(left, right)| (left - right).abs() < 1e-5), "{all:?} {alone:?}");
    }

    #[test]
    fn configurations_that_make_no_net_are_told_apart() {
        let sound = NetConfig { size: 16, widths: vec![8, 16, 16], features: 4, classes: 3 };
        assert!(sound.is_sound());
        for unsound in [
            NetConfig { size: 12, ..sound.clone() },
            NetConfig { size: 0, ..sound.clone() },
            NetConfig { widths: vec![], ..sound.clone() },
            NetConfig { widths: vec![8, 12], ..sound.clone() },
            NetConfig { widths: vec![8; 80], ..sound.clone() },
            NetConfig { features: 0, ..sound.clone() },
            NetConfig { classes: 1, ..sound.clone() },
        ] {
            assert!(!unsound.is_sound(), "{unsound:?}");
        }
    }
}
