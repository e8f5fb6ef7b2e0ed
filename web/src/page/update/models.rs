//! Which model is used: one of the page's list, remembered for the next visit, or a file of the visitor's.

use super::runs;
use crate::{
    message::{Failure, ModelChoice, ModelReport, ToWorker},
    page::{
        effect::Effect,
        handle::Handle,
        models::{OWN, OwnModel},
        notice::{Notice, Status},
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
    let choice = ModelChoice::Named(value.to_owned());
    (state.models.model, state.models.choice) = (None, choice.clone());
    (state.notice, state.failed) = (None, false);
    vec![Effect::RememberModel(value.to_owned()), fetch(choice)]
}

fn fetch(model: ModelChoice) -> Effect {
    Effect::Say(ToWorker::FetchModel { model }, Vec::new())
}

/// Asks for the model that is wanted: of the list, or the visitor's.
pub fn ask(state: &State) -> Vec<Effect> {
    match &state.models.choice {
        ModelChoice::Own => send_own(state),
        choice => vec![fetch(choice.clone())],
    }
}

/// A model file of the visitor's own. Whether it is any good the worker says.
pub fn offer(state: &mut State, name: String, file: Handle) -> Vec<Effect> {
    state.models.offered = Some(OwnModel { name, file });
    send_own(state)
}

/// Sends the visitor's file to the worker.
pub fn send_own(state: &State) -> Vec<Effect> {
    let own = state.models.offered.as_ref().or(state.models.own.as_ref());
    own.map(|own| Effect::SendModel(own.clone())).into_iter().collect()
}

/// The model can be used. A run that was broken off goes on.
pub fn arrived(state: &mut State, report: ModelReport) -> Vec<Effect> {
    state.status = Status::Ready(report.clone());
    state.failed = false;
    let models = &mut state.models;
    if report.own {
        if let Some(offered) = models.offered.take() {
            models.own = Some(offered);
        }
        models.choice = ModelChoice::Own;
    }
    models.model = Some(report);
    if state.runs.interrupted.is_some() && state.document.is_some() {
        state.runs.end();
        return runs::start(state);
    }
    Vec::new()
}

/// A model file of the visitor's own is not usable. The one in use stays; without one, the list's.
pub fn refused(state: &mut State, failure: Failure) -> Vec<Effect> {
    state.notice = Some(Notice::Failure(failure));
    state.models.offered = None;
    if state.models.model.is_some() {
        return Vec::new();
    }
    (state.models.own, state.models.choice) = (None, ModelChoice::First);
    vec![fetch(ModelChoice::First)]
}
