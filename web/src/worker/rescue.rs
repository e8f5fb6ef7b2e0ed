//! The run under way, kept where a failure of any kind finds it: what is done of it goes to the page with
//! the failure, and another worker goes on. Only a failure in the middle of a step's own code leaves nothing.

use std::{cell::Cell, rc::Rc};

use infill::edit::{Edit, EditProgress, RunProgress};
use js_sys::Uint8Array;

use super::{
    floats::{pack as floats, unpack as numbers},
    scope::say,
};
use crate::{
    message::{About, Failure, FromWorker, Saved},
    slot::Slot,
};

/// A run, between steps.
pub struct UnderWay {
    id: u32,
    /// Out while it makes a step, never while the run waits for the device.
    pub edit: Slot<Edit>,
    memory: Slot<RunProgress>,
}

impl UnderWay {
    /// Keeps the sampler's memory after a step, in place of that of the step before.
    pub fn remember(&self, memory: RunProgress) {
        self.memory.put(memory);
    }

    fn save(&self) -> Option<(Saved, Vec<Uint8Array>)> {
        let memory = self.memory.take();
        self.edit.using(|edit| pack(&edit.progress(memory)))
    }
}

thread_local! {
    static UNDER_WAY: Slot<Rc<UnderWay>> = const { Slot::empty() };
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// A run begins, or goes on with the memory of an earlier one.
pub fn begin(id: u32, edit: Edit, memory: Option<RunProgress>) -> Rc<UnderWay> {
    let run = Rc::new(UnderWay { id, edit: Slot::with(edit), memory: Slot::default() });
    if let Some(memory) = memory {
        run.remember(memory);
    }
    UNDER_WAY.with(|slot| slot.put(run.clone()));
    run
}

/// It is over; the edit, unless somebody holds it.
pub fn end(run: &UnderWay) -> Option<Edit> {
    drop(UNDER_WAY.with(Slot::take));
    run.edit.take()
}

/// Says that something failed after which this worker is of no use, with all that is left of a run. Once:
/// what fails in consequence is no news.
pub fn fail(failure: Failure) {
    if FAILED.replace(true) {
        return;
    }
    let run = UNDER_WAY.with(Slot::take);
    let (saved, buffers) = match run.as_ref().and_then(|run| run.save()) {
        Some((saved, buffers)) => (Some(saved), buffers),
        None => (None, Vec::new()),
    };
    let about = run.map_or(About::Worker, |run| About::Run(run.id));
    say(&FromWorker::Failed { about, failure, saved }, &buffers);
}

fn pack(progress: &EditProgress) -> (Saved, Vec<Uint8Array>) {
    let run = progress.run.as_ref();
    let saved = Saved { windows: progress.windows, run: run.map(|run| [run.window, run.count, run.steps]) };
    let memory = floats(run.map_or(&[][..], |run| run.values.as_slice()));
    (saved, vec![Uint8Array::from(progress.pixels.as_slice()), floats(&progress.sums), memory])
}

/// What a page kept of a run, from its three buffers.
pub fn unpack(saved: &Saved, buffers: &[Uint8Array]) -> Option<EditProgress> {
    let [pixels, sums, memory] = buffers else { return None };
    let run = saved.run.map(|[window, count, steps]| RunProgress { window, count, steps, values: numbers(memory) });
    Some(EditProgress { windows: saved.windows, pixels: pixels.to_vec(), sums: numbers(sums), run })
}
