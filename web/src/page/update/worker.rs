//! What the worker says.

use super::{ending, models, recovery, runs};
use crate::{
    message::{Failure, FromWorker, ModelChoice},
    page::{effect::Effect, event::Attached, notice::Status, state::State},
};

/// What follows from a message. What an earlier worker says, and what is said of an earlier run, is no news.
pub fn hear(state: &mut State, worker: u32, message: FromWorker, attached: Attached) -> Vec<Effect> {
    if worker != state.models.worker || !state.models.alive {
        return Vec::new();
    }
    let current = state.runs.id;
    match message {
        FromWorker::Ready => return recovery::worker_listens(state),
        FromWorker::Device(report) => {
            state.models.device = Some(report);
            if state.models.choice == ModelChoice::Own {
                return models::send_own(state);
            }
        }
        FromWorker::Models { listed } => state.models.listed = listed,
        FromWorker::Fetching { done, total } => state.status = Status::Fetching { done, total },
        FromWorker::Model(report) => return models::arrived(state, report),
        FromWorker::Progress { id, done, total } if id == current => runs::progressed(state, done, total),
        FromWorker::Preview { id, place, width, height } if id == current => {
            runs::previewed(state, place, (width, height), attached.pixels);
        }
        FromWorker::Done { id, width, height, milliseconds } if id == current => {
            runs::finished(state, (width, height), milliseconds, attached);
        }
        FromWorker::Cancelled { id } if id == current => ending::cancelled(state),
        FromWorker::Failed { failure: failure @ Failure::ModelFile { .. }, .. } => return models::refused(state, failure),
        FromWorker::Failed { id, failure, saved } if id.is_none_or(|id| id == current) => {
            return recovery::fail(state, failure, saved.map(|saved| (saved, attached.held)));
        }
        FromWorker::Progress { .. } | FromWorker::Preview { .. } | FromWorker::Done { .. } => {}
        FromWorker::Cancelled { .. } | FromWorker::Failed { .. } => {}
    }
    Vec::new()
}
