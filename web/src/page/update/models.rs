//! Which model is used: one of the page's list, remembered for the next visit, or a file of the visitor's.

use super::runs;
use crate::{
    message::{Failure, ModelChoice, ModelReport, ToWorker},
    page::{
        effect::Effect,
        handle::Handle,
        models::{OWN, OwnModel},
        notice::{Notice, Status},
        runs::Activity,
        state::State,
    },
};

/// Chooses a model by the value of its option.
pub fn choose(state: &mut State, value: &str) -> Vec<Effect> {
    if state.runs.is_busy() {
        return Vec::new();
    }
    if value == OWN {
        return send_own(state);
    }
    state.models.choice = ModelChoice::Named(value.to_owned());
    (state.notice, state.failed) = (None, false);
    vec![Effect::RememberModel(value.to_owned()), replace(state)]
}

/// Sees to it that the model in use, or on its way, is the one that is wanted for the task.
pub fn follow(state: &mut State) -> Vec<Effect> {
    let (models, wanted) = (&state.models, state.models.choice_for(state.task));
    let right = wanted == ModelChoice::Own || models.are_one(&wanted, &models.asked);
    if right || !models.equipped || matches!(state.runs.activity, Activity::Running { .. }) {
        return Vec::new();
    }
    state.failed = false;
    vec![replace(state)]
}

/// Fetches the model that is wanted in place of the one in use.
fn replace(state: &mut State) -> Effect {
    // What was measured is of the model before.
    (state.models.model, state.models.paces) = (None, [None; 2]);
    fetch(state)
}

fn fetch(state: &mut State) -> Effect {
    let model = state.models.choice_for(state.task);
    state.models.asked = model.clone();
    Effect::Say(ToWorker::FetchModel { wanted: number(state), model }, Vec::new())
}

/// The number of the next request for a model.
pub fn number(state: &mut State) -> u32 {
    state.models.wanted += 1;
    state.models.wanted
}

/// Asks for the model that is wanted: of the list, or the visitor's.
pub fn ask(state: &mut State) -> Vec<Effect> {
    if state.models.choice == ModelChoice::Own { send_own(state) } else { vec![fetch(state)] }
}

/// A model file of the visitor's own. Whether it is any good the worker says.
pub fn offer(state: &mut State, name: String, file: Handle) -> Vec<Effect> {
    let wanted = number(state);
    state.models.offered.insert(wanted, OwnModel { name, file });
    // What was measured is of the model before.
    state.models.paces = [None; 2];
    send_own(state)
}

/// The worker can be given models: it gets the visitor's, if one is wanted.
pub fn equipped(state: &mut State) -> Vec<Effect> {
    state.models.equipped = true;
    if state.models.choice == ModelChoice::Own || !state.models.offered.is_empty() { send_own(state) } else { Vec::new() }
}

/// Sends the visitor's file to the worker, once that has a device.
fn send_own(state: &mut State) -> Vec<Effect> {
    if !state.models.equipped {
        return Vec::new();
    }
    let Some(own) = state.models.latest_own().cloned() else { return Vec::new() };
    let wanted = number(state);
    // Others that are on their way may arrive all the same, and are known by their numbers.
    state.models.offered.retain(|_, other| *other != own);
    state.models.offered.insert(wanted, own.clone());
    vec![Effect::SendModel { wanted, own }]
}

/// The model can be used. A run that was broken off goes on.
pub fn arrived(state: &mut State, report: ModelReport) -> Vec<Effect> {
    state.status = Status::Ready(report.clone());
    state.failed = false;
    let models = &mut state.models;
    if report.own {
        if let Some(offered) = models.offered.remove(&report.wanted) {
            models.own = Some(offered);
        }
        // Asked for before it: the worker has passed them over.
        models.offered = models.offered.split_off(&report.wanted);
        (models.choice, models.asked) = (ModelChoice::Own, ModelChoice::Own);
    }
    models.model = Some(report);
    if state.runs.interrupted.is_some() && state.document.is_some() {
        state.runs.end();
        return runs::start(state);
    }
    Vec::new()
}

/// A model file of the visitor's own is not usable. The one in use stays; without one, the list's.
pub fn refused(state: &mut State, wanted: u32, failure: Failure) -> Vec<Effect> {
    state.notice = Some(Notice::Failure(failure));
    state.models.offered = state.models.offered.split_off(&(wanted + 1));
    if state.models.model.is_some() || !state.models.offered.is_empty() {
        return Vec::new();
    }
    if state.models.choice == ModelChoice::Own {
        (state.models.own, state.models.choice) = (None, ModelChoice::default());
    }
    vec![fetch(state)]
}
