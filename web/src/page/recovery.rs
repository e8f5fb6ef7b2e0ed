//! When the worker is of no use any more: another one, the same model, and the run from where it was. The
//! page holds the picture and the mask all along; how far a run had come is saved by the worker that fails.

use std::rc::Rc;

use infill::mask::Mask;
use js_sys::Uint8Array;

use super::{
    app::{App, State},
    dom, words,
};
use crate::message::{Failure, ModelChoice, RunRequest, Saved, ToWorker};

/// Devices that may be lost in a row before the page asks whether to go on on the CPU.
const LOSSES: usize = 2;

/// A run that was asked for, as it was asked for.
#[derive(Clone, PartialEq)]
pub struct Asked {
    /// With id 0, and nothing to resume.
    pub request: RunRequest,
    /// What is to be filled, for inpainting.
    pub mask: Option<Mask>,
    /// The model in use.
    pub model: String,
}

/// A run that was broken off, to be made when there is a model again.
pub struct Interrupted {
    asked: Asked,
    saved: Option<(Saved, Vec<Uint8Array>)>,
}

impl Interrupted {
    /// What was saved of it, if it is the run that is asked for now.
    pub fn saved_of(self, asked: &Asked) -> Option<(Saved, Vec<Uint8Array>)> {
        self.saved.filter(|_| &self.asked == asked)
    }
}

/// Takes the worker away and keeps what is to be gone on with.
fn break_off(state: &mut State, saved: Option<(Saved, Vec<Uint8Array>)>) {
    (state.worker, state.model, state.preview) = (None, None, None);
    // Without a run that was asked for, an earlier one may be waiting still.
    if let Some(asked) = state.asked.take() {
        state.interrupted = Some(Interrupted { asked, saved });
    }
}

impl App {
    /// Shows what went wrong; starts again by itself where that is the way on.
    pub fn fail(self: &Rc<Self>, failure: &Failure, saved: Option<(Saved, Vec<Uint8Array>)>) {
        if failure.ends_worker() {
            let mut state = self.change();
            break_off(&mut state, saved);
            if matches!(failure, Failure::DeviceLost { .. }) {
                state.losses += 1;
                if state.losses < LOSSES {
                    let running = state.running;
                    drop(state);
                    dom::text("status", words::going_on(running));
                    self.start_worker();
                    self.refresh();
                    return;
                }
            }
        } else {
            self.change().asked = None;
        }
        self.end_run("failed");
        dom::text("status", "");
        let mut advice = words::failure(failure);
        advice.use_cpu &= self.state().on_gpu;
        self.show_message(&advice);
    }

    /// The model is there (again): a run that was broken off goes on.
    pub fn go_on(self: &Rc<Self>) {
        if self.state().interrupted.is_some() && self.state().document.is_some() {
            self.change().running = false;
            self.run();
        }
    }

    /// Ends the worker, and starts another.
    pub fn restart_worker(self: &Rc<Self>) {
        let mut state = self.change();
        break_off(&mut state, None);
        state.running = false;
        drop(state);
        self.hide_message();
        self.start_worker();
        self.refresh();
    }

    /// After a failure: the model again if only that is missing, else a new worker. A run that was
    /// interrupted goes on when the model is there.
    pub fn retry(self: &Rc<Self>) {
        self.hide_message();
        if self.state().model.is_none() && self.state().worker.is_some() {
            dom::set_state("loading");
            let model = self.state().model_choice.clone();
            self.say(&ToWorker::FetchModel { model }, &[]);
        } else {
            self.restart_worker();
        }
    }

    /// A model file of the visitor's own is not usable. The one in use stays; without one, the list's.
    pub fn refuse_model(&self, failure: &Failure) {
        self.show_message(&words::failure(failure));
        let mut state = self.change();
        state.offered_model = None;
        if state.model.is_none() {
            (state.own_model, state.model_choice) = (None, ModelChoice::First);
            drop(state);
            self.say(&ToWorker::FetchModel { model: ModelChoice::First }, &[]);
        }
    }

    /// Asks the worker to stop after the step under way; between two workers there is none.
    pub fn cancel(&self) {
        if self.state().model.is_some() {
            self.say(&ToWorker::Cancel, &[]);
            return;
        }
        self.change().interrupted = None;
        self.end_run("loading");
        dom::text("status", words::CANCELLED);
    }
}
