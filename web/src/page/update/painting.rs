//! Changes of the mask: by the tools, by the keyboard's ring, as a whole.

use infill::{
    mask::{Mask, Shape},
    task::TaskKind,
};

use super::{answers, changing, colouring};
use crate::page::{
    field,
    gesture::{Gesture, Pointer},
    history::By,
    notice::Status,
    palette::ColourTool,
    state::State,
    tool::{Point, Tool},
};

/// Puts the tool down.
pub fn begin(state: &mut State, pointer: &Pointer) -> Gesture {
    changing::finish(state);
    let (Some(document), tool) = (&mut state.document, state.tool) else { return Gesture::None };
    document.marks.begin();
    if tool.has_width() {
        state.painted = Some(state.brush_on_picture());
    }
    let here = state.on_picture(pointer.at);
    draw(state, tool, here, here, pointer.radius_share());
    Gesture::Mark { pointer: pointer.id, tool, path: vec![here] }
}

/// Goes on with it.
pub fn go_on(state: &mut State, tool: Tool, path: &mut Vec<Point>, pointer: &Pointer) {
    let here = state.on_picture(pointer.at);
    let last = path.last().copied().unwrap_or(here);
    draw(state, tool, last, here, pointer.radius_share());
    path.push(here);
}

fn draw(state: &mut State, tool: Tool, from: Point, to: Point, share: f64) {
    let radius = (state.brush_on_picture() * share / 2.0) as f32;
    if let (Some(shape), Some(document)) = (tool.along(from, to, radius), &mut state.document) {
        document.marks.draw(&shape, tool.marks(false));
    }
}

/// Takes it up: one step that can be undone.
pub fn end(state: &mut State, tool: Tool, path: &[Point]) {
    match (tool, path.last()) {
        (Tool::Polygon, Some(at)) => changing::put_corner(state, *at),
        (Tool::Similar, Some(at)) => changing::spread(state, *at),
        (Tool::Brush | Tool::Eraser, _) | (_, None) => changing::remember(state, By::Tool(tool)),
        (Tool::Rectangle | Tool::Lasso, _) => {
            tool.at_the_end(path).into_iter().for_each(|shape| changing::draw(state, tool, shape, tool.marks(state.subtract)));
        }
    }
}

/// Puts another mask in place of the one that is there, where it is to be seen and nobody is drawing on it.
fn change(state: &mut State, by: By, other: impl FnOnce(&Mask) -> Mask) {
    if !may_mark(state) {
        return;
    }
    changing::finish(state);
    let Some(document) = &mut state.document else { return };
    document.marks.begin();
    document.marks.replace(other(document.marks.mask()));
    changing::remember(state, by);
}

/// Whether the mask is to be seen and nobody is drawing on it.
pub fn may_mark(state: &State) -> bool {
    state.is_editable() && state.task == TaskKind::Inpaint && !matches!(state.hand.gesture, Gesture::Mark { .. })
}

/// Nothing is marked.
pub fn clear(state: &mut State) {
    state.exact &= !may_mark(state);
    change(state, By::Clear, |mask| Mask::empty(mask.width(), mask.height()));
}

/// Marks what another mask of the picture's size marks, and nothing else.
pub fn replace(state: &mut State, other: Mask) {
    change(state, By::File, |_| other);
}

/// Moves the edge of what is marked outwards, or inwards where negative, by what the area would grow by at least.
pub fn grow(state: &mut State, direction: i32) {
    let pixels = direction * state.growth().max(1) as i32;
    if may_mark(state) {
        changing::grow(state, pixels);
    }
}

/// What was not marked is marked, and the other way round. Who inverts nothing has all marked, and is told.
pub fn invert(state: &mut State) {
    if may_mark(state) && state.document.as_ref().is_some_and(|document| document.marks.bounds().is_none()) {
        state.status = Status::AllMarked;
    }
    if may_mark(state) {
        changing::invert(state);
    }
}

/// Makes the brush wider or thinner.
pub fn resize_brush(state: &mut State, factor: f64) {
    // From what it is on the picture: beyond half of its shorter side, or below a pixel, nothing would change.
    let width = state.brush_on_picture() * state.look.viewport.scale;
    state.brush = field::brush_at(field::place_of_brush(width * factor));
}

/// Takes a tool. Whoever looks at an answer wants to change its area with it.
pub fn take_tool(state: &mut State, tool: Tool) {
    if state.task == TaskKind::Colorize {
        return match tool {
            Tool::Brush => colouring::take_tool(state, ColourTool::Brush),
            Tool::Eraser => colouring::take_tool(state, ColourTool::Eraser),
            Tool::Rectangle | Tool::Lasso | Tool::Polygon | Tool::Similar => {}
        };
    }
    answers::change_area(state);
    state.tool = tool;
}

/// Chooses the tool after this one, or before it.
pub fn turn_tool(state: &mut State, forwards: bool) {
    let count = Tool::ALL.len();
    let place = Tool::ALL.iter().position(|tool| *tool == state.tool).unwrap_or(0);
    state.tool = Tool::ALL[(place + if forwards { 1 } else { count - 1 }) % count];
}

/// Moves the keyboard's ring by so many quarters of the brush.
pub fn move_cursor(state: &mut State, x: f64, y: f64) {
    let Some(document) = &state.document else { return };
    let (width, height) = (document.picture.width as f64, document.picture.height as f64);
    let stride = (state.brush_on_picture() / 4.0).max(1.0);
    let (from_x, from_y) = state.hand.cursor.unwrap_or((width / 2.0, height / 2.0));
    state.hand.cursor = Some(((from_x + x * stride).clamp(0.0, width), (from_y + y * stride).clamp(0.0, height)));
}

/// The space bar paints where the keyboard's ring is; the first press shows where that is. With the pointer over the
/// picture it lets dragging move it.
pub fn space(state: &mut State, down: bool) {
    match (state.hand.cursor, state.hand.hover) {
        _ if !down => state.hand.space = false,
        (None, Some(_)) => state.hand.space = true,
        (None, None) => move_cursor(state, 0.0, 0.0),
        (Some(at), _) if state.task == TaskKind::Colorize => colouring::put_down(state, at),
        (Some(at), _) => dab(state, at),
    }
}

/// Puts the tool down once: a brush of its width, a corner, or the search for similar colours.
fn dab(state: &mut State, (x, y): (f64, f64)) {
    if !may_mark(state) || state.hand.change.is_some() {
        return;
    }
    match state.tool {
        Tool::Polygon => return changing::put_corner(state, (x as f32, y as f32)),
        Tool::Similar => return changing::spread(state, (x as f32, y as f32)),
        Tool::Brush | Tool::Eraser | Tool::Rectangle | Tool::Lasso => {}
    }
    let (radius, marks) = ((state.brush_on_picture() / 2.0) as f32, state.tool.marks(state.subtract));
    state.painted = Some(state.brush_on_picture());
    let Some(document) = &mut state.document else { return };
    document.marks.begin();
    document.marks.draw(&Shape::Disc { x: x as f32, y: y as f32, radius }, marks);
    let by = By::Tool(state.tool);
    changing::remember(state, by);
}
