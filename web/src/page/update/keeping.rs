//! Nothing is lost: the browser is given the work soon after each change. What would take the place of work that was not saved asks
//! first.

use crate::page::{
    effect::Effect,
    handle::Handle,
    keeping::{Keeping, Replacement},
    notice::{Notice, Status},
    session::Session,
    state::State,
};

/// After every event: asks to be reminded where something is not kept yet.
pub fn follow(state: &mut State) -> Option<Effect> {
    if state.kept.keeping != Keeping::On || state.kept.restoring.is_some() || state.kept.due || state.hand.is_drawing() {
        return None;
    }
    if state.kept.latest.as_ref() == Some(&state.print()) {
        return None;
    }
    state.kept.due = true;
    Some(Effect::Remind)
}

/// Gives the browser the work as it is now.
pub fn keep(state: &mut State) -> Vec<Effect> {
    if !std::mem::take(&mut state.kept.due) || state.kept.keeping != Keeping::On {
        return Vec::new();
    }
    state.kept.latest = Some(state.print());
    vec![Effect::Keep(session(state).map(Box::new))]
}

/// The work as it is now; none without a picture.
fn session(state: &State) -> Option<Session> {
    let all = state.earlier.iter().chain([state.document.as_ref()?]).chain(state.later.iter().rev());
    Some(Session::new(all, state.earlier.len(), state.modes()))
}

/// The browser has no room, or lost what it had: from now on nothing is kept.
pub fn failed(state: &mut State, detail: String) {
    if state.kept.keeping == Keeping::On {
        state.kept.keeping = Keeping::Off(detail.clone());
        state.notice = Some(Notice::NotKept { detail });
    }
}

/// A picture is to take the place of what is there, which waits for a word where that would be lost; whether it waits.
pub fn asks_first(state: &mut State, file: Handle, name: &str) -> bool {
    // What the browser has kept comes before.
    let looking = state.kept.keeping == Keeping::Unknown && state.kept.asked || state.kept.restoring.is_some();
    if looking || state.has_unsaved_work() {
        state.kept.replacement = Some(Replacement::File(file, name.to_owned()));
        if !looking {
            state.notice = Some(Notice::Replace { name: Some(name.to_owned()) });
        }
        return true;
    }
    false
}

/// Away with everything, if the visitor says so.
pub fn begin_anew(state: &mut State) {
    if state.runs.is_busy() || state.document.is_none() {
        return;
    }
    if state.has_unsaved_work() {
        (state.kept.replacement, state.notice) = (Some(Replacement::Nothing), Some(Notice::Replace { name: None }));
    } else {
        clear(state);
    }
}

/// Away with everything.
pub fn clear(state: &mut State) {
    (state.document, state.earlier, state.later) = (None, Vec::new(), Vec::new());
    (state.runs.preview, state.runs.interrupted, state.typing) = (None, None, None);
    state.hand.let_go();
    (state.notice, state.status, state.failed, state.exact) = (None, Status::Nothing, false, false);
    (state.brush, state.painted) = (40.0, None);
}

/// The visitor has it in a file now.
pub fn saved(state: &mut State) {
    state.safe = state.work();
}
