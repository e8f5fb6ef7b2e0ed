//! The line between before and after, pulled on the picture itself.

use crate::page::state::State;

/// How near to the line it is taken hold of, CSS pixels.
const REACH: f64 = 16.0;

/// Left edge and width of the answer on the canvas.
fn across(state: &State) -> Option<(f64, f64)> {
    let (answer, viewport) = (state.answer()?, state.look.viewport);
    let (left, _) = viewport.to_canvas(-(answer.origin.0 as f64), 0.0);
    Some((left, answer.width as f64 * viewport.scale))
}

/// Whether a point of the canvas takes hold of the line.
pub fn grips(state: &State, at: (f64, f64)) -> bool {
    across(state).is_some_and(|(left, width)| (left + width * (1.0 - state.look.compare) - at.0).abs() <= REACH)
}

/// Pulls the line to a point of the canvas.
pub fn pull(state: &mut State, at: (f64, f64)) {
    if let Some((left, width)) = across(state) {
        state.look.compare = 1.0 - ((at.0 - left) / width).clamp(0.0, 1.0);
    }
}
