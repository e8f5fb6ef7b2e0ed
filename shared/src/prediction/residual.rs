//! An estimate of the picture from its condition and the noisy picture, without a net, and the difference that is left
//! for the net, scaled to variance 1.
//!
//! EDM's preconditioning (arXiv 2206.00364, table 1) takes every pixel for an independent number of the same deviation
//! around 0. Here the estimate is centred on the condition x and knows how y0 − x is distributed in each task: in a hole
//! amplitude falls as one over frequency (Field 1987), and colours vary far less than lightness; a grey picture lacks
//! colours and next to no lightness; a JPEG keeps its low frequencies. So the frequencies of y0 − x, in opponent colours,
//! are taken for independent numbers with deviations of their own. An undertrained net then errs by soft clouds in a hole,
//! by pale colours on grey, and by next to nothing on a JPEG. And since the target has variance 1 in every task, no task
//! outweighs another in training.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use burn::tensor::{Tensor, TensorData};
use infill_kernel::product;

use super::given::Given;
use crate::{config::TaskKind, schedule};

/// Frequencies at which deviations are given, each twice the one before: from 2^−6.5 to 2^0.5 of the highest frequency of
/// a row or column.
pub const OCTAVES: usize = 8;

/// Deviation of y0 − x for lightness, red against blue, and green against both, at each of the [`OCTAVES`].
type Deviations = [[f64; OCTAVES]; 3];

/// Measured on 250 landscapes and 250 flowers of 64 px in [−1, 1]. `infill measure-residual` measures the same of any
/// pictures; the root mean square of what it prints for as many of each is within a third of these numbers from the third
/// octave on, mostly within a tenth. The two lowest octaves, of four numbers a picture, differ by up to 1.6. Which pictures
/// matters: in colour, flowers differ from their conditions about twice as much as landscapes do.
fn deviations(task: TaskKind) -> Deviations {
    match task {
        TaskKind::Inpaint => [
            [2.41, 2.33, 2.29, 1.85, 1.15, 0.527, 0.219, 0.123],
            [1.10, 1.09, 1.01, 0.770, 0.437, 0.196, 0.065, 0.026],
            [0.594, 0.582, 0.577, 0.456, 0.296, 0.133, 0.046, 0.019],
        ],
        TaskKind::Uncrop => [
            [13.5, 8.38, 5.02, 2.65, 1.29, 0.539, 0.217, 0.122],
            [5.08, 3.01, 1.99, 1.02, 0.454, 0.177, 0.056, 0.020],
            [2.69, 1.64, 1.14, 0.631, 0.304, 0.123, 0.040, 0.015],
        ],
        TaskKind::Colorize => [
            [4.39, 1.45, 0.789, 0.392, 0.180, 0.074, 0.025, 0.011],
            [11.7, 4.00, 1.97, 0.961, 0.419, 0.165, 0.052, 0.020],
            [5.41, 2.00, 1.13, 0.581, 0.268, 0.107, 0.036, 0.014],
        ],
        TaskKind::Restore => [
            [0.570, 0.431, 0.395, 0.346, 0.272, 0.249, 0.209, 0.139],
            [0.672, 0.455, 0.351, 0.283, 0.224, 0.148, 0.062, 0.022],
            [0.581, 0.364, 0.313, 0.248, 0.178, 0.107, 0.045, 0.017],
        ],
    }
}

/// Side of the pictures on which they were measured.
const MEASURED_SIDE: usize = 64;

/// Where a frequency of the cosine transform of a picture of some height and width lies among the [`OCTAVES`], from 0 to 7.
pub fn octave(row: usize, column: usize, sides: [usize; 2]) -> f64 {
    place(row, column, sides).clamp(0.0, (OCTAVES - 1) as f64)
}

/// The same without an end at either side.
fn place(row: usize, column: usize, [height, width]: [usize; 2]) -> f64 {
    let lowest = 1.0 / height.max(width) as f64;
    let (down, across) = (row as f64 / height as f64, column as f64 / width as f64);
    (down * down + across * across).sqrt().max(lowest).log2() + 6.5
}

/// How many times as large the side of a picture is as where the deviations were measured, as far as that matters to a
/// task. The same scene in more pixels has the same waves across the picture, each with as many times the deviation;
/// what is new are finer ones. The blocks of a JPEG have eight pixels in pictures of every size.
fn enlargement(task: TaskKind, side: usize) -> f64 {
    match task {
        TaskKind::Inpaint | TaskKind::Uncrop | TaskKind::Colorize => side as f64 / MEASURED_SIDE as f64,
        TaskKind::Restore => 1.0,
    }
}

/// Variance of y0 − x at every frequency of a picture, `[3, height, width]`: on straight lines through [`Deviations`] in
/// logarithms, which go on beyond the highest frequency and end at the lowest.
///
/// Measured on 500 pictures of 128 px (`infill measure-residual --size 128`), deviations of holes, extensions and colour are within
/// an eighth of what follows from those of 64 px measured likewise, but for the lowest octave and the highest two.
fn variances(task: TaskKind, height: usize, width: usize) -> Vec<f32> {
    let enlargement = enlargement(task, height.max(width));
    let (moved, larger) = (enlargement.log2(), 2.0 * enlargement.ln());
    let squares: Vec<Vec<f64>> = deviations(task).iter().map(|row| row.iter().map(|value| 2.0 * value.ln()).collect()).collect();
    let mut values = Vec::with_capacity(3 * height * width);
    for logarithms in squares {
        for cell in 0..height * width {
            let position = (place(cell / width, cell % width, [height, width]) + moved).max(0.0);
            let below = (position as usize).min(OCTAVES - 2);
            let part = position - below as f64;
            values.push((logarithms[below] * (1.0 - part) + logarithms[below + 1] * part + larger).exp() as f32);
        }
    }
    values
}

/// The frequencies of opponent colours of pictures: lightness, red against blue, and green against both, by an orthonormal
/// cosine transform (DCT-II).
///
/// # Shapes
/// `[batch, 3, height, width]` → the same
pub fn to_frequencies(pictures: Tensor<4>) -> Tensor<4> {
    Basis::new(&pictures).to_frequencies(pictures)
}

/// Lightness, red against blue, green against both, as an orthonormal change of basis.
const OPPONENT: [[f64; 3]; 3] = [
    [0.577_350_269_189_625_8, 0.577_350_269_189_625_8, 0.577_350_269_189_625_8],
    [FRAC_1_SQRT_2, 0.0, -FRAC_1_SQRT_2],
    [0.408_248_290_463_863, -0.816_496_580_927_726, 0.408_248_290_463_863],
];

/// The estimate without a net, for one batch.
pub struct Residual<'a> {
    given: Given<'a>,
    /// y − √γ·x, and 0 where the picture is known.
    difference: Tensor<4>,
    /// Variance that is assumed of y0 − x, `[batch, 3, height, width]` by frequency.
    variance: Tensor<4>,
    /// That of y − √γ·x, `[batch, 3, height, width]`.
    spread: Tensor<4>,
    basis: Basis,
}

impl<'a> Residual<'a> {
    /// From what is given.
    pub fn new(given: Given<'a>) -> Self {
        let Given { condition, noisy, .. } = given;
        let [batch, _, height, width] = noisy.dims();
        assert_eq!(given.tasks.len(), batch, "one task a sample");
        let difference = noisy.clone() - given.column(schedule::signal_scale) * condition.clone();
        let of_tasks: Vec<(TaskKind, Vec<f32>)> = TaskKind::ALL
            .into_iter()
            .filter(|task| given.tasks.contains(task))
            .map(|task| (task, variances(task, height, width)))
            .collect();
        let of_task = |task: &TaskKind| of_tasks.iter().find(|(found, _)| found == task).map(|(_, values)| values.as_slice());
        let values: Vec<f32> = given.tasks.iter().filter_map(of_task).flatten().copied().collect();
        let variance = Tensor::<4>::from_data(TensorData::new(values, [batch, 3, height, width]), &noisy.device());
        let spread = variance.clone() * given.column(|level| level) + given.column(|level| 1.0 - level);
        let difference = match given.known() {
            Some(known) => difference.mask_fill(known, 0.0),
            None => difference,
        };
        Self { given, difference, variance, spread, basis: Basis::new(noisy) }
    }

    /// The difference y − √γ·x with variance 1 at every frequency.
    pub fn input(&self) -> Tensor<4> {
        self.scale(self.difference.clone(), self.spread.clone().sqrt().recip())
    }

    /// The picture minus the estimate, with variance 1 over all frequencies and colours together. Single frequencies are
    /// not scaled: with variance 1 at each, nearly all numbers of the target would be fine grain, and the net would
    /// learn little else.
    pub fn target(&self, picture: &Tensor<4>) -> Tensor<4> {
        (picture.clone() - self.given.condition.clone() - self.without_net()) / self.output_scale()
    }

    /// The picture that follows from the net's output.
    pub fn estimate(&self, output: Tensor<4>) -> Tensor<4> {
        self.given.condition.clone() + self.without_net() + output * self.output_scale()
    }

    /// The expected y0 − x under the assumed variances.
    fn without_net(&self) -> Tensor<4> {
        let gain = self.variance.clone() * self.given.column(schedule::signal_scale) / self.spread.clone();
        self.scale(self.difference.clone(), gain)
    }

    /// Deviation of the error of the estimate without a net, `[batch, 1, 1, 1]`.
    fn output_scale(&self) -> Tensor<4> {
        let product = self.variance.clone() * self.given.column(|level| 1.0 - level);
        (product / self.spread.clone()).mean_dim(1).mean_dim(2).mean_dim(3).sqrt()
    }

    /// Multiplies every frequency of every opponent colour.
    fn scale(&self, values: Tensor<4>, factors: Tensor<4>) -> Tensor<4> {
        self.basis.to_pixels(self.basis.to_frequencies(values) * factors)
    }
}

/// Frequencies of opponent colours, an orthonormal change of basis: the cosine transform (DCT-II), in which opposite
/// edges are no neighbours.
struct Basis {
    /// From the places of a column to its frequencies, `[height, height]`.
    columns: Tensor<2>,
    /// From the places of a row to its frequencies, `[width, width]`.
    rows: Tensor<2>,
    /// From red, green and blue to opponent colours, `[3, 3]`.
    colours: Tensor<2>,
}

impl Basis {
    /// For pictures of this size on this device.
    fn new(like: &Tensor<4>) -> Self {
        let [_, _, height, width] = like.dims();
        let device = like.device();
        let cosines = |side: usize| {
            let value = |index: usize| {
                let (place, frequency) = ((index / side) as f64, (index % side) as f64);
                let norm = if frequency == 0.0 { 1.0 } else { 2.0 };
                ((norm / side as f64).sqrt() * (PI * (place + 0.5) * frequency / side as f64).cos()) as f32
            };
            Tensor::from_data(TensorData::new((0..side * side).map(value).collect(), [side, side]), &device)
        };
        let colours: Vec<f32> = OPPONENT.into_iter().flatten().map(|value| value as f32).collect();
        let colours = Tensor::<2>::from_data(TensorData::new(colours, [3, 3]), &device).transpose();
        Self { columns: cosines(height), rows: cosines(width), colours }
    }

    fn to_frequencies(&self, values: Tensor<4>) -> Tensor<4> {
        let values = along(values, 1, self.colours.clone());
        along(along(values, 2, self.columns.clone()), 3, self.rows.clone())
    }

    fn to_pixels(&self, values: Tensor<4>) -> Tensor<4> {
        let values = along(along(values, 3, self.rows.clone().transpose()), 2, self.columns.clone().transpose());
        along(values, 1, self.colours.clone().transpose())
    }
}

/// Multiplies the rows along one dimension by a matrix.
fn along(values: Tensor<4>, dimension: usize, matrix: Tensor<2>) -> Tensor<4> {
    let last = values.swap_dims(dimension, 3);
    let shape = last.dims();
    let rows = last.reshape([1, shape[0] * shape[1] * shape[2], shape[3]]);
    product(rows, matrix.unsqueeze()).reshape(shape).swap_dims(dimension, 3)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::noise::{Purpose, gaussian_batch};

    const SHAPE: [usize; 4] = [2, 3, 32, 32];

    fn values(tensor: Tensor<4>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    fn draw(step: u64) -> Tensor<4> {
        gaussian_batch(&[0, 1], 3, Purpose::Evaluation, step, [3, 32, 32], &Device::flex())
    }

    fn variance(tensor: Tensor<4>) -> f32 {
        tensor.powi_scalar(2).mean().into_scalar()
    }

    #[test]
    fn there_and_back_changes_nothing_and_keeps_lengths() {
        let noisy = draw(1);
        let basis = Basis::new(&noisy);
        let frequencies = basis.to_frequencies(noisy.clone());
        let length = |tensor: Tensor<4>| variance(tensor);
        assert!((length(frequencies.clone()) - length(noisy.clone())).abs() < 1e-5);
        let furthest: f32 = (basis.to_pixels(frequencies) - noisy).abs().max().into_scalar();
        assert!(furthest < 1e-5, "{furthest}");
    }

    /// A cosine of three half waves along a row is one number of the transform.
    #[test]
    fn a_wave_is_one_frequency() {
        let wave = |index: usize| (PI * ((index % 32) as f64 + 0.5) * 3.0 / 32.0).cos() as f32;
        let values: Vec<f32> = (0..3 * 32 * 32).map(wave).collect();
        let wave = Tensor::<4>::from_data(TensorData::new(values, [1, 3, 32, 32]), &Device::flex());
        let found = self::values(Basis::new(&wave).to_frequencies(wave));
        for (place, value) in found.into_iter().enumerate() {
            // Grey has no colour; the norms are √3 for the channels, √32 and √16 for rows and columns.
            let expected = if place == 3 { 3f32.sqrt() * 32f32.sqrt() * 16f32.sqrt() } else { 0.0 };
            assert!((value - expected).abs() < 1e-3, "{place}: {value}");
        }
    }

    /// Differences as they are assumed make inputs and targets of variance 1, at every level.
    #[test]
    fn inputs_and_targets_have_unit_variance_in_every_task() {
        const DRAWS: u64 = 12;
        let condition = draw(0).mul_scalar(0.5);
        for (log_snr, task) in [-5.0, -1.0, 2.0, 5.0, 9.0].into_iter().flat_map(|level| TaskKind::ALL.map(|task| (level, task))) {
            let level = schedule::noise_level(log_snr);
            let noise_levels = [level, level];
            let given = Given { condition: &condition, noisy: &condition, mask: None, noise_levels: &noise_levels, tasks: &[task; 2] };
            let assumed = Residual::new(given);
            // A few low frequencies hold most of the variance, so that one draw says little.
            let (mut input, mut target) = (0.0, 0.0);
            for draws in 0..DRAWS {
                let missing = assumed.scale(draw(1 + 2 * draws), assumed.variance.clone().sqrt());
                let picture = condition.clone() + missing;
                let noise = draw(2 + 2 * draws).mul_scalar(schedule::noise_scale(level));
                let noisy = picture.clone().mul_scalar(schedule::signal_scale(level)) + noise;
                let residual = Residual::new(Given { noisy: &noisy, ..given });
                input += variance(residual.input()) / DRAWS as f32;
                target += variance(residual.target(&picture)) / DRAWS as f32;
            }
            assert!((input - 1.0).abs() < 0.1 && (target - 1.0).abs() < 0.1, "{task} at {log_snr}: {input}, {target}");
        }
    }

    /// The same wave across the picture in twice as many pixels a side: twice the deviation where the scene counts, the same
    /// as at the same place among the frequencies where pixels do.
    #[test]
    fn deviations_follow_the_scene_or_the_pixels() {
        let of = |task, side: usize, frequency: usize| variances(task, side, side)[frequency * side];
        for frequency in [1, 5, 40, 63] {
            assert!((of(TaskKind::Inpaint, 128, frequency) / of(TaskKind::Inpaint, 64, frequency) - 4.0).abs() < 1e-4, "{frequency}");
            let (small, large) = (of(TaskKind::Restore, 64, frequency), of(TaskKind::Restore, 128, 2 * frequency));
            assert!((large / small - 1.0).abs() < 1e-4, "{frequency}");
        }
        assert!(of(TaskKind::Colorize, 128, 127) < of(TaskKind::Colorize, 128, 64), "finer waves are smaller still");
    }

    #[test]
    fn where_all_is_noise_nothing_but_the_condition_is_left() {
        let (condition, noisy) = (draw(0).mul_scalar(0.3), draw(1));
        let noise_levels = [schedule::noise_level(-16.0); 2];
        let tasks = [TaskKind::Inpaint, TaskKind::Colorize];
        let residual =
            Residual::new(Given { condition: &condition, noisy: &noisy, mask: None, noise_levels: &noise_levels, tasks: &tasks });
        let off = (residual.estimate(Tensor::zeros(SHAPE, &Device::flex())) - condition).abs().max().into_scalar::<f32>();
        assert!(off < 0.01, "{off}");
    }

    #[test]
    fn known_pixels_count_as_no_difference() {
        let condition = draw(0);
        let tasks = [TaskKind::Inpaint, TaskKind::Uncrop];
        let given = Given { condition: &condition, noisy: &condition, mask: None, noise_levels: &[0.2, 0.8], tasks: &tasks };
        let mask = |value: f32| Tensor::full([2, 1, 32, 32], value, &Device::flex());
        let (none, all) = (mask(0.0), mask(1.0));
        assert_eq!(variance(Residual::new(Given { mask: Some(&none), ..given }).input()), 0.0);
        // What is to be filled counts, even where the noisy picture happens to be the condition.
        let missing = variance(Residual::new(Given { mask: Some(&all), ..given }).input());
        assert!(missing > 0.0 && missing == variance(Residual::new(given).input()), "{missing}");
    }
}
