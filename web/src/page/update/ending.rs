//! How runs end that come to nothing.

use crate::{
    message::Failure,
    page::{
        notice::{Notice, Status},
        state::State,
    },
};

/// The run is given up.
pub fn cancelled(state: &mut State) {
    state.runs.end();
    state.runs.interrupted = None;
    if let Some(document) = &mut state.document {
        document.answers.come_back();
    }
    (state.failed, state.status) = (false, Status::Cancelled);
    no_longer_busy(state);
}

/// Something failed, and nothing is under way any more.
pub fn failed(state: &mut State, failure: Failure) {
    state.runs.end();
    (state.failed, state.status, state.notice) = (true, Status::Nothing, Some(Notice::Failure(failure)));
}

/// Whoever was told to wait for the run's end may go on, and is told that nothing was done until then.
pub fn no_longer_busy(state: &mut State) {
    if let Some(Notice::Busy { name }) = &mut state.notice {
        state.notice = Some(Notice::NotOpened { name: std::mem::take(name) });
    }
}
