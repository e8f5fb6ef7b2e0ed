//! From one number a sample, the noise level, to the vector that steers every block.

use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor, TensorData, activation::silu},
};
use infill_kernel::{self as kernel, layer::linear};

/// Sinusoids and two linear layers (ADM's time embedding, fed with a continuous value).
#[derive(Module, Debug)]
pub struct Embedding {
    first: Linear,
    second: Linear,
    channels: usize,
}

impl Embedding {
    /// For a net whose first level has `channels` channels.
    pub fn new(channels: usize, device: &Device) -> Self {
        Self { first: linear(channels, 4 * channels, device), second: linear(4 * channels, 4 * channels, device), channels }
    }

    /// Length of the vector.
    pub fn width(&self) -> usize {
        4 * self.channels
    }

    /// The activated embedding, ready for the blocks' linear layers.
    ///
    /// # Shapes
    /// `[batch]` → `[batch, 4·channels]`
    pub fn forward(&self, level: Tensor<1>) -> Tensor<2> {
        // The angles need all digits; what follows is as precise as the weights.
        let sinusoids = sinusoids(level, self.channels).cast(kernel::dtype(&*self.first.weight));
        let hidden = silu(kernel::linear(&self.first, sinusoids));
        silu(kernel::linear(&self.second, hidden))
    }
}

/// The weight `[channels, outputs]` of the first layer that gives for a value what `weight` gives for the value plus
/// `shift`: each pair of cosine and sine is turned by its own angle.
pub fn shifted(weight: &[f32], channels: usize, shift: f64) -> Vec<f32> {
    let half = channels / 2;
    let outputs = weight.len() / channels;
    let mut turned = vec![0.0; weight.len()];
    for (pair, frequency) in frequencies(half).enumerate() {
        let (sin, cos) = (shift * frequency).sin_cos();
        for output in 0..outputs {
            let (cosine, sine) = (pair * outputs + output, (half + pair) * outputs + output);
            let (of_cosine, of_sine) = (f64::from(weight[cosine]), f64::from(weight[sine]));
            turned[cosine] = (of_cosine * cos + of_sine * sin) as f32;
            turned[sine] = (of_sine * cos - of_cosine * sin) as f32;
        }
    }
    turned
}

/// 10000^(−i/half), i = 0 … half−1.
fn frequencies(half: usize) -> impl Iterator<Item = f64> {
    (0..half).map(move |index| (-(10000f64.ln()) * index as f64 / half as f64).exp())
}

/// cos and sin of the value times 10000^(−i/half), i = 0 … half−1, cosines first.
fn sinusoids(level: Tensor<1>, channels: usize) -> Tensor<2> {
    let half = channels / 2;
    let frequencies: Vec<f32> = frequencies(half).map(|frequency| frequency as f32).collect();
    let frequencies = Tensor::<2>::from_data(TensorData::new(frequencies, [1, half]), &level.device());
    let batch = level.dims()[0];
    let angles = level.reshape([batch, 1]) * frequencies;
    Tensor::cat(vec![angles.clone().cos(), angles.sin()], 1)
}
