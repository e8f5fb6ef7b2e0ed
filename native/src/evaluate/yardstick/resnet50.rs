//! ResNet-50 (He et al. 2015, arXiv 1512.03385) as torchvision has it, which papers count classification accuracy (CA) with. Pictures
//! are brought to 256², of which it sees the middle 224², as in torchvision's own evaluation.

use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::{
    Device, Tensor,
    activation::{relu, softmax},
    module::max_pool2d,
    ops::MaxPoolOptions,
};
use infill::picture::Picture;

use super::{
    batch::resized,
    weights::{Convolution, Geometry, Weights},
};
use crate::{
    evaluate::feature_net::{FeatureNet, Origin, Seen},
    exit::input,
};

/// Side to which pictures are brought.
const RESIZED: usize = 256;
/// Side of the middle that it sees.
const SIZE: usize = 224;
/// Its last layer but one.
const FEATURES: usize = 2048;
/// Classes of ImageNet.
const CLASSES: usize = 1000;
/// ε of its batch norms.
const EPSILON: f64 = 1e-5;
/// Blocks of each stage, and channels of their middle.
const STAGES: [(usize, usize); 4] = [(3, 64), (4, 128), (6, 256), (3, 512)];
/// Channels of a block's output to one of its middle.
const EXPANSION: usize = 4;
/// ImageNet's mean and deviation of red, green and blue, of 1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
/// Pictures that go through the net at once.
const BATCH: usize = 16;

/// The net.
pub struct Resnet50 {
    origin: Origin,
    device: Device,
    stem: Convolution,
    blocks: Vec<Block>,
    /// `[features, classes]` and a bias.
    head: (Tensor<2>, Tensor<1>),
    classes: Vec<String>,
}

struct Block {
    convolutions: [Convolution; 3],
    /// Where the block changes the shape.
    shortcut: Option<Convolution>,
}

impl Resnet50 {
    /// Reads a checkpoint by torchvision's names. `classes` is a text file that names the net's outputs, one a line.
    ///
    /// # Errors
    /// A file that cannot be read or holds another net, or other than as many names as the net has outputs.
    pub fn open(path: &Path, classes: Option<&Path>, device: &Device) -> Result<Resnet50> {
        let (mut weights, origin) = Weights::open(path, device)?;
        let stem = weights.normed("conv1", "bn1", EPSILON, Geometry::square(3, 64, 7, 2, 3))?;
        let mut blocks = Vec::new();
        let mut channels = 64;
        for (stage, (count, middle)) in STAGES.into_iter().enumerate() {
            for number in 0..count {
                let name = format!("layer{}.{number}", stage + 1);
                let stride = if stage > 0 && number == 0 { 2 } else { 1 };
                blocks.push(Block::read(&mut weights, &name, channels, middle, stride)?);
                channels = middle * EXPANSION;
            }
        }
        let outputs = weights.shape("fc.weight").and_then(|shape| shape.first()).copied().unwrap_or(CLASSES);
        let head = weights.linear("fc", FEATURES, outputs)?;
        weights.finish("a ResNet-50 as torchvision names its tensors", |name| name.ends_with(".num_batches_tracked"))?;
        let classes = classes.map(|path| names(path, outputs)).transpose().map_err(input)?.unwrap_or_default();
        Ok(Resnet50 { origin, device: device.clone(), stem, blocks, head, classes })
    }
}

impl Block {
    fn read(weights: &mut Weights<'_>, name: &str, input: usize, middle: usize, stride: usize) -> Result<Block> {
        let output = middle * EXPANSION;
        let mut part = |number: usize, geometry: Geometry| {
            weights.normed(&format!("{name}.conv{number}"), &format!("{name}.bn{number}"), EPSILON, geometry)
        };
        let convolutions = [
            part(1, Geometry::square(input, middle, 1, 1, 0))?,
            part(2, Geometry::square(middle, middle, 3, stride, 1))?,
            part(3, Geometry::square(middle, output, 1, 1, 0))?,
        ];
        let changes = input != output || stride != 1;
        let mut shortcut = || {
            let geometry = Geometry::square(input, output, 1, stride, 0);
            weights.normed(&format!("{name}.downsample.0"), &format!("{name}.downsample.1"), EPSILON, geometry)
        };
        Ok(Block { convolutions, shortcut: if changes { Some(shortcut()?) } else { None } })
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [first, second, third] = &self.convolutions;
        let beside = self.shortcut.as_ref().map_or(input.clone(), |shortcut| shortcut.forward(input.clone()));
        relu(third.forward(relu(second.forward(relu(first.forward(input))))) + beside)
    }
}

impl FeatureNet for Resnet50 {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn kind(&self) -> &str {
        "ResNet-50"
    }

    fn size(&self) -> usize {
        SIZE
    }

    fn dimensions(&self) -> usize {
        FEATURES
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn look(&self, pictures: &[&Picture]) -> Result<Vec<Seen>> {
        let of_channels = |values: [f32; 3]| Tensor::<1>::from_floats(values, &self.device).reshape([1, 3, 1, 1]);
        let (mean, deviation) = (of_channels(MEAN), of_channels(DEVIATION));
        let mut seen = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(BATCH) {
            let margin = (RESIZED - SIZE) / 2;
            let middle = resized(pictures, RESIZED, &self.device).narrow(2, margin, SIZE).narrow(3, margin, SIZE);
            let input = (middle.add_scalar(1.0).div_scalar(2.0) - mean.clone()) / deviation.clone();
            let pool = MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]);
            let hidden = max_pool2d(relu(self.stem.forward(input)), pool);
            let hidden = self.blocks.iter().fold(hidden, |hidden, block| block.forward(hidden));
            let features: Tensor<2> = hidden.mean_dims(&[2, 3]).reshape([0, -1]);
            let logits = features.clone().matmul(self.head.0.clone()) + self.head.1.clone().unsqueeze();
            seen.extend(Seen::of(features, softmax(logits, 1))?);
        }
        Ok(seen)
    }
}

/// The names of a net's outputs.
fn names(path: &Path, outputs: usize) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    if names.len() != outputs {
        bail!("{} names {} classes and the net has {outputs}; it needs one line for each, in the net's order", path.display(), names.len());
    }
    Ok(names)
}
