//! Inception-v3 (Szegedy et al. 2015, arXiv 1512.00567) as FID uses it. With the weights of pytorch-fid, which are TensorFlow's of
//! 2015 (1008 outputs), it is that package's net, whose pools differ from the paper's in three places; with torchvision's (1000
//! outputs) it is torchvision's.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use burn::tensor::{
    Device, Tensor,
    activation::{relu, softmax},
    module::{avg_pool2d, max_pool2d},
    ops::{AvgPoolOptions, MaxPoolOptions},
};
use infill::picture::Picture;

use super::{
    batch::resized,
    weights::{Convolution, Geometry, Weights},
};
use crate::evaluate::feature_net::{FeatureNet, Origin, Seen};

/// Side of its pictures.
const SIZE: usize = 299;
/// Its last layer but one.
const FEATURES: usize = 2048;
/// Outputs of TensorFlow's net of 2015.
const TENSORFLOW: usize = 1008;
/// ε of its batch norms.
const EPSILON: f64 = 0.001;
/// Pictures that go through the net at once.
const BATCH: usize = 16;

/// The net.
pub struct Inception {
    origin: Origin,
    device: Device,
    layers: BTreeMap<String, Convolution>,
    /// `[features, classes]`
    head: Tensor<2>,
    bias: Option<Tensor<1>>,
    tensorflow: bool,
}

/// How the third branch of a block pools.
#[derive(Clone, Copy)]
enum Pool {
    Mean,
    Largest,
}

impl Inception {
    /// Reads a checkpoint by torchvision's names.
    ///
    /// # Errors
    /// A file that cannot be read or holds another net.
    pub fn open(path: &Path, device: &Device) -> Result<Inception> {
        let (mut weights, origin) = Weights::open(path, device)?;
        let mut layers = BTreeMap::new();
        for (name, geometry) in layout() {
            let layer = weights.normed(&format!("{name}.conv"), &format!("{name}.bn"), EPSILON, geometry)?;
            layers.insert(name, layer);
        }
        let classes = weights.shape("fc.weight").and_then(|shape| shape.first()).copied().unwrap_or(TENSORFLOW);
        let (head, bias) = weights.linear("fc", FEATURES, classes)?;
        weights.finish("an Inception-v3 as torchvision and pytorch-fid name its tensors", |name| {
            name.starts_with("AuxLogits.") || name.ends_with(".num_batches_tracked")
        })?;
        let tensorflow = classes == TENSORFLOW;
        // The inception score's own code (Salimans et al. 2016) leaves the bias of this net out, and so do others after it.
        let bias = (!tensorflow).then_some(bias);
        Ok(Inception { origin, device: device.clone(), layers, head, bias, tensorflow })
    }

    /// # Shapes
    /// `[batch, 3, 299, 299]` in [−1, 1] → `[batch, 2048]`
    fn features(&self, pictures: Tensor<4>) -> Tensor<2> {
        let hidden = self.chain(pictures, "", &["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"]);
        let hidden = self.chain(halved(hidden), "", &["Conv2d_3b_1x1", "Conv2d_4a_3x3"]);
        let mut hidden = halved(hidden);
        for block in ["Mixed_5b", "Mixed_5c", "Mixed_5d"] {
            hidden = self.block(hidden, block, &[&["1x1"], &["5x5_1", "5x5_2"], &["3x3dbl_1", "3x3dbl_2", "3x3dbl_3"]], Pool::Mean);
        }
        hidden = self.reduction(hidden, "Mixed_6a", &[&["3x3"], &["3x3dbl_1", "3x3dbl_2", "3x3dbl_3"]]);
        for block in ["Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"] {
            let twice: &[&str] = &["7x7dbl_1", "7x7dbl_2", "7x7dbl_3", "7x7dbl_4", "7x7dbl_5"];
            hidden = self.block(hidden, block, &[&["1x1"], &["7x7_1", "7x7_2", "7x7_3"], twice], Pool::Mean);
        }
        hidden = self.reduction(hidden, "Mixed_7a", &[&["3x3_1", "3x3_2"], &["7x7x3_1", "7x7x3_2", "7x7x3_3", "7x7x3_4"]]);
        hidden = self.wide(hidden, "Mixed_7b", Pool::Mean);
        hidden = self.wide(hidden, "Mixed_7c", if self.tensorflow { Pool::Largest } else { Pool::Mean });
        hidden.mean_dims(&[2, 3]).reshape([0, -1])
    }

    /// Branches that keep the resolution, and a pooled one.
    fn block(&self, input: Tensor<4>, block: &str, branches: &[&[&str]], pool: Pool) -> Tensor<4> {
        let mut outputs: Vec<Tensor<4>> = branches.iter().map(|names| self.branch(input.clone(), block, names)).collect();
        outputs.push(self.pooled(input, block, pool));
        Tensor::cat(outputs, 1)
    }

    /// Branches that halve the resolution, and the largest of each place.
    fn reduction(&self, input: Tensor<4>, block: &str, branches: &[&[&str]]) -> Tensor<4> {
        let mut outputs: Vec<Tensor<4>> = branches.iter().map(|names| self.branch(input.clone(), block, names)).collect();
        outputs.push(halved(input));
        Tensor::cat(outputs, 1)
    }

    /// The last blocks, whose branches part once more.
    fn wide(&self, input: Tensor<4>, block: &str, pool: Pool) -> Tensor<4> {
        let parted = |start: &[&str], ends: [&str; 2]| {
            let middle = self.branch(input.clone(), block, start);
            Tensor::cat(ends.map(|end| self.branch(middle.clone(), block, &[end])).to_vec(), 1)
        };
        let outputs = vec![
            self.branch(input.clone(), block, &["1x1"]),
            parted(&["3x3_1"], ["3x3_2a", "3x3_2b"]),
            parted(&["3x3dbl_1", "3x3dbl_2"], ["3x3dbl_3a", "3x3dbl_3b"]),
            self.pooled(input, block, pool),
        ];
        Tensor::cat(outputs, 1)
    }

    fn pooled(&self, input: Tensor<4>, block: &str, pool: Pool) -> Tensor<4> {
        let pooled = match pool {
            // TensorFlow's means leave the zeros around the picture out.
            Pool::Mean => {
                let options = AvgPoolOptions::new([3, 3]).with_stride([1, 1]).with_padding([1, 1]);
                avg_pool2d(input, options.with_count_include_pad(!self.tensorflow))
            }
            Pool::Largest => max_pool2d(input, MaxPoolOptions::new([3, 3]).with_stride([1, 1]).with_padding([1, 1])),
        };
        self.chain(pooled, block, &[".branch_pool"])
    }

    fn branch(&self, input: Tensor<4>, block: &str, names: &[&str]) -> Tensor<4> {
        let names: Vec<String> = names.iter().map(|name| format!(".branch{name}")).collect();
        self.chain(input, block, &names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn chain(&self, input: Tensor<4>, block: &str, names: &[&str]) -> Tensor<4> {
        names.iter().fold(input, |hidden, name| relu(self.layers[&format!("{block}{name}")].forward(hidden)))
    }
}

impl FeatureNet for Inception {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn kind(&self) -> &str {
        if self.tensorflow { "Inception-v3 as pytorch-fid has it" } else { "Inception-v3 as torchvision has it" }
    }

    fn size(&self) -> usize {
        SIZE
    }

    fn dimensions(&self) -> usize {
        FEATURES
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn look(&self, pictures: &[&Picture]) -> Result<Vec<Seen>> {
        let mut seen = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(BATCH) {
            let features = self.features(resized(pictures, SIZE, &self.device));
            let logits = features.clone().matmul(self.head.clone());
            let logits = self.bias.iter().fold(logits, |logits, bias| logits + bias.clone().unsqueeze());
            seen.extend(Seen::of(features, softmax(logits, 1))?);
        }
        Ok(seen)
    }
}

/// The largest of three by three at every second place.
fn halved(input: Tensor<4>) -> Tensor<4> {
    max_pool2d(input, MaxPoolOptions::new([3, 3]).with_stride([2, 2]))
}

/// All convolutions by torchvision's names.
fn layout() -> Vec<(String, Geometry)> {
    let mut layers = Vec::new();
    let mut add = |block: &str, name: &str, input, output, kernel: [usize; 2], stride, padding| {
        layers.push((format!("{block}{name}"), Geometry { input, output, kernel, stride, padding }));
    };
    let (one, none) = ([1, 1], [0, 0]);
    add("Conv2d_1a", "_3x3", 3, 32, [3, 3], 2, none);
    add("Conv2d_2a", "_3x3", 32, 32, [3, 3], 1, none);
    add("Conv2d_2b", "_3x3", 32, 64, [3, 3], 1, one);
    add("Conv2d_3b", "_1x1", 64, 80, one, 1, none);
    add("Conv2d_4a", "_3x3", 80, 192, [3, 3], 1, none);
    for (block, input, pooled) in [("Mixed_5b", 192, 32), ("Mixed_5c", 256, 64), ("Mixed_5d", 288, 64)] {
        add(block, ".branch1x1", input, 64, one, 1, none);
        add(block, ".branch5x5_1", input, 48, one, 1, none);
        add(block, ".branch5x5_2", 48, 64, [5, 5], 1, [2, 2]);
        add(block, ".branch3x3dbl_1", input, 64, one, 1, none);
        add(block, ".branch3x3dbl_2", 64, 96, [3, 3], 1, one);
        add(block, ".branch3x3dbl_3", 96, 96, [3, 3], 1, one);
        add(block, ".branch_pool", input, pooled, one, 1, none);
    }
    add("Mixed_6a", ".branch3x3", 288, 384, [3, 3], 2, none);
    add("Mixed_6a", ".branch3x3dbl_1", 288, 64, one, 1, none);
    add("Mixed_6a", ".branch3x3dbl_2", 64, 96, [3, 3], 1, one);
    add("Mixed_6a", ".branch3x3dbl_3", 96, 96, [3, 3], 2, none);
    for (block, inner) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
        add(block, ".branch1x1", 768, 192, one, 1, none);
        add(block, ".branch7x7_1", 768, inner, one, 1, none);
        add(block, ".branch7x7_2", inner, inner, [1, 7], 1, [0, 3]);
        add(block, ".branch7x7_3", inner, 192, [7, 1], 1, [3, 0]);
        add(block, ".branch7x7dbl_1", 768, inner, one, 1, none);
        add(block, ".branch7x7dbl_2", inner, inner, [7, 1], 1, [3, 0]);
        add(block, ".branch7x7dbl_3", inner, inner, [1, 7], 1, [0, 3]);
        add(block, ".branch7x7dbl_4", inner, inner, [7, 1], 1, [3, 0]);
        add(block, ".branch7x7dbl_5", inner, 192, [1, 7], 1, [0, 3]);
        add(block, ".branch_pool", 768, 192, one, 1, none);
    }
    add("Mixed_7a", ".branch3x3_1", 768, 192, one, 1, none);
    add("Mixed_7a", ".branch3x3_2", 192, 320, [3, 3], 2, none);
    add("Mixed_7a", ".branch7x7x3_1", 768, 192, one, 1, none);
    add("Mixed_7a", ".branch7x7x3_2", 192, 192, [1, 7], 1, [0, 3]);
    add("Mixed_7a", ".branch7x7x3_3", 192, 192, [7, 1], 1, [3, 0]);
    add("Mixed_7a", ".branch7x7x3_4", 192, 192, [3, 3], 2, none);
    for (block, input) in [("Mixed_7b", 1280), ("Mixed_7c", 2048)] {
        add(block, ".branch1x1", input, 320, one, 1, none);
        add(block, ".branch3x3_1", input, 384, one, 1, none);
        add(block, ".branch3x3_2a", 384, 384, [1, 3], 1, [0, 1]);
        add(block, ".branch3x3_2b", 384, 384, [3, 1], 1, [1, 0]);
        add(block, ".branch3x3dbl_1", input, 448, one, 1, none);
        add(block, ".branch3x3dbl_2", 448, 384, [3, 3], 1, one);
        add(block, ".branch3x3dbl_3a", 384, 384, [1, 3], 1, [0, 1]);
        add(block, ".branch3x3dbl_3b", 384, 384, [3, 1], 1, [1, 0]);
        add(block, ".branch_pool", input, 192, one, 1, none);
    }
    layers
}
