//! Away from the answer that is looked at, back to the picture: with the answers kept, or without.

use super::looking;
use crate::page::{document::Document, notice::Status, state::State};

/// Goes back to before the first run on this picture: all answers go, as by *Undo*.
pub fn discard(state: &mut State) {
    leave_answer(state, Document::undo_runs);
}

/// Shows the picture again with what is marked or added, to be changed. The answers stay.
pub fn change_area(state: &mut State) {
    leave_answer(state, |document| document.answers.hide());
}

fn leave_answer(state: &mut State, leave: fn(&mut Document)) {
    if state.answer().is_none() {
        return;
    }
    if let Some(document) = &mut state.document {
        leave(document);
        if matches!(state.status, Status::Done { .. }) {
            // What is looked at is no result any more.
            state.status = Status::Opened { width: document.picture.width, height: document.picture.height };
        }
    }
    state.failed = false;
    if state.look.fitted {
        looking::fit(state);
    }
}
