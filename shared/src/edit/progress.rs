//! An edit that goes on elsewhere: what it takes beside the request, as plain numbers. A device that is
//! lost takes its tensors along; the windows that are done are here, and a copy of the sampler's memory,
//! which the caller reads after each step, is enough for the rest.

use burn::tensor::{Device, Tensor, TensorData};

use super::{
    error::EditError,
    machine::{Edit, EditRequest},
};
use crate::{config::ModelConfig, task::Traces};

/// What an edit under way has that its request has not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditProgress {
    /// Windows that are done.
    pub windows: usize,
    /// The result's RGB pixels as far as they are done; empty where none was written yet.
    pub pixels: Vec<u8>,
    /// Weighted sums of windows that overlap, where the task has such.
    pub sums: Vec<f32>,
    /// The windows under way.
    pub run: Option<RunProgress>,
}

/// The steps of the windows under way.
#[derive(Clone, Debug, PartialEq)]
pub struct RunProgress {
    /// The first of the windows.
    pub window: usize,
    /// How many run at a time.
    pub count: usize,
    /// Steps that are done.
    pub steps: usize,
    /// Values of [`RunMemory::tensor`].
    pub values: Vec<f32>,
}

/// The sampler's memory, to be read.
#[derive(Clone, Debug)]
pub struct RunMemory {
    /// `[windows, 3·parts, size, size]`
    pub tensor: Tensor<4>,
    window: usize,
    count: usize,
    steps: usize,
}

impl RunMemory {
    /// With the values of its tensor.
    pub fn with_values(&self, values: Vec<f32>) -> RunProgress {
        RunProgress { window: self.window, count: self.count, steps: self.steps, values }
    }
}

impl Edit {
    /// What the steps so far left for the ones to come, while windows are under way.
    pub fn memory(&self) -> Option<RunMemory> {
        let (first, run) = self.run.as_ref()?;
        Some(RunMemory { tensor: run.sampler.memory(), window: *first, count: run.count(), steps: run.sampler.done() })
    }

    /// All that is needed to go on after the last step whose memory was read. Memory of windows that are
    /// done by now is left out, and what is known of later ones than the next.
    pub fn progress(&self, run: Option<RunProgress>) -> EditProgress {
        let Traces { pixels, sums } = self.work.traces(self.done);
        let run = run.filter(|run| run.window == self.done && self.done < self.work.windows());
        EditProgress { windows: self.done, pixels, sums, run }
    }

    /// Goes on with an edit of the same request and model, which had come so far. The result is the one that
    /// the other edit would have had.
    ///
    /// # Errors
    /// As [`Edit::new`]; and progress of another edit.
    pub fn resume(request: EditRequest, config: &ModelConfig, progress: EditProgress, device: &Device) -> Result<Self, EditError> {
        let mut edit = Self::new(request, config)?;
        let EditProgress { windows, pixels, sums, run } = progress;
        let of = edit.work.windows();
        let refused = EditError::Progress { windows, of, pixels: pixels.len(), sums: sums.len() };
        if windows > of || !edit.work.resume(windows, Traces { pixels, sums }) {
            return Err(refused);
        }
        edit.done = windows;
        if let Some(run) = run {
            let fits = run.window == windows && (1..=of - windows).contains(&run.count) && (run.count == 1 || edit.work.independent());
            let plane = run.count * 3 * edit.size * edit.size;
            if !fits || run.values.is_empty() || !run.values.len().is_multiple_of(plane) {
                return Err(refused);
            }
            let shape = [run.count, 3 * (run.values.len() / plane), edit.size, edit.size];
            let mut begun = edit.begin(windows..windows + run.count, device);
            begun.sampler.resume(run.steps, Tensor::from_data(TensorData::new(run.values, shape), device))?;
            edit.run = Some((windows, begun));
        }
        Ok(edit)
    }
}
