//! Dabs of colour: painted, taken away, and with which colour.

use std::rc::Rc;

use infill::task::TaskKind;

use super::answers;
use crate::{
    message::Dab,
    page::{
        effect::Effect,
        gesture::{Gesture, Pointer},
        palette::{Colour, ColourTool, SWATCHES},
        state::State,
        tool::Point,
    },
};

/// A point that is nearer to the last one than this part of the brush's radius adds nothing to be seen.
const STRIDE: f32 = 0.25;

/// Puts the tool down.
pub fn begin(state: &mut State, pointer: &Pointer) -> Gesture {
    let at = state.on_picture(pointer.at);
    let Some(document) = &state.document else { return Gesture::None };
    match state.palette.tool {
        ColourTool::Brush => {
            let path = vec![point(state, at, pointer.radius_share())];
            Gesture::Dab { pointer: pointer.id, dab: Dab { colour: state.palette.colour, path } }
        }
        ColourTool::Eraser => {
            let before = document.dabs.list().to_vec();
            take_along(state, at, at);
            Gesture::TakeDabs { pointer: pointer.id, last: at, before }
        }
        ColourTool::Eyedropper => {
            pick(state, at);
            Gesture::None
        }
    }
}

/// Where the brush is, and half its width.
fn point(state: &State, at: Point, share: f64) -> [f32; 3] {
    [at.0, at.1, (state.brush_on_picture() * share / 2.0) as f32]
}

/// Goes on with a dab.
pub fn go_on(state: &State, dab: &mut Dab, pointer: &Pointer) {
    let next = point(state, state.on_picture(pointer.at), pointer.radius_share());
    if dab.path.last().is_none_or(|last| (next[0] - last[0]).hypot(next[1] - last[1]) >= STRIDE * next[2]) {
        dab.path.push(next);
    }
}

/// Goes on with taking dabs away.
pub fn take_on(state: &mut State, last: &mut Point, pointer: &Pointer) {
    let here = state.on_picture(pointer.at);
    take_along(state, *last, here);
    *last = here;
}

fn take_along(state: &mut State, from: Point, to: Point) {
    let radius = (state.brush_on_picture() / 2.0) as f32;
    if let Some(document) = &mut state.document {
        document.dabs.take_along(from, to, radius);
    }
}

/// A dab is done: one step.
pub fn paint(state: &mut State, dab: Dab) {
    if let Some(document) = &mut state.document {
        document.paint(dab);
        state.later.clear();
        state.palette.used();
    }
}

/// All that was taken away since is one step.
pub fn taken(state: &mut State, before: &[Rc<Dab>]) {
    if state.document.as_mut().is_some_and(|document| document.dabs_taken_from(before)) {
        state.later.clear();
    }
}

/// It was not meant.
pub fn restore(state: &mut State, before: Vec<Rc<Dab>>) {
    if let Some(document) = &mut state.document {
        document.dabs.restore(before);
    }
}

/// Puts the tool down once, where the keyboard's ring is.
pub fn put_down(state: &mut State, (x, y): (f64, f64)) {
    let at = (x as f32, y as f32);
    if state.palette.tool == ColourTool::Eyedropper {
        return pick(state, at);
    }
    let Some(document) = state.document.as_ref().filter(|_| state.is_editable()) else { return };
    if state.palette.tool == ColourTool::Brush {
        let dab = Dab { colour: state.palette.colour, path: vec![point(state, at, 1.0)] };
        return paint(state, dab);
    }
    let before = document.dabs.list().to_vec();
    take_along(state, at, at);
    taken(state, &before);
}

/// Takes away all of them.
pub fn clear(state: &mut State) {
    if !state.is_editable() || state.task != TaskKind::Colorize || state.hand.is_drawing() {
        return;
    }
    let Some(document) = &mut state.document else { return };
    let before = document.dabs.list().to_vec();
    document.dabs.restore(Vec::new());
    taken(state, &before);
}

/// Whether the pointer takes a colour now: out of an answer, too.
pub fn is_picking(state: &State) -> bool {
    state.task == TaskKind::Colorize && state.palette.tool == ColourTool::Eyedropper && !state.runs.is_busy()
}

/// Takes the colour of what is looked at, and goes on painting with it.
fn pick(state: &mut State, (x, y): Point) {
    let Some(document) = &state.document else { return };
    let picture = &document.picture;
    let (pixels, width, height) = match state.answer() {
        Some(answer) => (&answer.pixels, answer.width, answer.height),
        None => (&picture.pixels, picture.width, picture.height),
    };
    if (0.0..width as f32).contains(&x) && (0.0..height as f32).contains(&y) {
        let place = 4 * (y as usize * width + x as usize);
        let found = pixels.get(place..place + 3).and_then(|pixel| pixel.try_into().ok());
        found.into_iter().for_each(|colour| choose(state, colour));
        state.palette.tool = ColourTool::Brush;
    }
}

/// Paints with another colour from now on.
pub fn choose(state: &mut State, colour: Colour) {
    state.palette.colour = colour;
    if state.palette.tool == ColourTool::Eraser {
        state.palette.tool = ColourTool::Brush;
    }
}

/// Paints with one that was used before.
pub fn choose_recent(state: &mut State, place: usize) {
    state.palette.recent.get(place.min(SWATCHES.len())).copied().into_iter().for_each(|colour| choose(state, colour));
}

/// Takes a tool. Whoever looks at an answer wants to change its dabs with it; colours are taken out of answers, too.
pub fn take_tool(state: &mut State, tool: ColourTool) {
    if state.task != TaskKind::Colorize {
        return;
    }
    if tool != ColourTool::Eyedropper {
        answers::change_area(state);
    }
    state.palette.tool = tool;
}

/// Chooses the tool after this one, or before it.
pub fn turn_tool(state: &mut State, forwards: bool) {
    let all = ColourTool::ALL;
    let place = all.iter().position(|tool| *tool == state.palette.tool).unwrap_or(0);
    state.palette.tool = all[(place + if forwards { 1 } else { all.len() - 1 }) % all.len()];
}

/// Looks at the answer with so much colour, percent.
pub fn saturate(state: &mut State, percent: u16) {
    let answer = state.document.as_mut().filter(|_| !state.runs.is_busy()).and_then(|document| document.answers.shown_mut());
    if let Some(answer) = answer.filter(|answer| answer.task == TaskKind::Colorize) {
        answer.saturation = percent;
    }
}

/// After every event: has the browser remember colours that were used.
pub fn remember(state: &State, before: &[Colour]) -> Option<Effect> {
    (state.palette.recent != before).then(|| Effect::RememberColours(state.palette.to_text()))
}
