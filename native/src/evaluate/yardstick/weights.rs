//! A standard net's weights, taken from a checkpoint by name and shape. What is missing, misshapen or unknown is told all at once.

use std::{collections::BTreeSet, fmt::Write, path::Path};

use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Tensor, TensorData, module::conv2d, ops::ConvOptions};

use crate::{evaluate::feature_net::Origin, exit::input, formats::checkpoint::Checkpoint};

/// So many names are listed of each fault.
const MOST_NAMED: usize = 8;

/// Weights that are being taken.
pub struct Weights<'a> {
    checkpoint: Checkpoint,
    device: &'a Device,
    taken: BTreeSet<String>,
    missing: Vec<String>,
    misshapen: Vec<String>,
}

/// A convolution, with what follows it linearly folded in.
pub struct Convolution {
    /// `[output, input, height, width]`
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
}

/// How a convolution goes over a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Channels in.
    pub input: usize,
    /// Channels out.
    pub output: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Pixels from one place to the next.
    pub stride: usize,
    /// Zeros above and left, and as many below and right.
    pub padding: [usize; 2],
}

impl Geometry {
    /// A square kernel.
    pub fn square(input: usize, output: usize, kernel: usize, stride: usize, padding: usize) -> Geometry {
        Geometry { input, output, kernel: [kernel; 2], stride, padding: [padding; 2] }
    }

    fn shape(&self) -> [usize; 4] {
        [self.output, self.input, self.kernel[0], self.kernel[1]]
    }

    fn options(&self) -> ConvOptions<2> {
        ConvOptions::new([self.stride; 2], self.padding, [1; 2], 1)
    }
}

impl<'a> Weights<'a> {
    /// Opens a checkpoint; also says which file it is.
    ///
    /// # Errors
    /// A file that cannot be read or is no checkpoint of tensors alone.
    pub fn open(path: &Path, device: &'a Device) -> Result<(Weights<'a>, Origin)> {
        let checkpoint = Checkpoint::open_of_any_age(path).map_err(input)?;
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
        let weights = Weights { checkpoint, device, taken: BTreeSet::new(), missing: Vec::new(), misshapen: Vec::new() };
        Ok((weights, Origin::new(path, &bytes)))
    }

    /// The shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.checkpoint.shapes().get(name).map(Vec::as_slice)
    }

    /// A convolution with the batch norm after it (`y = γ·(x − μ)/√(σ² + ε) + β`), by PyTorch's names of both.
    ///
    /// # Errors
    /// Numbers that cannot be read.
    pub fn normed(&mut self, convolution: &str, norm: &str, epsilon: f64, geometry: Geometry) -> Result<Convolution> {
        let mut weight = self.numbers(&format!("{convolution}.weight"), &geometry.shape())?;
        let mut of = |part: &str| self.numbers(&format!("{norm}.{part}"), &[geometry.output]);
        let (gamma, beta, mean, variance) = (of("weight")?, of("bias")?, of("running_mean")?, of("running_var")?);
        let each = weight.len() / geometry.output.max(1);
        let mut bias = Vec::with_capacity(geometry.output);
        for (channel, kernel) in weight.chunks_mut(each.max(1)).enumerate() {
            let scale = f64::from(gamma[channel]) / (f64::from(variance[channel]) + epsilon).sqrt();
            kernel.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
            bias.push((f64::from(beta[channel]) - f64::from(mean[channel]) * scale) as f32);
        }
        let bias = Some(self.tensor(bias, [geometry.output]));
        Ok(Convolution { weight: self.tensor(weight, geometry.shape()), bias, options: geometry.options() })
    }

    /// A convolution with its own bias, or without one.
    ///
    /// # Errors
    /// Numbers that cannot be read.
    pub fn convolution(&mut self, name: &str, with_bias: bool, geometry: Geometry) -> Result<Convolution> {
        let weight = self.numbers(&format!("{name}.weight"), &geometry.shape())?;
        let bias = if with_bias { Some(self.numbers(&format!("{name}.bias"), &[geometry.output])?) } else { None };
        let bias = bias.map(|bias| self.tensor(bias, [geometry.output]));
        Ok(Convolution { weight: self.tensor(weight, geometry.shape()), bias, options: geometry.options() })
    }

    /// The matrix of a linear layer, `[input, output]`, and its bias.
    ///
    /// # Errors
    /// Numbers that cannot be read.
    pub fn linear(&mut self, name: &str, input: usize, output: usize) -> Result<(Tensor<2>, Tensor<1>)> {
        let weight = self.numbers(&format!("{name}.weight"), &[output, input])?;
        let bias = self.numbers(&format!("{name}.bias"), &[output])?;
        Ok((self.tensor(weight, [output, input]).transpose(), self.tensor(bias, [output])))
    }

    /// A tensor that is known and not used.
    pub fn leave(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// Checks that all was there, and nothing else but what `known` says is of no use.
    ///
    /// # Errors
    /// Tensors that are missing, misshapen or unknown, all of them; `what` is the net in the message.
    pub fn finish(self, what: &str, known: impl Fn(&str) -> bool) -> Result<()> {
        let names = self.checkpoint.shapes().keys();
        let unknown: Vec<String> = names.filter(|name| !self.taken.contains(*name) && !known(name)).cloned().collect();
        let mut message = String::new();
        for (fault, names) in [("missing", &self.missing), ("of another shape", &self.misshapen), ("unknown", &unknown)] {
            if !names.is_empty() {
                let more = names.len().saturating_sub(MOST_NAMED);
                let _ = write!(message, "; {} {fault}: {}", names.len(), names[..names.len() - more].join(", "));
                message.push_str(&if more > 0 { format!(" and {more} more") } else { String::new() });
            }
        }
        if !message.is_empty() {
            bail!(input(format!("{} does not hold {what}{message}", self.checkpoint.path().display())));
        }
        Ok(())
    }

    /// A tensor's numbers; zeros for one that is not as it should be, which [`Weights::finish`] tells.
    fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.taken.insert(name.to_owned());
        match self.shape(name) {
            Some(found) if found == shape => return self.checkpoint.read(name).map_err(input),
            Some(found) => {
                let fault = format!("{name} {found:?} where {shape:?} is expected");
                self.misshapen.push(fault);
            }
            None => self.missing.push(name.to_owned()),
        }
        Ok(vec![0.0; shape.iter().product()])
    }

    fn tensor<const RANK: usize>(&self, values: Vec<f32>, shape: [usize; RANK]) -> Tensor<RANK> {
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }
}

impl Convolution {
    /// # Shapes
    /// `[batch, input, height, width]` → `[batch, output, …]`
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<4> {
        conv2d(pictures, self.weight.clone(), self.bias.clone(), self.options.clone())
    }
}
