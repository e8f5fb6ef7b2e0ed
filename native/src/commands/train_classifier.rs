//! `infill train-classifier` on the command line: reads the pictures, shows how well classes are told
//! apart, writes the file.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use crate::device::{self, DeviceArguments};
use crate::evaluate::classifier::examples;
use crate::evaluate::classifier::file::{ClassifierFile, TrainingRecord, Validation};
use crate::evaluate::classifier::net::NetConfig;
use crate::evaluate::classifier::train::{self, Count, Schedule};
use crate::exit::input;
use crate::files::{check_output, write_atomically};
use crate::interrupt::Interrupt;
use crate::pictures::Dataset;

/// Train a small classifier, whose features `infill evaluate --features` compares pictures by.
#[derive(Debug, Args)]
pub struct TrainClassifierArguments {
    /// Tar shards with classes, a pattern such as 'data/*-train-*.tar', or a folder with a subfolder for each
    /// class; may be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Pictures that are not trained on, as for --data: how many of them get their class is printed at the
    /// end and kept in the file.
    #[arg(long, value_name = "SOURCE")]
    pub validation: Vec<String>,
    /// The classifier's file.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub force: bool,
    /// Times that every picture is seen.
    #[arg(long, default_value_t = 12)]
    pub epochs: usize,
    /// Pictures a step.
    #[arg(long, default_value_t = 64)]
    pub batch: usize,
    /// The highest learning rate.
    #[arg(long, default_value_t = 2e-3)]
    pub learning_rate: f64,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Runs the command.
///
/// # Errors
/// Settings or pictures that cannot be used, a training that fails or is stopped, a file that cannot be written.
pub fn run(arguments: &TrainClassifierArguments) -> anyhow::Result<()> {
    let TrainClassifierArguments { epochs, batch, learning_rate, seed, .. } = *arguments;
    if epochs == 0 || batch == 0 || !(learning_rate > 0.0 && learning_rate < 1.0) {
        bail!(input(format!(
            "epochs is {epochs}, batch is {batch}, learning rate is {learning_rate}; the first two must be 1 or more, the rate between 0 and 1"
        )));
    }
    check_output(&arguments.output, arguments.force)?;
    let dataset = Dataset::open(&arguments.data)?;
    let classes = examples::classes(&dataset)?;
    let validation = if arguments.validation.is_empty() { None } else { Some(Dataset::open(&arguments.validation)?) };
    let config = NetConfig::for_classes(classes.len());
    tracing::info!("{} pictures of {} classes: {}", dataset.len(), classes.len(), classes.join(", "));
    let device = device::choose(&arguments.device)?;
    let interrupt = Interrupt::listen()?;
    let labelled = examples::read(&dataset, &classes, config.size, &interrupt)?;
    let schedule = Schedule { epochs, batch, learning_rate, seed };
    let net = train::train(&config, &labelled, &schedule, &device, &interrupt)?;
    let validation = match validation {
        None => None,
        Some(dataset) => {
            let labelled = examples::read(&dataset, &classes, config.size, &interrupt)?;
            let counts = train::test(&net, &config, &labelled, &device)?;
            let all =
                counts.iter().fold(Count::default(), |sum, count| Count { asked: sum.asked + count.asked, right: sum.right + count.right });
            println!("{}", table(&classes, &counts, all));
            Some(Validation { data: dataset.describe(), pictures: all.asked, accuracy: part(all) })
        }
    };
    let training = TrainingRecord { epochs, batch, learning_rate, seed, data: dataset.describe(), validation };
    let file = ClassifierFile::of(&net, config, classes, training)?;
    write_atomically(&arguments.output, &file.encode()?)?;
    tracing::info!("{} parameters written to {}", file.parameter_count(), arguments.output.display());
    Ok(())
}

fn part(count: Count) -> f64 {
    count.right as f64 / count.asked.max(1) as f64
}

fn table(classes: &[String], counts: &[Count], all: Count) -> String {
    let mut text = String::from("| class | pictures | accuracy |\n|---|---|---|\n");
    for (class, count) in classes.iter().zip(counts).map(|(class, count)| (class.as_str(), *count)).chain([("all", all)]) {
        text.push_str(&format!("| {class} | {} | {:.1} % |\n", count.asked, 100.0 * part(count)));
    }
    text
}
