//! One picture of any size through the net and back: crop, tiles or stages, noise, sampler, composition.
//!
//! [`Edit`] is a state machine. It evaluates the net once a step and never reads a device: finished
//! tensors are handed out, and the caller, who may have to wait for them, hands their values back. It
//! opens no files and shows nothing. The same request and seed give the same picture on every device,
//! up to the device's arithmetic.

mod colorize;
mod error;
mod extend;
mod fill;
mod plan;
mod preview;
mod progress;
mod restore;
mod window;

use std::fmt;

use burn::tensor::{Device, Tensor, TensorData};

pub use error::EditError;
pub use extend::Border;
pub use preview::Preview;
pub use progress::{EditProgress, RunMemory, RunProgress};

use crate::{
    config::ModelConfig,
    denoiser::{Conditioned, Denoiser, Model},
    mask::Mask,
    picture::Picture,
    sampler::{Known, Sampler, SamplerSettings},
    task::TaskKind,
};
use progress::Traces;
use window::Window;

/// Pixels that an edited picture may have; more would not fit into a browser tab.
pub const PIXEL_LIMIT: usize = 100_000_000;

/// Pixels that a side may have: JPEG's limit, and small enough that no product of two sides overflows
/// where addresses have 32 bits, as in a browser.
pub const SIDE_LIMIT: usize = 65_535;

/// What is to be done to a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum EditTask {
    /// Fill a hole.
    Inpaint {
        /// The hole; of the picture's size. Pixels that it does not touch stay as they are.
        mask: Mask,
    },
    /// Continue the picture beyond its edges, by as many pixels.
    Uncrop {
        /// Columns to add on the left.
        left: usize,
        /// Rows to add above.
        top: usize,
        /// Columns to add on the right.
        right: usize,
        /// Rows to add below.
        bottom: usize,
    },
    /// Give the picture new colours; its luma stays.
    Colorize,
    /// Remove what JPEG compression did.
    Restore,
}

impl EditTask {
    /// The task that a model must know for this.
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Inpaint { .. } => TaskKind::Inpaint,
            Self::Uncrop { .. } => TaskKind::Uncrop,
            Self::Colorize => TaskKind::Colorize,
            Self::Restore => TaskKind::Restore,
        }
    }
}

/// A picture and what is to be done to it.
#[derive(Clone, Debug)]
pub struct EditRequest {
    /// The picture.
    pub picture: Picture,
    /// What is to be done.
    pub task: EditTask,
    /// How to sample. Another seed gives another sample.
    pub settings: SamplerSettings,
}

/// What [`Edit`] needs of a model: a [`Denoiser`] for a condition.
pub trait EditModel {
    /// The denoiser under a condition.
    type Conditioned<'a>: Denoiser
    where
        Self: 'a;

    /// The denoiser under conditions `[windows, 3, size, size]`, with the masks `[windows, 1, size, size]` of what is to be
    /// filled where anything is known, and the task of each window.
    fn conditioned(&self, condition: Tensor<4>, mask: Option<Tensor<4>>, tasks: Vec<TaskKind>) -> Self::Conditioned<'_>;

    /// Where its tensors are.
    fn device(&self) -> Device;
}

impl EditModel for Model {
    type Conditioned<'a> = Conditioned<'a>;

    fn conditioned(&self, condition: Tensor<4>, mask: Option<Tensor<4>>, tasks: Vec<TaskKind>) -> Conditioned<'_> {
        Conditioned::new(self, condition, mask, tasks)
    }

    fn device(&self) -> Device {
        crate::unet::parameters::device(&self.unet)
    }
}

/// What comes next.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one exists at a time, and is matched at once")]
pub enum EditState {
    /// More steps.
    Running,
    /// The caller reads this tensor, `[windows, 3, size, size]`, and gives its values to [`Edit::accept`].
    Read(Tensor<4>),
    /// The result is there.
    Finished,
}

/// The net's input for one window.
struct Prepared {
    /// `[3, size, size]`
    condition: Vec<f32>,
    /// N(0, 1), `[3, size, size]`
    start: Vec<f32>,
    /// The known picture `[3, size, size]` and what is missing of it, `[1, size, size]`.
    known: Option<(Vec<f32>, Vec<f32>)>,
    /// What sampling begins from, `[3, size, size]`.
    guess: Option<Vec<f32>>,
}

/// A task as a sequence of windows, each a run of the sampler.
trait Job: fmt::Debug + Send {
    /// How many windows there are.
    fn windows(&self) -> usize;
    /// Whether windows take nothing from what earlier ones made, so that several can run at a time.
    fn independent(&self) -> bool {
        false
    }
    /// Where a window lies on the result.
    fn window(&self, index: usize) -> Window;
    /// The net's input, after all windows before it were accepted.
    fn prepare(&self, index: usize) -> Prepared;
    /// Takes the net's answer, `[3, size, size]`.
    fn accept(&mut self, index: usize, values: &[f32]);
    /// What the windows that are done, so many, left behind.
    fn traces(&self, done: usize) -> Traces;
    /// Goes on from there. Whether the traces are those of such a job; nothing is changed when not.
    fn resume(&mut self, done: usize, traces: Traces) -> bool;
    /// A pixel of a preview, from the net's estimate at its place.
    fn mix(&self, x: usize, y: usize, generated: [f32; 3]) -> [u8; 3];
    /// The result as far as it is done.
    fn picture(&self) -> &Picture;
    /// The result without a copy.
    fn into_picture(self: Box<Self>) -> Picture;
}

/// Windows under way.
#[derive(Debug)]
struct Run {
    /// How many.
    count: usize,
    condition: Tensor<4>,
    /// What is to be filled, where anything is known.
    mask: Option<Tensor<4>>,
    sampler: Sampler,
}

/// An edit under way.
#[derive(Debug)]
pub struct Edit {
    job: Box<dyn Job>,
    task: TaskKind,
    settings: SamplerSettings,
    log_snr_range: [f64; 2],
    /// The net's side.
    size: usize,
    /// Windows that are done.
    done: usize,
    /// Windows that run at a time, where they can.
    side_by_side: usize,
    run: Option<Run>,
}

impl Edit {
    /// Plans an edit for a model.
    ///
    /// # Errors
    /// A task the model does not know, settings that cannot be sampled with, a mask that is empty or of
    /// another size, a border of nothing, a result beyond [`PIXEL_LIMIT`] or [`SIDE_LIMIT`].
    pub fn new(request: EditRequest, config: &ModelConfig) -> Result<Self, EditError> {
        let EditRequest { picture, task, mut settings } = request;
        if !config.tasks.contains(&task.kind()) {
            return Err(EditError::TaskNotTrained { task: task.kind(), known: config.tasks.clone() });
        }
        settings.validate()?;
        let kind = task.kind();
        settings.steps = config.prediction.evaluations(settings.steps);
        let (size, seed) = (config.size, settings.seed);
        let net = fill::NetInput { size, hole: config.hole, guess: settings.guess.map(|_| kind) };
        check_size(picture.width(), picture.height())?;
        let job: Box<dyn Job> = match task {
            EditTask::Inpaint { mask } => {
                let (of_mask, of_picture) = ((mask.width(), mask.height()), (picture.width(), picture.height()));
                if of_mask != of_picture {
                    return Err(EditError::MaskSize { mask: of_mask, picture: of_picture });
                }
                if mask.is_empty() {
                    return Err(EditError::EmptyMask);
                }
                Box::new(fill::Fill::inside(picture, mask, net, seed))
            }
            EditTask::Uncrop { left, top, right, bottom } => {
                let border = Border { left, top, right, bottom };
                if border == Border::default() {
                    return Err(EditError::NothingToAdd);
                }
                let sum = |before: usize, length: usize, after: usize| before.saturating_add(length).saturating_add(after);
                check_size(sum(left, picture.width(), right), sum(top, picture.height(), bottom))?;
                Box::new(fill::Fill::around(&picture, &border, net, seed))
            }
            EditTask::Colorize => Box::new(colorize::Colorize::new(picture, size, seed)),
            EditTask::Restore => Box::new(restore::Restore::new(picture, size, seed)),
        };
        Ok(Self { job, task: kind, settings, log_snr_range: config.log_snr_range, size, done: 0, side_by_side: 1, run: None })
    }

    /// Runs up to as many windows at a time, where none depends on another: more to do at once for a device
    /// with many processors, more memory, and longer steps. The result stays the same.
    #[must_use]
    pub fn side_by_side(mut self, windows: usize) -> Self {
        self.side_by_side = windows.max(1);
        self
    }

    /// Width and height of the result.
    pub fn output_size(&self) -> (usize, usize) {
        (self.job.picture().width(), self.job.picture().height())
    }

    /// Evaluations of the net in all.
    pub fn total_steps(&self) -> usize {
        self.job.windows() * self.settings.steps
    }

    /// Evaluations of the net so far.
    pub fn done_steps(&self) -> usize {
        self.done * self.settings.steps + self.run.as_ref().map_or(0, |run| run.count * run.sampler.done())
    }

    /// Goes on, with one evaluation of the net at most, of as many windows as run at a time. While values are awaited it asks for them again.
    pub fn step<M: EditModel>(&mut self, model: &M) -> EditState {
        if self.done == self.job.windows() {
            return EditState::Finished;
        }
        if self.run.is_none() {
            self.run = Some(self.begin(self.next_count(), &model.device()));
        }
        let Some(run) = &mut self.run else {
            return EditState::Finished;
        };
        if !run.sampler.is_finished() {
            run.sampler.step(&model.conditioned(run.condition.clone(), run.mask.clone(), vec![self.task; run.count]));
        }
        if run.sampler.is_finished() { EditState::Read(run.sampler.noisy()) } else { EditState::Running }
    }

    /// How many windows run next.
    fn next_count(&self) -> usize {
        if self.job.independent() { self.side_by_side.min(self.job.windows() - self.done) } else { 1 }
    }

    /// The next windows as tensors.
    fn begin(&self, count: usize, device: &Device) -> Run {
        let (mut condition, mut start) = (Vec::new(), Vec::new());
        let mut known: Option<(Vec<f32>, Vec<f32>)> = None;
        let mut guesses: Option<Vec<f32>> = None;
        for index in self.done..self.done + count {
            let prepared = self.job.prepare(index);
            condition.extend(prepared.condition);
            start.extend(prepared.start);
            if let Some((picture, mask)) = prepared.known {
                let (pictures, masks) = known.get_or_insert_default();
                pictures.extend(picture);
                masks.extend(mask);
            }
            if let Some(guess) = prepared.guess {
                guesses.get_or_insert_default().extend(guess);
            }
        }
        let tensor = |values: Vec<f32>, channels: usize| {
            Tensor::<4>::from_data(TensorData::new(values, [count, channels, self.size, self.size]), device)
        };
        let guess = guesses.map(|guesses| tensor(guesses, 3));
        let known = known.map(|(picture, mask)| Known { picture: tensor(picture, 3), mask: tensor(mask, 1), guess });
        let mask = known.as_ref().map(|known| known.mask.clone());
        let sampler = Sampler::new(&self.settings, self.log_snr_range, tensor(start, 3), known)
            .expect("the settings were checked when the edit began")
            .numbered((self.done as u64..(self.done + count) as u64).collect());
        Run { count, condition: tensor(condition, 3), mask, sampler }
    }

    /// Takes the values of the tensor that [`EditState::Read`] gave.
    ///
    /// # Errors
    /// Values that were not asked for, another number of them, or one that is not finite. The result is
    /// not touched then.
    pub fn accept(&mut self, values: Vec<f32>) -> Result<(), EditError> {
        let Some(count) = self.run.as_ref().filter(|run| run.sampler.is_finished()).map(|run| run.count) else {
            return Err(EditError::NotAsked { done: self.done_steps(), total: self.total_steps() });
        };
        let each = 3 * self.size * self.size;
        let wanted = count * each;
        if values.len() != wanted {
            return Err(EditError::ValueCount { found: values.len(), wanted });
        }
        let bad = values.iter().filter(|value| !value.is_finite()).count();
        if bad > 0 {
            return Err(EditError::NonFinite { bad, of: wanted });
        }
        for values in values.chunks_exact(each) {
            self.job.accept(self.done, values);
            self.done += 1;
        }
        self.run = None;
        Ok(())
    }

    /// A copy of the result; before the end, as far as it is done.
    pub fn result(&self) -> Picture {
        self.job.picture().clone()
    }

    /// The result without a copy.
    pub fn into_result(self) -> Picture {
        self.job.into_picture()
    }
}

fn check_size(width: usize, height: usize) -> Result<(), EditError> {
    if width.max(height) > SIDE_LIMIT || width.saturating_mul(height) > PIXEL_LIMIT {
        return Err(EditError::TooLarge { width, height, limit: PIXEL_LIMIT, side: SIDE_LIMIT });
    }
    Ok(())
}

#[cfg(test)]
mod progress_tests;
#[cfg(test)]
mod tests;
