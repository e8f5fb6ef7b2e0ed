//! Averages of a run over a power of time: snapshots at its checkpoints, each a model file, and the model of an average of any length
//! that follows from them. What is summed by which factor is `infill::train::power_average`'s.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use infill::{
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    train::{
        Trainer,
        power_average::{LONGEST, Reconstruction, SHORTEST, Snapshot, reconstruct},
    },
    unet::parameters,
};

use super::checkpoint::read_weights;
use crate::{
    exit::{input, usage},
    files, model_on_disk,
};

/// Their folder in a run.
pub const FOLDER: &str = "averages";

/// What is so far from what was asked for is told of.
const ROUGH: f64 = 0.05;

/// Writes a snapshot of every average that the trainer keeps. In 16 bits: the factors of a sum are so small that its rounding is that
/// of one snapshot.
///
/// # Errors
/// A file that cannot be written.
pub fn save(run: &Path, trainer: &Trainer, record: &TrainingRecord) -> Result<()> {
    for (length, model) in trainer.power_averages() {
        let weights = read_weights(parameters::list(&model.unet))?;
        let path = run.join(FOLDER).join(name(Snapshot { step: record.steps, length }));
        files::make_folder_of(&path)?;
        files::write_atomically(&path, &ModelFile::encode(&model.config, record, &weights, Encoding::F16)?)?;
    }
    Ok(())
}

/// Removes snapshots of steps that were lost, which a run that goes on makes again.
///
/// # Errors
/// One that cannot be removed.
pub fn forget_after(run: &Path, step: u64) -> Result<()> {
    for (_, path) in snapshots(run)?.iter().filter(|(snapshot, _)| snapshot.step > step) {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// The model of an average of a relative length at the end of a run, and how far its profile is from the one asked for.
///
/// # Errors
/// A length out of range, a run without snapshots, or one that cannot be used.
pub fn of_length(run: &Path, length: f64) -> Result<(ModelFile, f64)> {
    if !(SHORTEST..=LONGEST).contains(&length) {
        bail!(usage(format!("--ema-length is {length}; choose {SHORTEST} to {LONGEST}")));
    }
    if run.is_file() {
        bail!(input(format!("{} is a file; --ema-length is for the folder of a run", run.display())));
    }
    let found = snapshots(run)?;
    let (known, paths): (Vec<Snapshot>, Vec<PathBuf>) = found.into_iter().unzip();
    let Some(step) = known.iter().map(|snapshot| snapshot.step).max() else {
        bail!(input(format!("{} holds no averages; train with --set train.ema_lengths=[0.05,0.1]", run.display())));
    };
    let Reconstruction { factors, error } = reconstruct(&known, Snapshot { step, length }).context("there are snapshots")?;
    if error > ROUGH {
        tracing::warn!(
            "the average of length {length} is met within {:.0} %; more checkpoints (--checkpoint-every), or a length nearer to those \
             that were kept, come closer",
            100.0 * error
        );
    }
    let mut sum: BTreeMap<String, (Vec<usize>, Vec<f64>)> = BTreeMap::new();
    let mut newest: Option<ModelFile> = None;
    for (path, factor) in paths.iter().zip(&factors).filter(|(_, factor)| **factor != 0.0) {
        let file = model_on_disk::read(path)?;
        if let Some(other) = newest.as_ref().filter(|other| other.config != file.config) {
            bail!(input(format!(
                "{} is of another model than {} pixels' beside it; remove one of them",
                path.display(),
                other.config.size
            )));
        }
        for Weight { name, shape, values } in file.weights() {
            let (_, sum) = sum.entry(name).or_insert_with(|| (shape, vec![0.0; values.len()]));
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * f64::from(value));
        }
        if newest.as_ref().is_none_or(|newest| newest.training.steps < file.training.steps) {
            newest = Some(file);
        }
    }
    let ModelFile { config, training, .. } = newest.context("a sum has a part")?;
    let weight = |(name, (shape, values)): (String, (Vec<usize>, Vec<f64>))| {
        let values = values.into_iter().map(|value| value as f32).collect();
        Weight { name, shape, values }
    };
    Ok((ModelFile::from_weights(config, training, sum.into_iter().map(weight).collect()), error))
}

fn name(snapshot: Snapshot) -> String {
    format!("step-{:08}-length-{}.infill", snapshot.step, snapshot.length)
}

/// Those of a run, by step; other files in the folder are none.
fn snapshots(run: &Path) -> Result<Vec<(Snapshot, PathBuf)>> {
    let folder = run.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display())).map_err(input)?;
    let snapshot = |path: &PathBuf| {
        let (step, length) = path.file_name()?.to_str()?.strip_prefix("step-")?.strip_suffix(".infill")?.split_once("-length-")?;
        Some(Snapshot { step: step.parse().ok()?, length: length.parse().ok()? })
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<_> = paths.filter_map(|path| Some((snapshot(&path)?, path))).collect();
    found.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(found)
}
