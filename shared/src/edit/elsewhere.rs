//! Windows of an edit that another program samples with a model of its own: what it needs for one, as plain numbers, and
//! what becomes of its answer. Answers are put together in the order of the windows, whatever order they come in, so that
//! the picture is the same bit for bit. An answer that does not come is waited for by nobody: the edit samples that window, too.

use burn::tensor::Device;

use super::{
    batch::{Asked, Batch, BatchSettings, EditState},
    error::EditError,
    machine::Edit,
    model::EditModel,
};
use crate::{
    config::{ModelConfig, SamplerSettings, TaskKind},
    task::Prepared,
};

/// A window to be sampled elsewhere. Nothing of it is known, so that sampling begins from noise.
#[derive(Clone, Debug, PartialEq)]
pub struct LentWindow {
    /// Which of the edit's windows.
    pub window: usize,
    /// The number by which fresh noise is drawn.
    pub number: u64,
    /// The task.
    pub task: TaskKind,
    /// How to sample, with as many steps as the net is evaluated.
    pub settings: SamplerSettings,
    /// What the net is shown, `[3, size, size]`.
    pub condition: Vec<f32>,
    /// The noise that sampling begins with, N(0, 1), `[3, size, size]`.
    pub start: Vec<f32>,
}

/// A lent window under way.
#[derive(Debug)]
pub struct LentRun(Batch);

impl LentWindow {
    /// Begins to sample it with the model that the edit is for.
    ///
    /// # Errors
    /// Settings that cannot be sampled with, or values of another model's size.
    pub fn begin(self, config: &ModelConfig, device: &Device) -> Result<LentRun, EditError> {
        let Self { number, task, settings, condition, start, .. } = self;
        settings.validate_in(config.log_snr_range)?;
        let wanted = 3 * config.size * config.size;
        if let Some(found) = [condition.len(), start.len()].into_iter().find(|found| *found != wanted) {
            return Err(EditError::ValueCount { found, wanted });
        }
        let asked = Asked { task, prepared: Prepared { condition, known: None, guess: None }, start, number };
        let how = BatchSettings { settings: &settings, log_snr_range: config.log_snr_range, size: config.size };
        Ok(LentRun(Batch::begin(vec![asked], &how, device)))
    }
}

impl LentRun {
    /// One evaluation of the net. When it asks for a tensor to be read, its values are the answer.
    pub fn step<M: EditModel>(&mut self, model: &M) -> EditState {
        self.0.step(model)
    }
}

impl Edit {
    /// How many windows can still be lent: none where one depends on another.
    pub fn lendable(&self) -> usize {
        if self.work.independent() { (self.done..self.work.windows()).filter(|window| self.is_free(*window)).count() } else { 0 }
    }

    /// The next window that nobody is at, to be sampled elsewhere and then given to [`Edit::give`].
    pub fn lend(&mut self) -> Option<LentWindow> {
        let window = self.first_free().filter(|_| self.work.independent())?;
        let Asked { task, prepared, start, number } = self.ask(window);
        let Prepared { condition, known: None, guess: None } = prepared else { return None };
        self.lent.insert(window);
        Some(LentWindow { window, number, task, settings: self.settings.clone(), condition, start })
    }

    /// Takes the answer to a window that was lent, `[3, size, size]`. One that is answered already stays as it is.
    ///
    /// # Errors
    /// Another number of values, or one that is not finite; the window is still lent then.
    pub fn give(&mut self, window: usize, values: Vec<f32>) -> Result<(), EditError> {
        let wanted = 3 * self.size * self.size;
        if values.len() != wanted {
            return Err(EditError::ValueCount { found: values.len(), wanted });
        }
        match values.iter().filter(|value| !value.is_finite()).count() {
            0 => {}
            bad => return Err(EditError::NonFinite { bad, of: wanted }),
        }
        if self.lent.contains(&window) {
            // It need not be sampled here any more.
            self.run.take_if(|(first, run)| *first == window && run.count() == 1);
            self.answer(window, values);
        }
        Ok(())
    }

    /// Nobody samples a window elsewhere any more.
    pub fn take_back(&mut self, window: usize) {
        self.lent.remove(&window);
    }

    /// The first window that nobody is at.
    pub(super) fn first_free(&self) -> Option<usize> {
        (self.done..self.work.windows()).find(|window| self.is_free(*window))
    }

    /// Whether nobody is at a window.
    pub(super) fn is_free(&self, window: usize) -> bool {
        let runs = self.run.as_ref().is_some_and(|(first, run)| (*first..first + run.count()).contains(&window));
        !runs && window >= self.done && !self.lent.contains(&window) && !self.answers.contains_key(&window)
    }

    /// Takes the answer to a window, and uses what is next in order.
    pub(super) fn answer(&mut self, window: usize, values: Vec<f32>) {
        self.lent.remove(&window);
        self.answers.insert(window, values);
        while let Some(values) = self.answers.remove(&self.done) {
            self.take(&values);
        }
    }
}
