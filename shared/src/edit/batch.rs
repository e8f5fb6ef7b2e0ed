//! Windows, of one edit or of several, that go through the sampler together.

use burn::tensor::{Device, Tensor, TensorData};

use super::{error::EditError, model::EditModel};
use crate::{
    config::{SamplerSettings, TaskKind},
    sampler::{Known, Sampler},
    task::Prepared,
};

/// What comes next.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one exists at a time, and is matched at once")]
pub enum EditState {
    /// More steps.
    Running,
    /// The caller reads this tensor, `[windows, 3, size, size]`, and gives its values to `accept`.
    Read(Tensor<4>),
    /// The result is there.
    Finished,
}

/// One window as it goes into a batch.
pub(super) struct Asked {
    pub task: TaskKind,
    pub prepared: Prepared,
    /// N(0, 1), `[3, size, size]`.
    pub start: Vec<f32>,
    /// By which it draws fresh noise.
    pub number: u64,
}

/// How all windows of a batch are sampled.
pub(super) struct BatchSettings<'a> {
    pub settings: &'a SamplerSettings,
    pub log_snr_range: [f64; 2],
    /// The net's side.
    pub size: usize,
}

/// Windows under way.
#[derive(Debug)]
pub(super) struct Batch {
    tasks: Vec<TaskKind>,
    condition: Tensor<4>,
    /// What is to be filled, where anything is known.
    mask: Option<Tensor<4>>,
    pub sampler: Sampler,
}

impl Batch {
    /// Begins with some windows. Either all of them come with a guess or none.
    ///
    /// # Panics
    /// Settings that were not checked.
    pub fn begin(windows: Vec<Asked>, how: &BatchSettings<'_>, device: &Device) -> Self {
        let BatchSettings { settings, log_snr_range, size } = *how;
        let (count, area) = (windows.len(), size * size);
        let tensor = |values: Vec<f32>, channels: usize| {
            debug_assert_eq!(values.len(), count * channels * area);
            Tensor::<4>::from_data(TensorData::new(values, [count, channels, size, size]), device)
        };
        let anything_known = windows.iter().any(|window| window.prepared.known.is_some());
        let (mut tasks, mut numbers) = (Vec::new(), Vec::new());
        let (mut condition, mut start, mut guesses) = (Vec::new(), Vec::new(), Vec::new());
        let (mut pictures, mut masks) = (Vec::new(), Vec::new());
        for Asked { task, prepared, start: noise, number } in windows {
            tasks.push(task);
            numbers.push(number);
            condition.extend(prepared.condition);
            start.extend(noise);
            guesses.extend(prepared.guess.into_iter().flatten());
            if anything_known {
                // Where all of a window is to be filled it does not matter what its picture is.
                let (picture, mask) = prepared.known.unwrap_or_else(|| (vec![0.0; 3 * area], vec![1.0; area]));
                pictures.extend(picture);
                masks.extend(mask);
            }
        }
        let guess = (!guesses.is_empty()).then(|| tensor(guesses, 3));
        let known = anything_known.then(|| Known { picture: tensor(pictures, 3), mask: tensor(masks, 1), guess });
        let mask = known.as_ref().map(|known| known.mask.clone());
        let sampler = Sampler::new(settings, log_snr_range, tensor(start, 3), known)
            .expect("the settings were checked when the edit began")
            .numbered(numbers);
        Self { tasks, condition: tensor(condition, 3), mask, sampler }
    }

    /// How many windows.
    pub fn count(&self) -> usize {
        self.tasks.len()
    }

    /// One evaluation of the net, unless all are made.
    pub fn step<M: EditModel>(&mut self, model: &M) -> EditState {
        if !self.sampler.is_finished() {
            self.sampler.step(&model.conditioned(self.condition.clone(), self.mask.clone(), self.tasks.clone()));
        }
        if self.sampler.is_finished() { EditState::Read(self.sampler.noisy()) } else { EditState::Running }
    }

    /// Checks what came back from the device for a finished batch.
    ///
    /// # Errors
    /// Another number of values, or one that is not finite.
    pub fn check(&self, values: &[f32]) -> Result<(), EditError> {
        let wanted = self.sampler.noisy().dims().iter().product();
        if values.len() != wanted {
            return Err(EditError::ValueCount { found: values.len(), wanted });
        }
        match values.iter().filter(|value| !value.is_finite()).count() {
            0 => Ok(()),
            bad => Err(EditError::NonFinite { bad, of: wanted }),
        }
    }
}
