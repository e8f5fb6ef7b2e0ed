//! Brings the document in line with the state: controls at once, the canvas in the browser's next frame. It reads the
//! state, changes nothing of it, and alone writes to the document.

mod banded;
mod canvas;
mod colours;
mod controls;
mod fixed;
mod guard;
mod layers;
mod saving;
mod sheet;
mod small;
mod steps;
mod written;

use super::{
    dom,
    event::{Event, Sink},
    scene::{Scene, scene},
    state::State,
};
use fixed::Fixed;
use guard::Guard;
use layers::Layers;
use small::Small;
use written::Written;

/// Milliseconds of a frame in which layers are brought up to date: in more the page would stop.
const FRAME: f64 = 8.0;

/// Milliseconds between two drawings of what comes in.
const PAUSE: f64 = 60.0;

/// What was written and drawn last.
pub struct View {
    sink: Sink,
    fixed: Fixed,
    written: Written,
    layers: Layers,
    small: Small,
    drawn: Option<Scene>,
    drawn_at: f64,
    /// Something on it is not as it is drawn.
    stale: bool,
    /// The browser had no memory the last time.
    failing: bool,
    guard: Guard,
}

impl View {
    /// Nothing was written yet.
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            fixed: Fixed::new(),
            written: Written::default(),
            layers: Layers::default(),
            small: Small::default(),
            drawn: None,
            drawn_at: 0.0,
            stale: false,
            failing: false,
            guard: Guard::default(),
        }
    }

    /// Writes what changed of texts and controls.
    pub fn show(&mut self, state: &State) {
        self.fixed.show(&state.language);
        controls::show(&mut self.written, state);
        self.guard.show(state);
    }

    /// Draws the canvas if something on it changed. Whether the next frame has something to draw although nothing changes.
    pub fn draw(&mut self, state: &State) -> bool {
        self.small.update(state);
        let begun = dom::now();
        let mut updated = self.layers.update(state);
        while let Ok(before) = updated
            && self.layers.is_behind()
            && dom::now() - begun < FRAME
        {
            updated = self.layers.update(state).map(|changed| before | changed);
        }
        let failed_before = std::mem::replace(&mut self.failing, updated.is_err());
        let changed = match updated {
            Ok(changed) => changed,
            // Told once, or what follows from it would fail again and again.
            Err(_) if failed_before => return false,
            Err(error) => {
                (self.sink)(Event::NotShown(format!("{error:?}")));
                return false;
            }
        };
        let scene = scene(state);
        let moved = self.drawn.as_ref() != Some(&scene);
        self.stale |= changed;
        // Rows that come in are shown now and then, or drawing would take longer than they.
        if moved || self.stale && (!self.layers.is_behind() || dom::now() - self.drawn_at > PAUSE) {
            canvas::draw(&scene, &self.layers);
            (self.drawn, self.drawn_at, self.stale) = (Some(scene), dom::now(), false);
        }
        self.layers.is_behind()
    }
}
