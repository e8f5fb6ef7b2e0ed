//! Errors by their spatial frequency: what JPEG's tables say that is seen best counts most (DeCo, arXiv 2511.19365, "frequency-aware" loss).
//! It knows no masks: what does not count is 0 before.

use std::f32::consts::FRAC_1_SQRT_2;

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// How errors of different spatial frequencies weigh against each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossFrequencies {
    /// All the same.
    #[default]
    Equal,
    /// In blocks of 8×8, as the inverse of JPEG's quantisation: wide and grey differences weigh more than fine and coloured ones.
    Jpeg,
}

/// Side of a block.
pub const SIDE: usize = 8;

/// JPEG's tables for luma and chroma (ITU-T T.81, annex K.1).
const TABLES: [[u8; SIDE * SIDE]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18,
        22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103,
        99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// Red, green and blue of an orthonormal basis whose first is grey: with it, weights of 1 leave the sum of squares as it is.
const COLOURS: [[f32; 3]; 3] =
    [[0.577_350_3, 0.577_350_3, 0.577_350_3], [-0.408_248_3, -0.408_248_3, 0.816_496_6], [FRAC_1_SQRT_2, -FRAC_1_SQRT_2, 0.0]];

/// Errors whose squares add up to the weighed sum of squares by frequency; the weights are 1 in the mean.
///
/// # Shapes
/// `[batch, 3, height, width]`, both sides multiples of [`SIDE`]; the result has the same number of elements, by colour, block and frequency.
pub fn by_frequency(error: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = error.dims();
    let device = error.device();
    let matrix = |values: Vec<f32>, sides: [usize; 2]| Tensor::<2>::from_data(TensorData::new(values, sides), &device);
    let colours = matrix(COLOURS.concat(), [3, 3]).unsqueeze::<3>();
    let cosines = matrix(cosines(), [SIDE, SIDE]);
    let mixed = colours.matmul(error.reshape([batch, channels, height * width]));
    let down = cosines.clone().unsqueeze::<3>().matmul(mixed.reshape([batch * channels * height / SIDE, SIDE, width]));
    let across = down.reshape([batch * channels * height * width / SIDE, SIDE]).matmul(cosines.transpose());
    let weights = Tensor::<6>::from_data(TensorData::new(weights(), [1, channels, 1, SIDE, 1, SIDE]), &device);
    let weighed = across.reshape([batch, channels, height / SIDE, SIDE, width / SIDE, SIDE]) * weights;
    weighed.reshape([batch, channels, height, width])
}

/// The orthonormal DCT of 8 samples: a row for each frequency.
fn cosines() -> Vec<f32> {
    let value = |place: usize| {
        let (frequency, sample) = (place / SIDE, place % SIDE);
        let scale = if frequency == 0 { 0.125f64.sqrt() } else { 0.5 };
        (scale * (std::f64::consts::PI * frequency as f64 * (2 * sample + 1) as f64 / 16.0).cos()) as f32
    };
    (0..SIDE * SIDE).map(value).collect()
}

/// The roots of the weights, by colour and frequency.
fn weights() -> Vec<f32> {
    let inverse: Vec<f64> = [0, 1, 1].iter().flat_map(|table| TABLES[*table].map(|step| 1.0 / f64::from(step))).collect();
    let mean = inverse.iter().sum::<f64>() / inverse.len() as f64;
    inverse.into_iter().map(|weight| (weight / mean).sqrt() as f32).collect()
}
