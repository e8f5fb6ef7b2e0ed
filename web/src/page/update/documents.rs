//! Which picture is edited, and at which task: opening, keeping and discarding results, undo and redo across all of it.

use infill::task::TaskKind;

use super::{framing, looking, pointers};
use crate::{
    message::Note,
    page::{
        answers::Answer,
        document::Document,
        handle::Handle,
        history::Step,
        picture::{Picture, Pixels},
        state::State,
    },
};

/// Shows a picture in place of the one before.
pub fn show(state: &mut State, document: Document) {
    state.document = Some(document);
    (state.runs.preview, state.runs.interrupted) = (None, None);
    state.typing = None;
    state.hand.let_go();
    (state.notice, state.failed, state.exact) = (None, false, false);
    (state.brush, state.painted) = (0.0, None);
    looking::fit(state);
}

/// Makes the answer that is looked at the picture to be edited. The others stay with the picture before.
pub fn keep_answer(state: &mut State) {
    if let Some(Answer { pixels, file, .. }) = state.answer().cloned() {
        keep_as(state, pixels, file);
    }
}

/// The same with these pixels, which are those of this file.
pub fn keep_as(state: &mut State, pixels: Pixels, file: Handle) {
    let Some(Answer { name, width, height, metadata, mut notes, task, .. }) = state.answer().cloned() else { return };
    if task == TaskKind::Restore {
        notes.retain(|note| !matches!(note, Note::Jpeg(_)));
    }
    let Some(before) = state.document.take() else { return };
    let picture = Picture { name, file, width, height, pixels, metadata, notes };
    state.earlier.push(before);
    state.later.clear();
    state.limit_others();
    show(state, Document::new(picture));
}

/// Looks at an answer.
pub fn show_answer(state: &mut State, place: usize) {
    if state.runs.is_busy() {
        return;
    }
    framing::finish_typing(state);
    pointers::settle(state);
    let Some(document) = &mut state.document else { return };
    if document.answers.show(place) {
        // One of another task is looked at as what it is.
        state.task = document.answers.shown().map_or(state.task, |answer| answer.task);
        (state.failed, state.hand.cursor) = (false, None);
    }
}

/// Looks at the next answer, or at the one before.
pub fn turn_answer(state: &mut State, forwards: bool) {
    let place = state.document.as_ref().map(|document| document.answers.turned(forwards));
    place.into_iter().for_each(|place| show_answer(state, place));
}

/// Takes the last step back that is seen at this task: a stroke, a frame, a run. Before the first, goes back to the picture before the
/// last answer that was kept.
pub fn undo(state: &mut State) {
    travel(state, Some(state.task), Document::undo, |state| &mut state.earlier, |state| &mut state.later);
}

/// Makes it again.
pub fn redo(state: &mut State) {
    travel(state, Some(state.task), Document::redo, |state| &mut state.later, |state| &mut state.earlier);
}

/// Goes so many steps forwards, or backwards, whatever the task. The task is then that of the last step.
pub fn walk(state: &mut State, steps: isize) {
    for _ in 0..steps.unsigned_abs() {
        if steps < 0 {
            travel(state, None, Document::undo, |state| &mut state.earlier, |state| &mut state.later);
        } else {
            travel(state, None, Document::redo, |state| &mut state.later, |state| &mut state.earlier);
        }
    }
    let last = state.document.as_ref().and_then(|document| document.history.steps().0.last()).map(Step::task);
    if let Some(task) = last.filter(|task| *task != state.task && state.offers(*task)) {
        state.task = task;
        looking::fit(state);
    }
}

type Pile = fn(&mut State) -> &mut Vec<Document>;

fn travel(state: &mut State, task: Option<TaskKind>, step: fn(&mut Document, Option<TaskKind>) -> bool, from: Pile, to: Pile) {
    framing::finish_typing(state);
    // Who is drawing has not made a step yet.
    if state.runs.is_busy() || state.hand.is_drawing() {
        return;
    }
    // A corner is not a step yet, and the last to be put down.
    if state.hand.corners.pop().is_some() {
        return;
    }
    if state.document.as_mut().is_some_and(|document| step(document, task)) {
        if state.look.fitted {
            looking::fit(state);
        }
    } else if let Some(other) = from(state).pop() {
        if let Some(document) = state.document.replace(other) {
            to(state).push(document);
        }
        state.hand.let_go();
        looking::fit(state);
    }
    // An answer is looked at as what it is.
    state.task = state.answer().map_or(state.task, |answer| answer.task);
    state.failed = false;
}

/// Chooses a task.
pub fn choose_task(state: &mut State, task: TaskKind) {
    if state.offers(task) {
        framing::finish_typing(state);
        pointers::settle(state);
        state.task = task;
        looking::fit(state);
    }
}

/// Chooses the next task that can be chosen, or the one before.
pub fn turn_task(state: &mut State, forwards: bool) {
    let count = TaskKind::ALL.len();
    let place = TaskKind::ALL.iter().position(|task| *task == state.task).unwrap_or(0);
    let stride = if forwards { 1 } else { count - 1 };
    let mut others = (1..count).map(|turn| TaskKind::ALL[(place + turn * stride) % count]);
    if let Some(next) = others.find(|task| state.offers(*task)) {
        choose_task(state, next);
    }
}
