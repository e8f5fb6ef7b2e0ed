//! The run under way, kept where a failure of any kind finds it: what is done of it goes to the page with
//! the failure, and another worker goes on. Only a failure in the middle of a step's own code leaves nothing.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use infill::edit::{Edit, EditProgress, RunProgress};
use js_sys::Uint8Array;

use super::scope::say;
use crate::message::{Failure, FromWorker, Saved};

/// A run, between steps.
pub struct UnderWay {
    id: u32,
    /// Never borrowed while the run waits for the device.
    pub edit: RefCell<Edit>,
    memory: RefCell<Option<RunProgress>>,
}

impl UnderWay {
    /// Keeps the sampler's memory after a step, in place of that of the step before.
    pub fn remember(&self, memory: RunProgress) {
        self.memory.replace(Some(memory));
    }

    fn save(&self) -> Option<(Saved, Vec<Uint8Array>)> {
        let progress = self.edit.try_borrow().ok()?.progress(self.memory.try_borrow_mut().ok()?.take());
        Some(pack(&progress))
    }
}

thread_local! {
    static UNDER_WAY: RefCell<Option<Rc<UnderWay>>> = const { RefCell::new(None) };
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// A run begins, or goes on with the memory of an earlier one.
pub fn begin(id: u32, edit: Edit, memory: Option<RunProgress>) -> Rc<UnderWay> {
    let run = Rc::new(UnderWay { id, edit: RefCell::new(edit), memory: RefCell::new(memory) });
    UNDER_WAY.with(|slot| slot.replace(Some(run.clone())));
    run
}

/// It is over; the edit, unless somebody holds it.
pub fn end(run: Rc<UnderWay>) -> Option<Edit> {
    UNDER_WAY.with(|slot| slot.replace(None));
    Rc::into_inner(run).map(|run| run.edit.into_inner())
}

/// Says that something failed after which this worker is of no use, with all that is left of a run. Once:
/// what fails in consequence is no news.
pub fn fail(failure: Failure) {
    if FAILED.replace(true) {
        return;
    }
    let run = UNDER_WAY.with(|slot| slot.try_borrow_mut().ok().and_then(|mut slot| slot.take()));
    let (saved, buffers) = match run.as_ref().and_then(|run| run.save()) {
        Some((saved, buffers)) => (Some(saved), buffers),
        None => (None, Vec::new()),
    };
    say(&FromWorker::Failed { id: run.map(|run| run.id), failure, saved }, &buffers);
}

fn pack(progress: &EditProgress) -> (Saved, Vec<Uint8Array>) {
    let floats = |values: &[f32]| Uint8Array::from(values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().as_slice());
    let run = progress.run.as_ref();
    let saved = Saved { windows: progress.windows, run: run.map(|run| [run.window, run.count, run.steps]) };
    let memory = floats(run.map_or(&[][..], |run| run.values.as_slice()));
    (saved, vec![Uint8Array::from(progress.pixels.as_slice()), floats(&progress.sums), memory])
}

/// What a page kept of a run, from its three buffers.
pub fn unpack(saved: &Saved, buffers: &[Uint8Array]) -> Option<EditProgress> {
    let [pixels, sums, memory] = buffers else { return None };
    let floats =
        |bytes: &Uint8Array| bytes.to_vec().as_chunks::<4>().0.iter().map(|value| f32::from_le_bytes(*value)).collect::<Vec<f32>>();
    let run = saved.run.map(|[window, count, steps]| RunProgress { window, count, steps, values: floats(memory) });
    Some(EditProgress { windows: saved.windows, pixels: pixels.to_vec(), sums: floats(sums), run })
}
