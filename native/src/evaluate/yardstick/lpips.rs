//! LPIPS (Zhang et al. 2018, arXiv 1801.03924), version 0.1, on AlexNet or VGG-16: how far two pictures are apart in the layers of a
//! classifier, each layer's channels weighted to agree with people.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use burn::tensor::{Device, Tensor, activation::relu, module::max_pool2d, ops::MaxPoolOptions};
use infill::picture::Picture;

use super::{
    batch::planes,
    weights::{Convolution, Geometry, Weights},
};
use crate::{
    evaluate::feature_net::Origin,
    exit::{input, usage},
    readback,
};

/// What pictures in [−1, 1] are shifted and divided by.
const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
const SCALE: [f32; 3] = [0.458, 0.448, 0.450];
/// Keeps a place without any activation from a division by 0.
const EPSILON: f64 = 1e-10;
/// Pictures have at least so many pixels on a side, so that something is left after the pools.
pub const SMALLEST: usize = 32;
/// Pairs that go through the net at once.
const BATCH: usize = 8;

/// A step of a trunk; the number is its place in torchvision's `features`.
#[derive(Clone, Copy)]
enum Step {
    /// A convolution and ReLU.
    Convolution(usize, Geometry),
    /// The largest of `kernel` squared at every second place.
    Pool(usize),
    /// The layer after the step before is compared.
    Compare(usize),
}

enum Layer {
    Convolution(Convolution),
    Pool(usize),
    /// The weights of the channels.
    Compare(Convolution),
}

/// The nets that LPIPS has weights for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trunk {
    Alex,
    Vgg,
}

/// The measure.
pub struct Lpips {
    origin: Vec<Origin>,
    trunk: Trunk,
    layers: Vec<Layer>,
    device: Device,
}

impl Lpips {
    /// Reads one file, the whole state of the package's `lpips.LPIPS(net="alex")` or `"vgg"`, or two: torchvision's AlexNet or VGG-16,
    /// then the package's own `weights/v0.1/alex.pth` or `vgg.pth`.
    ///
    /// # Errors
    /// Files that cannot be read or hold something else.
    pub fn open(paths: &[PathBuf], device: &Device) -> Result<Lpips> {
        let (first, second) = match paths {
            [one] => (one, None),
            [trunk, linear] => (trunk, Some(linear)),
            _ => bail!(usage(format!("--lpips takes one file or two, and {} are given", paths.len()))),
        };
        let (mut weights, origin) = Weights::open(first, device)?;
        let whole = weights.shape("lin0.model.1.weight").is_some();
        let mut origin = vec![origin];
        let mut linear = match second {
            Some(second) => {
                let (weights, own) = Weights::open(second, device)?;
                origin.push(own);
                Some(weights)
            }
            None => None,
        };
        let stem = if whole { "net.slice1.0.weight" } else { "features.0.weight" };
        let trunk = match weights.shape(stem) {
            Some([64, 3, 11, 11]) => Trunk::Alex,
            Some([64, 3, 3, 3]) => Trunk::Vgg,
            _ => bail!(input(no_trunk(first))),
        };
        let mut layers = Vec::new();
        let mut channels = 0;
        let mut slice = 1;
        for step in trunk.steps() {
            layers.push(match step {
                Step::Convolution(place, geometry) => {
                    let name = if whole { format!("net.slice{slice}.{place}") } else { format!("features.{place}") };
                    channels = geometry.output;
                    Layer::Convolution(weights.convolution(&name, true, geometry)?)
                }
                Step::Pool(kernel) => Layer::Pool(kernel),
                Step::Compare(number) => {
                    slice = number + 2;
                    let geometry = Geometry::square(channels, 1, 1, 1, 0);
                    let from = linear.as_mut().unwrap_or(&mut weights);
                    // The package writes each twice, the second time by the list that they are in.
                    from.leave(&format!("lins.{number}.model.1.weight"));
                    Layer::Compare(from.convolution(&format!("lin{number}.model.1"), false, geometry)?)
                }
            });
        }
        let what = format!("LPIPS on {}", trunk.name());
        weights.finish(&what, |name| {
            name.starts_with("scaling_layer.") || name.starts_with("classifier.") || name.ends_with(".num_batches_tracked")
        })?;
        linear.map(|linear| linear.finish(&format!("the weights of {what}"), |name| name.ends_with(".num_batches_tracked"))).transpose()?;
        Ok(Lpips { origin, trunk, layers, device: device.clone() })
    }

    /// The files it was read from.
    pub fn origin(&self) -> &[Origin] {
        &self.origin
    }

    /// The net below it.
    pub fn trunk(&self) -> &'static str {
        self.trunk.name()
    }

    /// The distance of each pair; all pictures have one size, of at least [`SMALLEST`] pixels.
    ///
    /// # Errors
    /// Pictures that are too small, distances that are not finite, or a device that cannot be read.
    pub fn distances(&self, pairs: &[(&Picture, &Picture)]) -> Result<Vec<f64>> {
        if let Some((picture, _)) = pairs.iter().find(|(picture, _)| picture.width().min(picture.height()) < SMALLEST) {
            bail!("LPIPS needs pictures of {SMALLEST} pixels and more, and these have {}×{}", picture.width(), picture.height());
        }
        let mut distances = Vec::with_capacity(pairs.len());
        for pairs in pairs.chunks(BATCH) {
            let both: Vec<&Picture> = pairs.iter().map(|pair| pair.0).chain(pairs.iter().map(|pair| pair.1)).collect();
            let values = readback::values(self.of_both(planes(&both, &self.device)), "distances")?;
            distances.extend(values.into_iter().map(f64::from));
        }
        match distances.iter().find(|value| !value.is_finite()) {
            Some(value) => bail!("LPIPS gave {value}: its weights or this device's arithmetic are broken"),
            None => Ok(distances),
        }
    }

    /// # Shapes
    /// `[2·pairs, 3, height, width]`, the first of all pairs before the second → `[pairs]`
    fn of_both(&self, pictures: Tensor<4>) -> Tensor<1> {
        let of_channels = |values: [f32; 3]| Tensor::<1>::from_floats(values, &self.device).reshape([1, 3, 1, 1]);
        let pairs = pictures.dims()[0] / 2;
        let mut hidden = (pictures - of_channels(SHIFT)) / of_channels(SCALE);
        let mut sum = Tensor::<1>::zeros([pairs], &self.device);
        for layer in &self.layers {
            match layer {
                Layer::Convolution(convolution) => hidden = relu(convolution.forward(hidden)),
                Layer::Pool(kernel) => hidden = max_pool2d(hidden, MaxPoolOptions::new([*kernel; 2]).with_stride([2, 2])),
                Layer::Compare(weights) => {
                    let length = hidden.clone().powi_scalar(2).sum_dim(1).sqrt().add_scalar(EPSILON);
                    let directions = hidden.clone() / length;
                    let apart = directions.clone().narrow(0, 0, pairs) - directions.narrow(0, pairs, pairs);
                    let mean: Tensor<1> = weights.forward(apart.powi_scalar(2)).mean_dims(&[1, 2, 3]).reshape([-1]);
                    sum = sum + mean;
                }
            }
        }
        sum
    }
}

impl Trunk {
    fn name(self) -> &'static str {
        match self {
            Trunk::Alex => "AlexNet",
            Trunk::Vgg => "VGG-16",
        }
    }

    fn steps(self) -> Vec<Step> {
        let square = |place, input, output| Step::Convolution(place, Geometry::square(input, output, 3, 1, 1));
        match self {
            Trunk::Alex => vec![
                Step::Convolution(0, Geometry::square(3, 64, 11, 4, 2)),
                Step::Compare(0),
                Step::Pool(3),
                Step::Convolution(3, Geometry::square(64, 192, 5, 1, 2)),
                Step::Compare(1),
                Step::Pool(3),
                square(6, 192, 384),
                Step::Compare(2),
                square(8, 384, 256),
                Step::Compare(3),
                square(10, 256, 256),
                Step::Compare(4),
            ],
            Trunk::Vgg => {
                let mut steps = Vec::new();
                let (mut place, mut input) = (0, 3);
                for (number, (count, output)) in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)].into_iter().enumerate() {
                    if number > 0 {
                        steps.push(Step::Pool(2));
                        place += 1;
                    }
                    for _ in 0..count {
                        steps.push(square(place, input, output));
                        (place, input) = (place + 2, output);
                    }
                    steps.push(Step::Compare(number));
                }
                steps
            }
        }
    }
}

fn no_trunk(path: &Path) -> String {
    format!(
        "{} holds neither AlexNet nor VGG-16; save the whole measure with `torch.save(lpips.LPIPS(net=\"alex\").state_dict(), \
         \"lpips-alex.pth\")`, or give torchvision's net and the package's weights as --lpips alexnet.pth,alex.pth",
        path.display()
    )
}
