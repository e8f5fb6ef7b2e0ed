//! Changes of the mask that take a while or several presses: areas drawn slice by slice, similar colours, and the corners of an outline.

use std::rc::Rc;

use infill::{
    mask::{Mask, Shape},
    task::TaskKind,
};

use crate::{
    message::ToWorker,
    page::{
        change::{Change, SLICE},
        effect::{Buffer, Effect},
        history::By,
        picture::Pixels,
        state::State,
        tool::{Point, Tool},
    },
};

/// A corner as near as this to the first or the last one closes the outline, CSS pixels.
const NEAR: f32 = 10.0;

/// It was not meant: the mask is as it was before.
pub fn take_back(state: &mut State) {
    if let Some(document) = &mut state.document {
        document.marks.take_back();
    }
}

/// What was done since the change began is one step.
pub fn remember(state: &mut State, by: By) {
    if state.document.as_mut().is_some_and(|document| document.end_marking(by)) {
        state.later.clear();
    }
}

/// Draws a shape, or takes away inside it.
pub fn draw(state: &mut State, tool: Tool, shape: Shape, marks: bool) {
    let change = state.document.as_mut().map(|document| Change::shape(document, tool, shape, marks));
    begin(state, change);
}

/// Marks what is joined to a point and like it in colour, or takes marks away there.
pub fn spread(state: &mut State, at: Point) {
    let marks = state.tool.marks(state.subtract);
    let change = state.document.as_mut().and_then(|document| Change::similar(document, at, state.tolerance, marks));
    begin(state, change);
}

/// Marks what was not marked, and the other way round.
pub fn invert(state: &mut State) {
    finish(state);
    let change = state.document.as_mut().map(Change::invert);
    begin(state, change);
}

/// Moves the edge of what is marked outwards, or inwards where negative.
pub fn grow(state: &mut State, pixels: i32) {
    finish(state);
    let change = state.document.as_mut().map(|document| Change::grow(document, pixels));
    begin(state, change);
}

/// The worker has moved the edge.
pub fn grown(state: &mut State, load: u32, values: Option<Pixels>) {
    let asked = state.hand.change.as_mut().and_then(Change::asks).is_some_and(|(_, asked)| asked.is_some());
    let Some(document) = state.document.as_mut().filter(|_| asked && load == state.load) else { return };
    let size = (document.picture.width, document.picture.height);
    let mask = values.and_then(|values| Mask::new(size.0, size.1, Rc::unwrap_or_clone(values)).ok());
    let (Some(mask), Some(change)) = (mask, state.hand.change.take()) else { return };
    document.marks.replace(mask);
    remember(state, change.by());
}

/// What is small is done at once.
fn begin(state: &mut State, change: Option<Change>) {
    finish(state);
    state.hand.change = change;
    advance(state, SLICE);
}

/// Goes on; whether that ended it.
fn advance(state: &mut State, pixels: usize) -> bool {
    let (Some(mut change), Some(document)) = (state.hand.change.take(), &mut state.document) else { return false };
    if !change.is_of(document) {
        return false;
    }
    if change.go_on(document, pixels) {
        remember(state, change.by());
        return true;
    }
    state.hand.change = Some(change);
    false
}

/// The next slice; whether a run is to begin now, because that ended it and that is wished for.
pub fn go_on(state: &mut State) -> bool {
    if let Some(change) = &mut state.hand.change {
        change.due = false;
    }
    let marked = |state: &State| state.document.as_ref().is_some_and(|document| document.marks.bounds().is_some());
    let drawn = state.hand.change.as_ref().is_some_and(Change::is_drawn);
    advance(state, SLICE) && drawn && state.as_i_paint && marked(state)
}

/// All that is left, at once.
pub fn finish(state: &mut State) {
    while state.hand.change.is_some() {
        advance(state, usize::MAX);
    }
}

/// Puts a corner of an outline down. One that is where the first or the last is closes it, as a double click does.
pub fn put_corner(state: &mut State, at: Point) {
    let near = NEAR / state.look.viewport.scale as f32;
    let is_near = |corner: Option<&Point>| corner.is_some_and(|corner| (corner.0 - at.0).hypot(corner.1 - at.1) <= near);
    let corners = &mut state.hand.corners;
    if is_near(corners.last()) || corners.len() > 2 && is_near(corners.first()) {
        close(state);
    } else {
        corners.push(at);
    }
}

/// Closes an outline of corners and marks what is inside; whether there was one. Two corners have nothing between them.
pub fn close(state: &mut State) -> bool {
    if state.hand.corners.len() < 3 {
        return !state.hand.corners.is_empty();
    }
    let (points, marks) = (std::mem::take(&mut state.hand.corners), state.tool.marks(state.subtract));
    draw(state, Tool::Polygon, Shape::Polygon { points }, marks);
    true
}

/// Leaves nothing of an outline or of a change under way; whether there was one.
pub fn give_up(state: &mut State) -> bool {
    let outline = !state.hand.corners.is_empty();
    state.hand.corners.clear();
    let under_way = state.hand.change.take().is_some();
    if under_way {
        take_back(state);
    }
    outline || under_way
}

/// After every event: has what is under way go on, and forgets an outline that nobody goes on with.
pub fn follow(state: &mut State) -> Option<Effect> {
    if state.tool != Tool::Polygon || state.task != TaskKind::Inpaint || !state.is_editable() {
        state.hand.corners.clear();
    }
    let worker = (state.models.alive && state.models.listens).then_some(state.models.worker);
    let change = state.hand.change.as_mut()?;
    if let Some((pixels, asked)) = change.asks() {
        if worker.is_some() && *asked == worker {
            return None;
        }
        // Without a worker, or after its end, it is done here.
        let (false, Some(_), Some(document)) = (asked.is_some(), worker, &state.document) else {
            finish(state);
            return None;
        };
        *asked = worker;
        let mask = document.marks.mask().clone();
        let message = ToWorker::GrowMask { load: state.load, width: mask.width(), height: mask.height(), pixels };
        return Some(Effect::Say(message, vec![Buffer::Mask(mask)]));
    }
    if change.due {
        return None;
    }
    change.due = true;
    Some(Effect::NextSlice)
}
