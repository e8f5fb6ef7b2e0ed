//! How the picture is looked at: fitting, zoom, and the size of the canvas.

use infill::task::TaskKind;

use crate::page::{
    state::{Look, State},
    viewport::Viewport,
};

/// Shows the whole picture, with room for pulling the frame outwards where that is the task.
pub fn fit(state: &mut State) {
    state.look.fitted = true;
    let Some(document) = &state.document else { return };
    let mut shown = document.frame();
    if state.task == TaskKind::Uncrop {
        let room = 0.25 * shown[2].max(shown[3]);
        shown = [shown[0] - room, shown[1] - room, shown[2] + 2.0 * room, shown[3] + 2.0 * room];
    } else {
        // What is to be added belongs to another task.
        shown = [0.0, 0.0, document.picture.width as f64, document.picture.height as f64];
    }
    let shorter = document.picture.width.min(document.picture.height) as f64;
    state.look.viewport = Viewport::fit(state.look.canvas, shown);
    // The first picture comes before its canvas has a size.
    if state.brush == 0.0 && state.look.canvas > (1.0, 1.0) {
        state.brush = (shorter / 8.0).max(2.0) * state.look.viewport.scale;
    }
}

/// Moves the picture by so much, CSS pixels.
pub fn pan(look: &mut Look, x: f64, y: f64) {
    (look.viewport, look.fitted) = (look.viewport.pan(x, y), false);
}

/// Enlarges the picture around a point of the canvas, or around its middle.
pub fn zoom(look: &mut Look, factor: f64, at: Option<(f64, f64)>) {
    let (x, y) = at.unwrap_or((look.canvas.0 / 2.0, look.canvas.1 / 2.0));
    (look.viewport, look.fitted) = (look.viewport.zoom(factor, x, y), false);
}

/// The canvas has another size; what was shown whole stays so.
pub fn resized(state: &mut State, canvas: (f64, f64), density: f64) {
    (state.look.canvas, state.look.density) = ((canvas.0.max(1.0), canvas.1.max(1.0)), density);
    if state.look.fitted {
        fit(state);
    }
}
