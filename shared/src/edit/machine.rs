//! [`Edit`]: a task on one picture, run window by window.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use burn::tensor::Device;

use super::{
    batch::{Asked, Batch, BatchSettings, EditState},
    error::EditError,
    model::EditModel,
    streams::{SampleStreams, Streams},
};
use crate::{
    completion::{Completion, Hole},
    config::{ModelConfig, SamplerSettings, TaskKind},
    picture::Picture,
    task::{Net, Task, Work},
};

/// What the detail counts among the steps of an edit, in evaluations of the net: about as long, on pictures of usual size.
pub const DETAIL_STEPS: usize = 10;

/// The fill of a hole is sure of nothing finer than this part of its window: so it was measured with nets for 64 and 128 px.
const SURE: f32 = 1.0 / 64.0;

/// A picture and what is to be done to it.
#[derive(Clone, Debug)]
pub struct EditRequest {
    /// The picture.
    pub picture: Picture,
    /// What is to be done.
    pub task: Task,
    /// How to sample. Another seed gives another sample.
    pub settings: SamplerSettings,
}

/// An edit under way.
#[derive(Debug)]
pub struct Edit {
    pub(super) work: Box<dyn Work>,
    pub(super) task: TaskKind,
    pub(super) settings: SamplerSettings,
    pub(super) streams: Streams,
    log_snr_range: [f64; 2],
    /// The net's side.
    pub(super) size: usize,
    /// Windows that are done.
    pub(super) done: usize,
    /// Answers to later windows than the next one to be done.
    pub(super) answers: BTreeMap<usize, Vec<f32>>,
    /// Windows that are sampled elsewhere.
    pub(super) lent: BTreeSet<usize>,
    /// Windows that run at a time, where they can.
    side_by_side: usize,
    /// The windows under way, and the first of them.
    pub(super) run: Option<(usize, Batch)>,
    /// How much detail a hole gets from the picture itself, 0 none to 1 all.
    detail: f32,
    /// What it is drawn with, where the net's own answers do not differ.
    detail_seed: Option<u64>,
    completion: Option<Completion>,
}

impl Edit {
    /// Plans an edit for a model.
    ///
    /// # Errors
    /// A task that the model does not know, settings that cannot be sampled with, or a task that cannot be done
    /// ([`Task::begin`]).
    pub fn new(request: EditRequest, config: &ModelConfig) -> Result<Self, EditError> {
        let EditRequest { picture, task, mut settings } = request;
        let kind = task.kind();
        if !config.tasks.contains(&kind) {
            return Err(EditError::TaskNotTrained { task: kind, known: config.tasks.clone() });
        }
        settings.validate_in(config.log_snr_range)?;
        settings.steps = config.prediction.evaluations(settings.steps);
        let detail_seed = (!config.prediction.varies()).then_some(settings.seed);
        let work = task.begin(picture, Net { size: config.size, hole: config.hole, guess: settings.guess.is_some() })?;
        Ok(Self {
            work,
            task: kind,
            streams: Streams::OfWindows { seed: settings.seed },
            settings,
            log_snr_range: config.log_snr_range,
            size: config.size,
            done: 0,
            answers: BTreeMap::new(),
            lent: BTreeSet::new(),
            side_by_side: 1,
            run: None,
            detail: 0.0,
            detail_seed,
            completion: None,
        })
    }

    /// Draws from the streams of one sample among many, instead of from those of the settings' seed.
    #[must_use]
    pub fn with_streams(mut self, streams: SampleStreams) -> Self {
        self.streams = Streams::OfSample(streams);
        self.detail_seed = self.detail_seed.map(|_| streams.answer);
        self
    }

    /// Runs up to as many windows at a time, where none depends on another: more to do at once for a device
    /// with many processors, more memory, and longer steps. The result stays the same.
    #[must_use]
    pub fn side_by_side(mut self, windows: usize) -> Self {
        self.side_by_side = windows.max(1);
        self
    }

    /// Fills a hole, once the net has, with detail from the picture itself, led by the net's fill: 0 the net's alone, 1 all
    /// the detail. Other tasks have no hole.
    #[must_use]
    pub fn with_detail(mut self, detail: f32) -> Self {
        self.detail = if self.task.has_hole() { detail.clamp(0.0, 1.0) } else { 0.0 };
        self
    }

    /// Width and height of the result.
    pub fn output_size(&self) -> (usize, usize) {
        (self.work.picture().width(), self.work.picture().height())
    }

    /// Evaluations of the net in all, and what the detail counts.
    pub fn total_steps(&self) -> usize {
        self.work.windows() * self.settings.steps + if self.detail > 0.0 { DETAIL_STEPS } else { 0 }
    }

    /// So many of them so far.
    pub fn done_steps(&self) -> usize {
        let detail = self.completion.as_ref().map_or(0, |completion| (completion.progress() * DETAIL_STEPS as f32) as usize);
        let running = self.run.as_ref().map_or(0, |(_, run)| run.count() * run.sampler.done());
        (self.done + self.answers.len()) * self.settings.steps + running + detail
    }

    /// Goes on, with one evaluation of the net at most, of as many windows as run at a time. While values are awaited it
    /// asks for them again.
    pub fn step<M: EditModel>(&mut self, model: &M) -> EditState {
        if self.run.is_none() {
            let next = self.next();
            let first = next.start;
            self.run = (!next.is_empty()).then(|| (first, self.begin(next, &model.device())));
        }
        match &mut self.run {
            Some((_, run)) => run.step(model),
            None => self.complete(),
        }
    }

    /// Whether nothing is left to be done.
    pub(super) fn is_complete(&self) -> bool {
        let detailed = self.completion.as_ref().is_some_and(Completion::is_finished);
        self.done == self.work.windows() && (self.detail == 0.0 || detailed)
    }

    /// A step of the detail, after the last window.
    pub(super) fn complete(&mut self) -> EditState {
        if self.is_complete() {
            return EditState::Finished;
        }
        match &mut self.completion {
            Some(completion) => drop(completion.step()),
            None => match self.work.hole() {
                Some(hole) => {
                    let scale = hole.scale * (SURE * self.size as f32).max(1.0);
                    let completion = Completion::new(&Hole { scale, seed: self.detail_seed.unwrap_or(0), ..hole }, self.detail);
                    self.completion = Some(completion.expect("a picture and its mask have one size"));
                }
                None => self.detail = 0.0,
            },
        }
        EditState::Running
    }

    /// The windows that run next: of those that nobody is at, else the last of those that others have not answered yet.
    pub(super) fn next(&self) -> Range<usize> {
        let most = if self.work.independent() { self.side_by_side } else { 1 };
        match self.first_free() {
            Some(first) => first..first + (first..self.work.windows()).take(most).take_while(|window| self.is_free(*window)).count(),
            None => self.lent.last().map_or(0..0, |last| *last..*last + 1),
        }
    }

    /// Windows as tensors.
    pub(super) fn begin(&self, windows: Range<usize>, device: &Device) -> Batch {
        Batch::begin(windows.map(|window| self.ask(window)).collect(), &self.batch_settings(), device)
    }

    /// One window as it goes into a batch, after all windows that it depends on were accepted.
    pub(super) fn ask(&self, window: usize) -> Asked {
        Asked {
            task: self.task,
            prepared: self.work.prepare(window, &mut self.streams.condition(window)),
            start: self.streams.start(&*self.work, window),
            number: self.streams.number(window),
        }
    }

    /// How its windows are sampled.
    pub(super) fn batch_settings(&self) -> BatchSettings<'_> {
        BatchSettings { settings: &self.settings, log_snr_range: self.log_snr_range, size: self.size }
    }

    /// Whether its windows can be in one batch with another's.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        let alike = self.settings == other.settings && self.size == other.size && self.log_snr_range == other.log_snr_range;
        // A guess decides at which noise level sampling begins, and not every task has one.
        alike && (self.settings.guess.is_none() || self.task == other.task)
    }

    /// Takes the values of the tensor that [`EditState::Read`] gave.
    ///
    /// # Errors
    /// Values that were not asked for, another number of them, or one that is not finite. The result is
    /// not touched then.
    pub fn accept(&mut self, values: &[f32]) -> Result<(), EditError> {
        let Some((first, run)) = self.run.as_ref().filter(|(_, run)| run.sampler.is_finished()) else {
            return Err(EditError::NotAsked { done: self.done_steps(), total: self.total_steps() });
        };
        let first = *first;
        run.check(values)?;
        self.run = None;
        values.chunks_exact(3 * self.size * self.size).zip(first..).for_each(|(values, window)| self.answer(window, values.to_vec()));
        Ok(())
    }

    /// Takes the net's answer for the next window, `[3, size, size]`.
    pub(super) fn take(&mut self, values: &[f32]) {
        self.work.accept(self.done, values);
        self.done += 1;
    }

    /// A copy of the result; before the end, as far as it is done.
    pub fn result(&self) -> Picture {
        let mut picture = self.work.picture().clone();
        finish(self.completion.as_ref(), &mut picture);
        picture
    }

    /// The result without a copy.
    pub fn into_result(mut self) -> Picture {
        let completion = self.completion.take();
        let mut picture = self.work.into_picture();
        finish(completion.as_ref(), &mut picture);
        picture
    }
}

/// Writes the detail into a picture, where all of it is there.
fn finish(completion: Option<&Completion>, picture: &mut Picture) {
    if let Some(completion) = completion.filter(|completion| completion.is_finished()) {
        completion.write(picture);
    }
}
