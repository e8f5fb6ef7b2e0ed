//! What a training would be, without one: its settings, what it needs, and how long its steps take. Nothing is written.

use std::time::Instant;

use anyhow::Result;
use infill::train::Progressive;

use super::{
    memory::Need,
    plan::TrainingPlan,
    prepare::{Prepared, prepare},
    validation,
};
use crate::{pictures::Loader, readback::scalar, stdout::say};

/// Steps before one is measured: the first of a program take longer.
const WARM_UP: usize = 1;

/// Prints what is planned, as a settings file with what was found out in its comments.
///
/// # Errors
/// Whatever would keep the training from its first step.
pub fn rehearse(plan: TrainingPlan) -> Result<()> {
    let TrainingPlan { settings, changes, initial, devices, .. } = plan;
    let Prepared { data, validation, mut trainer } = prepare(&settings, initial, &devices)?;
    let need = Need::of(&settings, devices.count());
    let mut loader = Loader::new(data.clone(), validation::of_training(&settings), 0);
    let mut seconds = 0.0;
    for _ in 0..=WARM_UP {
        let batch = loader.next()?;
        let begun = Instant::now();
        // Reading waits for the device.
        scalar(trainer.step(&batch.examples)?.loss)?;
        seconds = begun.elapsed().as_secs_f64();
    }
    say!("# {} pictures to train on{}", data.len(), validation.map_or(String::new(), |set| format!(", {} to validate", set.data.len())));
    say!(
        "# {:.1} million parameters; about {:.1} GB with {} pictures at a time, in f32",
        need.parameters as f64 / 1e6,
        need.bytes as f64 / 1e9,
        need.at_once
    );
    let steps = settings.train.total_steps;
    say!("# a step takes {seconds:.2} s here; all {steps} steps take about {}", duration(seconds * steps as f64));
    if let Some(Progressive { size, share }) = settings.train.progressive {
        say!("# that is of the first {:.0} %, of {size} px; the others take longer", 100.0 * share);
    }
    for change in changes {
        say!("# changed: {change}");
    }
    say!("\n{}", toml::to_string_pretty(&settings)?);
    Ok(())
}

/// Seconds as people say them.
fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7200.0 => format!("{:.0} minutes", seconds / 60.0),
        ..172_800.0 => format!("{:.1} hours", seconds / 3600.0),
        _ => format!("{:.1} days", seconds / 86_400.0),
    }
}
