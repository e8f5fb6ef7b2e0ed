//! Pointers on the canvas: what each begins, whose gesture it is, and what ends it. A gesture has one owner; a palm beside
//! a pen is nothing, a second finger turns what the first began into zooming, and what the browser cancels leaves nothing.

use std::collections::BTreeMap;

use infill::task::TaskKind;

use super::{answers, changing, colouring, comparing, framing, painting};
use crate::page::{
    gesture::{Gesture, Pointer, PointerKind},
    state::State,
};

/// A pointer that moved less than this since it went down stayed where it is, CSS pixels.
const STILL: f64 = 6.0;

/// A pointer went down.
pub fn down(state: &mut State, pointer: Pointer) {
    // The browser's menu stays; only the main and the middle button edit.
    if pointer.button > 1 {
        return;
    }
    framing::finish_typing(state);
    state.hand.cursor = None;
    if pointer.kind == PointerKind::Touch {
        if pointer.primary {
            // The first finger of all: of those before, the browser told no end.
            if state.hand.touches.keys().any(|id| state.hand.gesture.belongs_to(*id)) {
                take_back(state);
            }
            state.hand.touches.clear();
        }
        if state.hand.touches.is_empty() && !matches!(state.hand.gesture, Gesture::None) {
            return;
        }
        state.hand.touches.insert(pointer.id, pointer.at);
        if state.hand.touches.len() > 1 {
            take_back(state);
            state.hand.gesture = Gesture::Pinch(state.hand.touches.iter().take(2).map(|(id, at)| (*id, *at)).collect());
            return;
        }
    }
    if state.hand.gesture.belongs_to(pointer.id) {
        // Its end was not told.
        finish(state, pointer.id);
    }
    if !matches!(state.hand.gesture, Gesture::None) {
        if pointer.kind != PointerKind::Pen {
            return;
        }
        // Whoever takes up the pen means the pen.
        take_back(state);
    }
    state.hand.hover = Some(pointer.at);
    state.hand.gesture = begin(state, &pointer);
}

fn begin(state: &mut State, pointer: &Pointer) -> Gesture {
    let pan = Gesture::Pan { pointer: pointer.id, last: pointer.at };
    if state.as_i_paint && state.task == TaskKind::Inpaint && pointer.button == 0 && !pointer.shift && !state.hand.space {
        answers::change_area(state);
    }
    if pointer.button == 1 || pointer.shift || state.hand.space {
        return pan;
    }
    if colouring::is_picking(state) {
        return colouring::begin(state, pointer);
    }
    if state.answer().is_some() {
        return match comparing::grips(state, pointer.at) {
            true => Gesture::Compare { pointer: pointer.id },
            false => Gesture::Hold { pointer: pointer.id, at: pointer.at },
        };
    }
    if !state.is_editable() || state.hand.change.is_some() {
        return pan;
    }
    match state.task {
        TaskKind::Inpaint => painting::begin(state, pointer),
        TaskKind::Uncrop => match (framing::grip(state, pointer.at), &state.document) {
            (Some(grip), Some(document)) => Gesture::Side { pointer: pointer.id, grip, before: document.extend },
            _ => pan,
        },
        TaskKind::Colorize => colouring::begin(state, pointer),
        TaskKind::Restore => pan,
    }
}

/// A pointer moved.
pub fn moved(state: &mut State, pointer: &Pointer) {
    if let Some(place) = state.hand.touches.get_mut(&pointer.id) {
        *place = pointer.at;
    }
    let owned = state.hand.gesture.belongs_to(pointer.id);
    if owned || (pointer.kind != PointerKind::Touch && matches!(state.hand.gesture, Gesture::None)) {
        state.hand.hover = Some(pointer.at);
    }
    if !owned {
        return;
    }
    // Taken out meanwhile, so that what follows may change everything else.
    let mut gesture = std::mem::take(&mut state.hand.gesture);
    match &mut gesture {
        Gesture::None => {}
        Gesture::Mark { tool, path, .. } => painting::go_on(state, *tool, path, pointer),
        Gesture::Dab { dab, .. } => colouring::go_on(state, dab, pointer),
        Gesture::TakeDabs { last, .. } => colouring::take_on(state, last, pointer),
        Gesture::Side { grip, .. } => framing::pull(state, *grip, pointer.at),
        Gesture::Compare { .. } => comparing::pull(state, pointer.at),
        Gesture::Hold { pointer: id, at } => {
            if (pointer.at.0 - at.0).hypot(pointer.at.1 - at.1) > STILL {
                gesture = Gesture::Pan { pointer: *id, last: pointer.at };
            }
        }
        Gesture::Pan { last, .. } => {
            let look = &mut state.look;
            (look.viewport, look.fitted) = (look.viewport.pan(pointer.at.0 - last.0, pointer.at.1 - last.1), false);
            *last = pointer.at;
        }
        Gesture::Pinch(points) => pinch(state, points, pointer),
    }
    state.hand.gesture = gesture;
}

fn pinch(state: &mut State, points: &mut BTreeMap<i32, (f64, f64)>, pointer: &Pointer) {
    let before: Vec<(f64, f64)> = points.values().copied().collect();
    points.insert(pointer.id, pointer.at);
    let after: Vec<(f64, f64)> = points.values().copied().collect();
    if let ([a, b], [c, d]) = (before.as_slice(), after.as_slice()) {
        let distance = |one: &(f64, f64), other: &(f64, f64)| (one.0 - other.0).hypot(one.1 - other.1).max(1.0);
        let middle = |one: &(f64, f64), other: &(f64, f64)| ((one.0 + other.0) / 2.0, (one.1 + other.1) / 2.0);
        let (from, to) = (middle(a, b), middle(c, d));
        // What was between the fingers stays there.
        let viewport = state.look.viewport.pan(to.0 - from.0, to.1 - from.1);
        (state.look.viewport, state.look.fitted) = (viewport.zoom(distance(c, d) / distance(a, b), to.0, to.1), false);
    }
}

/// A pointer went up: what it was doing is done. Whether a run is to begin now, because a stroke is done and that is wished for.
pub fn up(state: &mut State, pointer: &Pointer) -> bool {
    let mine = state.hand.gesture.belongs_to(pointer.id);
    let painted = matches!(state.hand.gesture, Gesture::Mark { .. });
    if mine {
        finish(state, pointer.id);
    }
    lift(state, pointer);
    let marked = state.document.as_ref().is_some_and(|document| document.marks.bounds().is_some());
    // An outline that is open is no stroke yet, and what takes a while is not done.
    let done = state.hand.corners.is_empty() && state.hand.change.is_none();
    mine && painted && done && marked && state.as_i_paint
}

/// The browser took a pointer away: what it was doing leaves nothing.
pub fn cancelled(state: &mut State, pointer: &Pointer) {
    if state.hand.gesture.belongs_to(pointer.id) {
        match &mut state.hand.gesture {
            Gesture::Pinch(points) if points.len() > 1 => {
                points.remove(&pointer.id);
            }
            _ => take_back(state),
        }
    }
    lift(state, pointer);
}

fn lift(state: &mut State, pointer: &Pointer) {
    if pointer.kind == PointerKind::Touch {
        state.hand.touches.remove(&pointer.id);
        // A finger that is gone hovers nowhere.
        state.hand.hover = None;
    }
}

fn finish(state: &mut State, id: i32) {
    match std::mem::take(&mut state.hand.gesture) {
        Gesture::None | Gesture::Pan { .. } | Gesture::Compare { .. } | Gesture::Hold { .. } => {}
        Gesture::Mark { tool, path, .. } => painting::end(state, tool, &path),
        Gesture::Dab { dab, .. } => colouring::paint(state, dab),
        Gesture::TakeDabs { before, .. } => colouring::taken(state, &before),
        Gesture::Side { before, .. } => framing::finish(state, before),
        Gesture::Pinch(mut points) => {
            points.remove(&id);
            // The finger that is left does nothing until it is gone, too.
            if !points.is_empty() {
                state.hand.gesture = Gesture::Pinch(points);
            }
        }
    }
}

/// Ends the gesture under way as if its pointer had gone up, and with it an outline and a change that takes a while.
pub fn settle(state: &mut State) {
    match &state.hand.gesture {
        Gesture::Mark { pointer, .. }
        | Gesture::Dab { pointer, .. }
        | Gesture::TakeDabs { pointer, .. }
        | Gesture::Side { pointer, .. } => {
            let id = *pointer;
            finish(state, id);
        }
        _ => {}
    }
    changing::close(state);
    changing::finish(state);
}

/// Ends the gesture under way as if it had not begun.
fn take_back(state: &mut State) {
    match std::mem::take(&mut state.hand.gesture) {
        Gesture::Mark { .. } => changing::take_back(state),
        Gesture::Side { before, .. } => {
            if let Some(document) = &mut state.document {
                document.extend = before;
            }
        }
        Gesture::TakeDabs { before, .. } => colouring::restore(state, before),
        // A dab is nowhere else until it is done.
        Gesture::None | Gesture::Dab { .. } | Gesture::Pan { .. } | Gesture::Compare { .. } | Gesture::Hold { .. } | Gesture::Pinch(_) => {}
    }
}
