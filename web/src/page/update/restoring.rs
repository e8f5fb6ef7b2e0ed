//! Brings back the work of an earlier visit, file by file; then opens what came meanwhile. And lets what waited for a word take its place.

use super::{files, keeping, looking};
use crate::page::{
    effect::Effect,
    keeping::{Found, Keeping, Replacement, Restoring},
    notice::{Notice, Status},
    opening::Opening,
    picture::Picture,
    session::{Modes, Session},
    state::State,
};

/// The browser has looked for work of an earlier visit.
pub fn found(state: &mut State, found: Found) -> Vec<Effect> {
    match found {
        // Nothing is there, and nothing is to be written until something is.
        Found::Nothing => (state.kept.keeping, state.kept.latest) = (Keeping::On, Some(state.print())),
        Found::Refused(detail) => state.kept.keeping = Keeping::Off(detail),
        Found::Session(session) => {
            state.kept.keeping = Keeping::On;
            let (mut waiting, pictures) = (session.pictures(), vec![None; session.files.len()]);
            waiting.reverse();
            state.status = Status::Restoring { name: session.name().to_owned() };
            state.kept.restoring = Some(Restoring { session: *session, waiting, pictures });
            return next(state);
        }
    }
    release(state)
}

/// What came while the browser was looking is opened now.
fn release(state: &mut State) -> Vec<Effect> {
    match state.kept.replacement.take() {
        Some(Replacement::File(file, name)) => files::given(state, file, name),
        Some(Replacement::Nothing) | None => Vec::new(),
    }
}

/// Has the next file decoded.
fn next(state: &mut State) -> Vec<Effect> {
    let Some(Restoring { session, waiting, .. }) = &state.kept.restoring else { return Vec::new() };
    let Some(file) = waiting.last().and_then(|place| session.files.get(*place)) else { return finish(state) };
    let (file, name) = (*file, session.name().to_owned());
    state.load += 1;
    state.opening = Some(Opening::new(state.load, file, name));
    files::decode(state)
}

/// It is known whether the browser can show the one that was decoded.
pub fn probed(state: &mut State, load: u32, fits: bool) -> Vec<Effect> {
    let Some(Opening { picture: Some(picture), .. }) = state.opening.take_if(|opening| opening.load == load && fits) else {
        return lost(state);
    };
    let Some(restoring) = &mut state.kept.restoring else { return Vec::new() };
    if let Some(place) = restoring.waiting.pop().and_then(|place| restoring.pictures.get_mut(place)) {
        *place = Some(picture);
    }
    next(state)
}

/// After every event: a file that is not on its way any more did not become a picture.
pub fn follow(state: &mut State) -> Vec<Effect> {
    if state.kept.restoring.is_some() && state.opening.is_none() { lost(state) } else { Vec::new() }
}

fn finish(state: &mut State) -> Vec<Effect> {
    let Some(Restoring { session, pictures, .. }) = state.kept.restoring.take() else { return Vec::new() };
    if put_back(state, &session, &pictures) {
        state.status = Status::Restored { name: session.name().to_owned() };
        state.kept.latest = Some(state.print());
        looking::fit(state);
    } else {
        refuse(state, session.name().to_owned());
    }
    release(state)
}

/// Puts everything back in its place; whether it fits together.
fn put_back(state: &mut State, session: &Session, pictures: &[Option<Picture>]) -> bool {
    let Some((mut documents, current)) = session.documents(pictures) else { return false };
    state.later = documents.split_off(current + 1);
    state.later.reverse();
    state.document = documents.pop();
    state.earlier = documents;
    let Modes { unsaved, task, tool, brush, exact, subtract, tolerance, as_i_paint, settings } = session.modes.clone();
    (state.task, state.tool, state.brush, state.exact) = (task, tool, brush, exact);
    (state.subtract, state.tolerance, state.as_i_paint, state.settings) = (subtract, tolerance, as_i_paint, settings);
    state.safe = if unsaved { None } else { state.work() };
    true
}

/// It cannot be brought back.
fn lost(state: &mut State) -> Vec<Effect> {
    let Some(Restoring { session, .. }) = state.kept.restoring.take() else { return Vec::new() };
    refuse(state, session.name().to_owned());
    release(state)
}

fn refuse(state: &mut State, name: String) {
    (state.opening, state.status, state.notice) = (None, Status::Nothing, Some(Notice::NotRestored { name }));
}

/// The visitor says so.
pub fn replace(state: &mut State) -> Vec<Effect> {
    if state.runs.is_busy() || state.kept.replacement.is_none() {
        return Vec::new();
    }
    let replacement = state.kept.replacement.take();
    state.notice = None;
    // Nobody asks a second time.
    state.safe = state.work();
    match replacement {
        Some(Replacement::File(file, name)) => return files::given(state, file, name),
        Some(Replacement::Nothing) => keeping::clear(state),
        None => {}
    }
    Vec::new()
}
