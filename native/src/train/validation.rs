//! How samples are made for a run's settings: those it trains on, and those by which models are judged.

use std::sync::Arc;

use anyhow::Result;
use infill::{
    task::Example,
    train::{TrainConfig, Trainer},
};

use super::settings::TrainingSettings;
use crate::pictures::{Dataset, Loader, LoaderSettings};
use crate::readback::scalar;

/// Pictures that the best checkpoint is chosen by.
pub struct ValidationSet {
    /// Where they are from.
    pub data: Arc<Dataset>,
    /// Samples of them.
    pub examples: Vec<Example>,
}

impl ValidationSet {
    /// Makes the samples, the same for every run with the same settings; none where no pictures are named.
    ///
    /// # Errors
    /// Pictures that cannot be found or read.
    pub fn open(settings: &TrainingSettings) -> Result<Option<Self>> {
        if settings.run.validation.is_empty() {
            return Ok(None);
        }
        let data = Arc::new(Dataset::open(&settings.run.validation)?);
        let examples = Loader::new(data.clone(), alone(settings, settings.run.validation_pictures), 0).next()?.examples;
        Ok(Some(Self { data, examples }))
    }

    /// The loss on them.
    ///
    /// # Errors
    /// When the device cannot give it.
    pub fn loss(&self, trainer: &Trainer) -> Result<f64> {
        scalar(trainer.validation_loss(&self.examples)?)
    }
}

/// How the batches of a training are made.
pub fn of_training(settings: &TrainingSettings) -> LoaderSettings {
    let smaller_before = settings.train.progressive.map(|progressive| (settings.train.full_size_from(), progressive.size));
    let TrainingSettings { model, train, run } = settings;
    let tasks = train.drawn_tasks(&model.tasks);
    let TrainConfig { batch, smallest_crop, masks, .. } = *train;
    LoaderSettings { batch, smaller_before, smallest_crop, masks, tasks, threads: run.threads, prefetch: 4, ..alone(settings, 1) }
}

/// How one batch of `count` samples is made like those of training, of the model's own size and with all of its
/// tasks alike.
pub fn alone(settings: &TrainingSettings, count: usize) -> LoaderSettings {
    LoaderSettings {
        size: settings.model.size,
        smaller_before: None,
        // Whatever a run trains on, so that losses of runs compare.
        smallest_crop: TrainConfig::default().smallest_crop,
        masks: TrainConfig::default().masks,
        batch: count,
        tasks: settings.model.tasks.clone(),
        hole: settings.model.hole,
        seed: settings.train.seed,
        threads: 1,
        prefetch: 1,
    }
}
