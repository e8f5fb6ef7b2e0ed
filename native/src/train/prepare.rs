//! What a training needs before its first step: pictures, devices that can hold it, and the trainer. Nothing is written.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use infill::{
    config::ModelConfig,
    model_file::ModelFile,
    train::{TrainError, Trainer},
};

use super::{difference::differences, memory::Need, settings::TrainingSettings, validation::ValidationSet};
use crate::{
    device::{self, Devices},
    exit::{input, usage},
    pictures::Dataset,
};

/// All of it.
pub struct Prepared {
    /// Pictures to train on.
    pub data: Arc<Dataset>,
    /// Pictures that the best checkpoint is chosen by, where some are named.
    pub validation: Option<ValidationSet>,
    /// Before its first step.
    pub trainer: Trainer,
}

/// So many folders are named with their counts.
const MOST_NAMED: usize = 20;

/// Says how many pictures are in each folder, where there are several: a folder that was not meant to be there is seen so.
fn say_folders(data: &Dataset) {
    let counts = data.by_folder();
    if counts.len() < 2 {
        return;
    }
    let more = counts.len().saturating_sub(MOST_NAMED);
    let mut named: Vec<String> = counts.into_iter().take(MOST_NAMED).map(|(name, count)| format!("{count} in {name}")).collect();
    named.extend((more > 0).then(|| format!("and {more} folders more")));
    tracing::info!("of them {}", named.join(", "));
}

/// Warns where pictures that are to judge a model are trained on too.
pub fn warn_of_common(data: &Dataset, validation: &Dataset) {
    let both = data.in_common(validation);
    if both > 0 {
        tracing::warn!(
            "{both} of the {} validation pictures are trained on too; the loss on them says nothing about other pictures",
            validation.len()
        );
    }
}

/// Warns of sides in `model.unet.attention` that no level of the net has.
fn warn_of_attention(model: &ModelConfig) {
    let unet = &model.unet;
    let sides: Vec<usize> = (0..unet.multipliers.len()).map(|level| unet.level_side(model.size, level)).collect();
    if let Some(side) = unet.attention.iter().find(|side| !sides.contains(side)) {
        tracing::warn!("no level of the net has the side {side} that model.unet.attention names; its levels have the sides {sides:?}");
    }
}

/// Prepares a training.
///
/// # Errors
/// Pictures, devices or a model to begin from that cannot be used; more than this machine can hold.
pub fn prepare(settings: &TrainingSettings, initial: Option<ModelFile>, chosen: &Devices) -> Result<Prepared> {
    let data = Arc::new(Dataset::open_without(&settings.run.data, &settings.run.exclude)?);
    tracing::info!("{} pictures from {}", data.len(), settings.run.data.join(", "));
    say_folders(&data);
    let validation = ValidationSet::open(settings)?;
    if let Some(validation) = &validation {
        warn_of_common(&data, &validation.data);
    }
    warn_of_attention(&settings.model);
    let devices = device::choose_several(chosen)?;
    let (device, others) = devices.split_first().context("no device was chosen")?;
    let (examples, count) = (settings.train.batch, devices.len());
    if examples < count {
        bail!(usage(TrainError::Devices { examples, devices: count }));
    }
    Need::of(settings, count).check(settings, &devices)?;
    let initial = match initial {
        Some(file) if file.config.unet != settings.model.unet => {
            let others: Vec<String> = differences(&file.config.unet, &settings.model.unet)?.iter().map(ToString::to_string).collect();
            bail!(input(format!(
                "the model of --init holds another net than the one to train ({}); leave out what says so (--preset, --config, --set), or train \
                 without --init",
                others.join(", ")
            )))
        }
        Some(file) => Some(file.to_model(device).map_err(input)?),
        None => None,
    };
    let trainer = Trainer::new(settings.train.clone(), settings.model.clone(), initial, device)?.with_devices(others);
    Ok(Prepared { data, validation, trainer })
}
