//! The residual block with FiLM from the noise level.

use burn::{
    module::Module,
    nn::{Dropout, DropoutConfig, Linear, conv::Conv2d},
    tensor::{Device, Tensor},
};
use infill_kernel::{
    self as kernel, Resample, ScaleShift,
    layer::{self, convolution},
};

use super::{attention::Attention, norm::Norm};

/// Scale and shift of every channel, computed from the noise embedding.
#[derive(Module, Debug)]
pub struct Film {
    linear: Linear,
}

impl Film {
    /// From an embedding of `width` numbers to `channels` channels.
    pub fn new(width: usize, channels: usize, device: &Device) -> Self {
        Self { linear: layer::linear(width, 2 * channels, device) }
    }

    /// # Shapes
    /// embedding: `[batch, width]`
    pub fn forward(&self, embedding: &Tensor<2>) -> ScaleShift {
        ScaleShift(kernel::linear(&self.linear, embedding.clone()))
    }
}

/// Norm, SiLU, convolution, twice, with FiLM before the second and the input added at the end.
/// With a change of resolution it is applied to both ways, between SiLU and the first convolution.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    input_norm: Norm,
    input_convolution: Conv2d,
    film: Film,
    output_norm: Norm,
    dropout: Dropout,
    output_convolution: Conv2d,
    skip: Option<Conv2d>,
    #[module(skip)]
    resample: Resample,
    #[module(skip)]
    dilation: usize,
}

impl ResidualBlock {
    /// From `input` to `output` channels with an embedding of `width` numbers.
    pub fn new(input: usize, output: usize, width: usize, dropout: f64, resample: Resample, device: &Device) -> Self {
        Self {
            input_norm: Norm::new(input, device),
            input_convolution: convolution(input, output, 3, device),
            film: Film::new(width, output, device),
            output_norm: Norm::new(output, device),
            dropout: DropoutConfig::new(dropout).init(),
            output_convolution: convolution(output, output, 3, device),
            skip: (input != output).then(|| convolution(input, output, 1, device)),
            resample,
            dilation: 1,
        }
    }

    /// With convolutions whose taps are `dilation` cells apart. A block that changes the resolution has neighbours' taps.
    pub fn with_dilation(self, dilation: usize) -> Self {
        Self { dilation: if self.resample == Resample::None { dilation } else { 1 }, ..self }
    }

    /// # Shapes
    /// - input: `[batch, input, height, width]`
    /// - embedding: `[batch, width]`
    /// - output: `[batch, output, height', width']`
    pub fn forward(&self, input: Tensor<4>, embedding: &Tensor<2>) -> Tensor<4> {
        let hidden = match self.resample {
            Resample::Down => self.input_norm.activate_halved(input.clone()),
            Resample::None | Resample::Up => self.input_norm.activate(input.clone(), None),
        };
        let hidden = match self.resample {
            Resample::Up => kernel::convolution_doubled(&self.input_convolution, hidden),
            Resample::None | Resample::Down => kernel::convolution_dilated(&self.input_convolution, hidden, self.dilation),
        };
        let hidden = self.output_norm.activate(hidden, Some(self.film.forward(embedding)));
        #[cfg(feature = "train")]
        let hidden = self.dropout.forward(hidden);
        match &self.skip {
            Some(skip) => {
                let hidden = kernel::convolution_dilated(&self.output_convolution, hidden, self.dilation);
                kernel::convolution_add(skip, self.resample.apply(input), hidden, Resample::None)
            }
            None if self.dilation > 1 => input + kernel::convolution_dilated(&self.output_convolution, hidden, self.dilation),
            None => kernel::convolution_add(&self.output_convolution, hidden, input, self.resample),
        }
    }
}

/// A residual block and, where the level attends, attention or a residual block in its place.
#[derive(Module, Debug)]
pub struct Block {
    residual: ResidualBlock,
    attention: Option<Attention>,
    extra: Option<ResidualBlock>,
}

impl Block {
    /// Puts them together.
    pub fn new(residual: ResidualBlock, attention: Option<Attention>, extra: Option<ResidualBlock>) -> Self {
        Self { residual, attention, extra }
    }

    /// Its residual blocks in order, each with its attention.
    pub fn parts(&self) -> impl Iterator<Item = (&ResidualBlock, Option<&Attention>)> {
        [(&self.residual, self.attention.as_ref())].into_iter().chain(self.extra.iter().map(|extra| (extra, None)))
    }
}
