//! The frame around the picture that says how much is to be added, by its sides and by numbers.

use infill::task::TaskKind;

use super::looking;
use crate::page::{
    field::{self, Field},
    state::{State, Typing},
    viewport::{self, Grip},
};

/// The sides of the frame that a point of the canvas takes hold of.
pub fn grip(state: &State, (x, y): (f64, f64)) -> Option<Grip> {
    let [left, top, width, height] = state.document.as_ref()?.frame();
    let (x0, y0) = state.look.viewport.to_canvas(left, top);
    let (x1, y1) = state.look.viewport.to_canvas(left + width, top + height);
    viewport::grip([x0, y0, x1, y1], x, y)
}

/// Pulls sides to a point of the canvas.
pub fn pull(state: &mut State, grip: Grip, at: (f64, f64)) {
    let (x, y) = state.look.viewport.to_picture(at.0, at.1);
    let Some(document) = &mut state.document else { return };
    let (width, height) = (document.picture.width as f64, document.picture.height as f64);
    for side in grip.into_iter().flatten() {
        let added = [-x, -y, x - width, y - height][side].clamp(0.0, 4.0 * width.max(height));
        document.extend[side] = Field::Side(side).used(added.round()) as usize;
    }
}

/// What was entered, in pixels where the field is one of the frame's.
pub fn in_pixels(state: &State, field: Field, entered: f64) -> f64 {
    match (field, &state.document) {
        (Field::Side(side), Some(document)) if state.percent => {
            field::of_percent(side, (document.picture.width, document.picture.height), entered)
        }
        _ => entered,
    }
}

/// Adds so many pixels at a side, and shows the whole frame.
pub fn set_side(state: &mut State, side: usize, pixels: usize) {
    if let Some(document) = &mut state.document {
        document.extend[side] = pixels;
        looking::fit(state);
    }
}

/// A field for numbers is typed in from now on; what is entered there until it is left is one step.
pub fn begin_typing(state: &mut State, field: Field) {
    if state.typing.is_none_or(|typing| typing.field != field) {
        finish_typing(state);
        let frame = state.document.as_ref().map_or([0; 4], |document| document.extend);
        state.typing = Some(Typing { field, frame });
    }
}

/// The field that was typed in is left: it shows what is used, and a frame entered there can be undone.
pub fn finish_typing(state: &mut State) {
    if let Some(Typing { field: Field::Side(_), frame }) = state.typing.take() {
        finish(state, frame);
    }
}

/// Remembers that the frame was another one before.
pub fn finish(state: &mut State, before: [usize; 4]) {
    if state.document.as_mut().is_some_and(|document| document.reframed_from(before)) {
        state.later.clear();
    }
}

/// Adds as little as makes the frame's width to its height this, as much on one side as on the other.
pub fn choose_aspect(state: &mut State, aspect: (usize, usize)) {
    let size = state.document.as_ref().map(|document| (document.picture.width, document.picture.height));
    size.into_iter().for_each(|size| reframe(state, field::frame_of_aspect(size, aspect)));
}

/// Adds half of the picture's width at either side.
pub fn widen(state: &mut State) {
    let Some(document) = &state.document else { return };
    let ([left, top, right, bottom], half) = (document.extend, (document.picture.width / 2).max(1));
    let wider = |side: usize| Field::Side(0).used((side + half) as f64) as usize;
    reframe(state, [wider(left), top, wider(right), bottom]);
}

/// Puts another frame around the picture, as one step.
fn reframe(state: &mut State, frame: [usize; 4]) {
    finish_typing(state);
    if !state.is_editable() || state.task != TaskKind::Uncrop {
        return;
    }
    let Some(document) = &mut state.document else { return };
    let before = std::mem::replace(&mut document.extend, frame);
    finish(state, before);
    looking::fit(state);
}
