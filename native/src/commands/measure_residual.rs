//! `infill measure-residual`: the constants of `infill::prediction`'s residual, measured on pictures. It changes no file;
//! what it prints is what stands in `shared/src/prediction/residual.rs`.

use std::sync::Arc;

use anyhow::Result;
use burn::tensor::{Tensor, TensorData};
use clap::Args;
use infill::{
    prediction::{OCTAVES, octave, to_frequencies},
    task::{Example, HoleCondition, TaskKind},
};

use crate::{
    device,
    pictures::{Dataset, Loader, LoaderSettings},
    readback,
};

/// Measure how pictures differ from what the net is shown of them, by task, colour and frequency: the deviations that
/// `Prediction::Residual` assumes.
#[derive(Debug, Args)]
pub struct MeasureResidualArguments {
    /// Folder of pictures, tar shard, or pattern such as 'data/*-train-*.tar'; may be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Pictures to measure for each task.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub pictures: u32,
    /// Side of the pictures, in pixels.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(8..=1024))]
    pub size: u32,
    /// Seed of pictures, crops and masks.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// Runs the command.
///
/// # Errors
/// Pictures that cannot be found or read.
pub fn run(arguments: &MeasureResidualArguments) -> Result<()> {
    let data = Arc::new(Dataset::open(&arguments.data)?);
    let size = arguments.size as usize;
    for task in TaskKind::ALL {
        let settings = LoaderSettings {
            size,
            smaller_before: None,
            batch: arguments.pictures as usize,
            tasks: vec![task],
            hole: HoleCondition::Smooth,
            seed: arguments.seed,
            threads: 1,
            prefetch: 1,
        };
        let examples = Loader::new(data.clone(), settings, 0).next()?.examples;
        println!("{task}");
        for deviations in deviations(&examples, size)? {
            let numbers: Vec<String> = deviations.iter().map(|value| format!("{value:.3}")).collect();
            println!("    [{}],", numbers.join(", "));
        }
    }
    Ok(())
}

/// For lightness, red against blue, and green against both: the root of the mean power in each octave of y0 − x. Power is
/// divided by the share of the picture that is to be filled, because the difference is 0 in the rest.
fn deviations(examples: &[Example], size: usize) -> Result<[[f64; OCTAVES]; 3]> {
    let area = size * size;
    let (mut power, mut count) = ([[0.0; OCTAVES]; 3], [0.0; OCTAVES]);
    let octaves: Vec<usize> = (0..area).map(|place| octave(place / size, place % size, [size; 2]).round() as usize).collect();
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
