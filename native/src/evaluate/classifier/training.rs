//! From pictures with classes to a classifier's file: reads the pictures, trains, and says how well classes are told apart.

use std::path::PathBuf;

use super::examples;
use super::file::{ClassifierFile, ClassifierRecord, ClassifierValidation};
use super::net::NetConfig;
use super::train::{Count, Schedule, test, train as train_net};
use crate::device::{self, DeviceChoice};
use crate::files::write_atomically;
use crate::interrupt::Interrupt;
use crate::pictures::Dataset;
use crate::stdout;

/// A training as it was asked for.
pub struct ClassifierPlan {
    /// Folders, shards and patterns of pictures with classes.
    pub data: Vec<String>,
    /// The same of pictures that are not trained on; there may be none.
    pub validation: Vec<String>,
    /// The file that is written.
    pub output: PathBuf,
    /// How long and how fast.
    pub schedule: Schedule,
    /// Where it computes.
    pub device: DeviceChoice,
}

/// Trains, prints a table of what is told apart, and writes the file.
///
/// # Errors
/// Pictures that cannot be used, a training that fails or is stopped, a file that cannot be written.
pub fn train(plan: &ClassifierPlan) -> anyhow::Result<()> {
    let dataset = Dataset::open(&plan.data)?;
    let classes = examples::classes(&dataset)?;
    let validation = if plan.validation.is_empty() { None } else { Some(Dataset::open(&plan.validation)?) };
    let config = NetConfig::for_classes(classes.len());
    tracing::info!("{} pictures of {} classes: {}", dataset.len(), classes.len(), classes.join(", "));
    let device = device::choose(plan.device)?;
    let interrupt = Interrupt::listen()?;
    let labelled = examples::read(&dataset, &classes, config.size, &interrupt)?;
    let net = train_net(&config, &labelled, &plan.schedule, &device, &interrupt)?;
    let mut counted = None;
    let validation = match validation {
        None => None,
        Some(dataset) => {
            let labelled = examples::read(&dataset, &classes, config.size, &interrupt)?;
            let counts = test(&net, &config, &labelled, &device)?;
            let all =
                counts.iter().fold(Count::default(), |sum, count| Count { asked: sum.asked + count.asked, right: sum.right + count.right });
            counted = Some(table(&classes, &counts, all));
            Some(ClassifierValidation { data: dataset.describe(), pictures: all.asked, accuracy: part(all) })
        }
    };
    let Schedule { epochs, batch, learning_rate, seed } = plan.schedule;
    let record = ClassifierRecord { epochs, batch, learning_rate, seed, data: dataset.describe(), validation };
    let file = ClassifierFile::of(&net, config, classes, record)?;
    write_atomically(&plan.output, &file.encode()?)?;
    // What is printed may go nowhere; the file does not.
    if let Some(table) = counted {
        stdout::markdown(&table);
    }
    tracing::info!("{} parameters written to {}", file.parameter_count(), plan.output.display());
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
