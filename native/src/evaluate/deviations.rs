//! How pictures differ from what the net is shown of them: the constants of `infill::prediction`'s residual. It changes no file;
//! what it prints is what stands in `shared/src/prediction/residual.rs`.

use anyhow::Result;
use burn::tensor::{Tensor, TensorData};
use infill::{
    noise::{self, Purpose},
    picture::Picture,
    prediction::{OCTAVES, octave, to_frequencies},
    task::{Degradation, Example, HoleCondition, TaskKind},
};

use super::subjects;
use crate::device;
use crate::pictures::{Dataset, round_trip};
use crate::readback;
use crate::stdout::say;

/// What is measured.
pub struct DeviationsPlan {
    /// Folders, shards and patterns.
    pub data: Vec<String>,
    /// Pictures for each task.
    pub pictures: usize,
    /// Their side in pixels.
    pub size: usize,
    /// Seed of pictures and masks.
    pub seed: u64,
}

/// Measures and prints them.
///
/// # Errors
/// Pictures that cannot be found or read.
pub fn run(plan: &DeviationsPlan) -> Result<()> {
    let size = plan.size;
    let subjects = subjects::choose(&Dataset::open(&plan.data)?, size, plan.pictures, plan.seed)?;
    for task in TaskKind::ALL {
        let examples = (0..).zip(&subjects).map(|(number, subject)| example(task, &subject.picture, plan.seed, number));
        say!("{task}");
        for deviations in deviations(&examples.collect::<Result<Vec<_>>>()?, size)? {
            let numbers: Vec<String> = deviations.iter().map(|value| format!("{value:.3}")).collect();
            say!("    [{}],", numbers.join(", "));
        }
    }
    Ok(())
}

/// A picture as an example of a task, distributed as in training.
fn example(task: TaskKind, picture: &Picture, seed: u64, number: u64) -> Result<Example> {
    let stream = |purpose| noise::stream(seed, purpose, 0, number);
    let degradation = Degradation::random(task, picture.width(), picture.height(), &mut stream(Purpose::Task));
    let jpeg = degradation.jpeg().map(|jpeg| round_trip(picture, jpeg)).transpose()?;
    Ok(degradation.example(picture, jpeg.as_ref(), HoleCondition::Smooth, &mut stream(Purpose::Condition)))
}

/// For lightness, red against blue, and green against both: the root of the mean power in each octave of y0 − x. Power is
/// divided by the share of the picture that is to be filled, because the difference is 0 in the rest.
fn deviations(examples: &[Example], size: usize) -> Result<[[f64; OCTAVES]; 3]> {
    let area = size * size;
    let (mut power, mut count) = ([[0.0; OCTAVES]; 3], [0.0; OCTAVES]);
    let octaves: Vec<usize> = (0..area)
        // The mean, which has no frequency, stands for what is lower than the first octave.
        .map(|place| if place == 0 { 0 } else { octave(place / size, place % size, [size; 2]).round() as usize })
        .collect();
    octaves.iter().for_each(|octave| count[*octave] += examples.len() as f64);
    for example in examples {
        let difference: Vec<f32> = example.picture.iter().zip(&example.condition).map(|(picture, shown)| picture - shown).collect();
        let difference = Tensor::<4>::from_data(TensorData::new(difference, [1, 3, size, size]), &device::reference());
        let values = readback::values(to_frequencies(difference), "frequencies")?;
        let share = example.mask.iter().map(|value| f64::from(*value)).sum::<f64>() / area as f64;
        for (place, value) in values.iter().enumerate() {
            power[place / area][octaves[place % area]] += f64::from(*value).powi(2) / share;
        }
    }
    Ok(power.map(|row| std::array::from_fn(|octave| f64::sqrt(row[octave] / f64::max(count[octave], 1.0)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White noise has the same deviation at every frequency, and a hole counts as if it were the whole picture.
    #[test]
    fn white_noise_has_its_deviation_in_every_octave() {
        const SIDE: usize = 32;
        const DEVIATION: f64 = 0.4;
        for filled in [SIDE * SIDE, SIDE * SIDE / 2] {
            let mask: Vec<f32> = (0..SIDE * SIDE).map(|place| if place < filled { 1.0 } else { 0.0 }).collect();
            let example = |number: u64| {
                let noise = noise::gaussian(&mut noise::stream(1, Purpose::Evaluation, 0, number), 3 * SIDE * SIDE);
                let picture = noise.iter().zip(mask.iter().cycle()).map(|(noise, mask)| noise * mask * DEVIATION as f32).collect();
                Example { condition: vec![0.0; 3 * SIDE * SIDE], picture, mask: mask.clone(), kind: TaskKind::Inpaint }
            };
            let found = deviations(&(0..300).map(example).collect::<Vec<_>>(), SIDE).unwrap();
            // A picture of 32 pixels has no frequency in the second octave.
            for (octave, value) in found.iter().flat_map(|row| row.iter().enumerate()).filter(|(octave, _)| *octave != 1) {
                assert!((value / DEVIATION - 1.0).abs() < 0.12, "octave {octave}: {value}");
            }
        }
    }
}
