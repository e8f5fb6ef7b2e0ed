//! When the worker is of no use any more: another one, the same model, and the run from where it was. The page holds the
//! picture and the mask all along; how far a run had come is saved by the worker that fails.

use super::{ending, files, models};
use crate::{
    message::{DeviceChoice, Failure, ToWorker},
    page::{
        effect::Effect,
        notice::Status,
        runs::{Activity, Interrupted, Kept},
        state::State,
    },
};

/// Devices that may be lost in a row before the page asks whether to go on on the CPU.
const LOSSES: usize = 2;

/// Starts a worker in place of the one before.
pub fn start_worker(state: &mut State) -> Vec<Effect> {
    state.models.worker += 1;
    (state.models.alive, state.models.listens, state.models.equipped) = (true, false, false);
    vec![Effect::StartWorker(state.models.worker)]
}

/// The worker listens: it is told what to do.
pub fn worker_listens(state: &mut State) -> Vec<Effect> {
    state.models.listens = true;
    let wanted = models::number(state);
    let (device, base, model) = (state.models.computes_on, state.base.clone(), state.models.choice_for(state.task));
    state.models.asked = model.clone();
    let workers = state.models.workers;
    let mut effects =
        vec![Effect::Say(ToWorker::Start { device, base, wanted, model, workers }, Vec::new()), Effect::RegisterServiceWorker];
    effects.extend(files::decode(state));
    effects
}

/// The worker is gone; what is to be gone on with is kept.
fn break_off(state: &mut State, kept: Option<Kept>) {
    (state.models.alive, state.models.model, state.runs.preview) = (false, None, None);
    state.saving.wanted = None;
    match std::mem::take(&mut state.runs.activity) {
        Activity::Running { asked, .. } => {
            state.runs.interrupted = Some(Interrupted { asked: *asked, kept });
            state.runs.activity = Activity::Waiting;
        }
        // An earlier one may be waiting still.
        other => state.runs.activity = other,
    }
}

/// Something failed: says so; starts again by itself where that is the way on.
pub fn fail(state: &mut State, failure: Failure, kept: Option<Kept>) -> Vec<Effect> {
    let cancelling = matches!(state.runs.activity, Activity::Running { cancelling: true, .. });
    if failure.ends_worker() {
        break_off(state, kept);
        if cancelling {
            // Nobody waits for it any more.
            ending::cancelled(state);
        }
        if matches!(failure, Failure::DeviceLost { .. }) {
            state.runs.losses += 1;
            if state.runs.losses < LOSSES {
                if !cancelling {
                    state.status = Status::GoingOn { running: state.runs.is_busy() };
                }
                return start_worker(state);
            }
        }
    }
    ending::failed(state, failure);
    let mut effects = Vec::new();
    if !state.models.alive {
        effects.push(Effect::EndWorker);
        effects.extend(files::decode(state));
    }
    effects
}

/// Ends the worker, and starts another.
pub fn restart_worker(state: &mut State) -> Vec<Effect> {
    break_off(state, None);
    state.runs.end();
    (state.notice, state.failed) = (None, false);
    start_worker(state)
}

/// Computes on something else from now on, in this visit and the next.
pub fn compute_on(state: &mut State, device: DeviceChoice) -> Vec<Effect> {
    if state.runs.is_busy() || device == state.models.computes_on {
        return Vec::new();
    }
    state.models.computes_on = device;
    let mut effects = vec![Effect::RememberDevice(device)];
    effects.extend(restart_worker(state));
    effects
}

/// After a failure: the model again if only that is missing, else a new worker. A run that was interrupted goes on when
/// the model is there.
pub fn retry(state: &mut State) -> Vec<Effect> {
    (state.notice, state.failed) = (None, false);
    if state.models.model.is_none() && state.models.alive { models::ask(state) } else { restart_worker(state) }
}
