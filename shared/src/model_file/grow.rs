//! A model for pictures of more pixels, from one for fewer: the same net, whose patches are as many times larger. At first
//! it answers what the old one answers for the shrunk picture, enlarged without interpolation; training adds the detail.
//! It trains nothing and draws nothing at random.

use crate::{
    config::{ConfigError, ModelConfig, NoiseEmbedding, Prediction},
    container::Weight,
    denoiser::LOG_SNR_SCALE,
    unet::{PICTURE_CHANNELS, embedding},
};

/// A model that cannot be grown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrowError {
    /// The factor.
    #[error("a model cannot be grown {0} times; choose 2 to 64")]
    Factor(usize),
    /// What its net is told or predicts depends on the number of pixels in another way.
    #[error(
        "only a model with prediction = \"task_residual\" and noise_embedding = \"log_snr\" can be grown, and this one has {prediction} and \
         {embedding}; train a new one"
    )]
    Recipe {
        /// What it predicts.
        prediction: String,
        /// How it is told the noise level.
        embedding: String,
    },
    /// What comes out is no net.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Beyond it a side of pixels would be none that anything is trained on.
const LARGEST: usize = 64;

/// The configuration for pictures `factor` times as wide and high.
///
/// `factor`² pixels together have as many times the signal for the same noise. So a log-SNR there is one larger by
/// 2·ln `factor` to the old net: the range, and the guesses to sample from, move down by that.
///
/// # Errors
/// A factor below 2 or above 64, or a recipe other than residuals and log-SNR.
pub fn configuration(config: &ModelConfig, factor: usize) -> Result<ModelConfig, GrowError> {
    if !(2..=LARGEST).contains(&factor) {
        return Err(GrowError::Factor(factor));
    }
    if config.prediction != Prediction::Residual || config.noise_embedding != NoiseEmbedding::LogSnr {
        let (prediction, embedding) = (format!("{:?}", config.prediction), format!("{:?}", config.noise_embedding));
        return Err(GrowError::Recipe { prediction, embedding });
    }
    let shift = log_snr_shift(factor);
    let mut larger = config.clone();
    larger.size *= factor;
    larger.unet.patch *= factor;
    larger.log_snr_range = larger.log_snr_range.map(|level| level - shift);
    for sampling in larger.sampling.values_mut() {
        sampling.guess = sampling.guess.map(|level| level - shift);
    }
    larger.validate()?;
    Ok(larger)
}

/// A weight of the net of `old` as the one of [`configuration`] has it.
///
/// The first layer of the embedding is turned so that it sees the old levels. The net's noisy input has variance 1 at every
/// frequency, and so the mean of `factor`² of its pixels has to be enlarged `factor` times.
pub fn weight(old: &ModelConfig, factor: usize, weight: Weight) -> Weight {
    let folded = Folded { patch: old.unet.patch, factor };
    match weight.name.as_str() {
        "stem.weight" => {
            // Of the condition and of the noisy picture.
            let scale = |channel| if channel < PICTURE_CHANNELS { 1.0 } else { factor as f32 };
            folded.inputs(weight, |channel| scale(channel) / (factor * factor) as f32)
        }
        "head.weight" | "head.bias" => folded.outputs(weight),
        "embedding.first.weight" => {
            let shift = log_snr_shift(factor) * LOG_SNR_SCALE;
            Weight { values: embedding::shifted(&weight.values, old.unet.channels, shift), ..weight }
        }
        _ => weight,
    }
}

/// By how much a log-SNR is larger for pixels that are `factor`² together.
fn log_snr_shift(factor: usize) -> f64 {
    2.0 * (factor as f64).ln()
}

/// Channels that stand for the pixels of a patch, as `unet::space_to_depth` orders them, and larger patches.
#[derive(Clone, Copy)]
struct Folded {
    patch: usize,
    factor: usize,
}

impl Folded {
    /// For every channel of the larger patches: the channel of the old ones in which its pixel lies.
    fn sources(self, picture_channels: usize) -> impl Iterator<Item = usize> {
        let Self { patch, factor } = self;
        let side = patch * factor;
        (0..picture_channels * side * side).map(move |channel| {
            let (plane, row, column) = (channel / (side * side), channel / side % side, channel % side);
            (plane * patch + row / factor) * patch + column / factor
        })
    }

    /// A convolution's weight `[output, input, height, width]` with the inputs of larger patches, times a number that
    /// depends on the picture's channel.
    fn inputs(self, weight: Weight, scale: impl Fn(usize) -> f32) -> Weight {
        let Weight { name, mut shape, values } = weight;
        let (inputs, cell) = (shape[1], shape[2] * shape[3]);
        let cells = self.patch * self.patch;
        let sources: Vec<usize> = self.sources(inputs / cells).collect();
        let of_output = |kernels: &[f32]| {
            let mut larger = Vec::with_capacity(sources.len() * cell);
            for source in &sources {
                let scale = scale(source / cells);
                larger.extend(kernels[source * cell..][..cell].iter().map(|value| value * scale));
            }
            larger
        };
        let values = values.chunks_exact(inputs * cell).flat_map(of_output).collect();
        shape[1] = sources.len();
        Weight { name, shape, values }
    }

    /// A convolution's weight or bias with the outputs of larger patches.
    fn outputs(self, weight: Weight) -> Weight {
        let Weight { name, mut shape, values } = weight;
        let (outputs, each) = (shape[0], values.len() / shape[0]);
        let sources: Vec<usize> = self.sources(outputs / (self.patch * self.patch)).collect();
        let values = sources.iter().flat_map(|source| values[source * each..][..each].iter().copied()).collect();
        shape[0] = sources.len();
        Weight { name, shape, values }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::*;
    use crate::{
        config::{Sampling, TaskKind},
        denoiser::Model,
        model_file::{Encoding, ModelFile, TrainingRecord, tests::weights_of},
        noise::{Purpose, gaussian_batch},
        unet::Unet,
    };

    /// A file with weights that give something other than zeros.
    fn tiny() -> ModelFile {
        let mut config = ModelConfig::preset("tiny").unwrap();
        config.sampling.insert(TaskKind::Inpaint, Sampling { guess: Some(1.0), ..Sampling::default() });
        let unet = Unet::new(&config, &Device::flex()).with_gaussian_weights(3);
        let weights = weights_of(&unet);
        let bytes = ModelFile::encode(&config, &TrainingRecord { pictures_seen: 9, ..TrainingRecord::default() }, &weights, Encoding::F32);
        ModelFile::parse(&bytes.unwrap()).unwrap()
    }

    /// Every pixel `factor` times in both directions.
    fn enlarged(pictures: &Tensor<4>, factor: usize) -> Tensor<4> {
        let [batch, channels, height, width] = pictures.dims();
        let cells = pictures.clone().reshape([batch, channels, height, 1, width, 1]);
        cells.expand([batch, channels, height, factor, width, factor]).reshape([batch, channels, factor * height, factor * width])
    }

    #[test]
    fn it_answers_what_the_old_one_answers_enlarged() {
        let device = Device::flex();
        let old = tiny();
        let draw = |step| gaussian_batch(&[0, 1], 4, Purpose::Evaluation, step, [3, 16, 16], &device);
        let (condition, noisy) = (draw(0), draw(1));
        let levels = [-12.5f64, 31.0];
        let tensor = |shift: f64| {
            let values: Vec<f32> = levels.iter().map(|level| (level - shift) as f32).collect();
            Tensor::<1>::from_data(TensorData::new(values, [2]), &device)
        };
        let net = |file: &ModelFile| -> Model { file.to_model(&device).unwrap() };
        let wanted = net(&old).unet.forward(condition.clone(), noisy.clone(), tensor(0.0));
        for factor in [2usize, 3] {
            let grown = old.grown(factor).unwrap();
            assert_eq!((grown.config.size, grown.config.unet.patch), (16 * factor, 2 * factor));
            assert_eq!(grown.training.pictures_seen, 9);
            let noisy = enlarged(&noisy, factor) / factor as f64;
            let shift = log_snr_shift(factor) * LOG_SNR_SCALE;
            let found = net(&grown).unet.forward(enlarged(&condition, factor), noisy, tensor(shift));
            let largest: f32 = wanted.clone().abs().max().into_scalar();
            let furthest: f32 = (found - enlarged(&wanted, factor)).abs().max().into_scalar();
            assert!(furthest < 1e-3 * largest, "{factor}: {furthest} of {largest}");
        }
    }

    #[test]
    fn levels_move_with_the_number_of_pixels() {
        let old = tiny();
        let grown = old.grown(2).unwrap().config;
        let four = 4f64.ln();
        assert!((grown.log_snr_range[0] - (old.config.log_snr_range[0] - four)).abs() < 1e-12);
        assert_eq!(grown.sampling(TaskKind::Inpaint).guess, Some(1.0 - four));
    }

    #[test]
    fn what_cannot_be_grown_is_refused() {
        let mut file = tiny();
        assert_eq!(file.grown(1).unwrap_err(), GrowError::Factor(1));
        file.config.prediction = Prediction::Velocity;
        let message = file.grown(2).unwrap_err().to_string();
        assert!(message.contains("Velocity") && message.contains("LogSnr"), "{message}");
    }
}
