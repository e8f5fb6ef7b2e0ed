//! The keyboard in the editor: undo and redo, the brush's size, and a mask without a pointer.

use std::rc::Rc;

use infill::{mask::Shape, task::TaskKind};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventTarget, HtmlInputElement, KeyboardEvent};

use super::{
    app::{App, Tool, canvas_size},
    document::Document,
    dom,
    editor::zoom,
    listener::Listener,
};

/// Listens to the keys of the canvas and of the editor around it.
pub fn wire(app: &Rc<App>) {
    let target: &EventTarget = &dom::element("canvas");
    let held = app.clone();
    app.keep(Listener::new(target, "keydown", move |event: KeyboardEvent| key(&held, &event)));
    let held = app.clone();
    app.keep(Listener::new(target, "keyup", move |event: KeyboardEvent| {
        if event.key() == " " {
            held.change().space = false;
        }
    }));
    let held = app.clone();
    app.keep(Listener::new(target, "blur", move |_: Event| held.change().space = false));
    // The editor's own keys, wherever in it the focus is.
    let held = app.clone();
    app.keep(Listener::new(&dom::element::<EventTarget>("work"), "keydown", move |event: KeyboardEvent| shortcut(&held, &event)));
}

/// Keys of the whole editor: undo, redo, the brush. Fields for numbers keep their own.
fn shortcut(app: &App, event: &KeyboardEvent) {
    let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    if field.is_some_and(|field| field.type_() == "number") {
        return;
    }
    let handled = match (event.ctrl_key() || event.meta_key(), event.shift_key(), event.key().as_str()) {
        (true, false, "z") => undo(app),
        (true, true, "Z" | "z") | (true, false, "y") => redo(app),
        (false, _, name @ ("[" | "]")) => {
            resize_brush(app, if name == "[" { 1.0 / 1.2 } else { 1.2 });
            true
        }
        _ => false,
    };
    if handled {
        event.prevent_default();
    }
}

fn key(app: &App, event: &KeyboardEvent) {
    let control = event.ctrl_key() || event.meta_key();
    let name = event.key();
    let handled = match (control, event.shift_key(), name.as_str()) {
        (true, ..) => false,
        (_, _, "+" | "=") => zoom_by_key(app, 1.25),
        (_, _, "-") => zoom_by_key(app, 0.8),
        (_, _, "0") => {
            app.fit();
            true
        }
        (_, fast, "ArrowLeft") => step(app, -1.0, 0.0, fast),
        (_, fast, "ArrowRight") => step(app, 1.0, 0.0, fast),
        (_, fast, "ArrowUp") => step(app, 0.0, -1.0, fast),
        (_, fast, "ArrowDown") => step(app, 0.0, 1.0, fast),
        (_, _, " ") => space(app),
        _ => false,
    };
    if handled {
        event.prevent_default();
    }
}

fn zoom_by_key(app: &App, factor: f64) -> bool {
    let (width, height) = canvas_size();
    zoom(app, factor, (width / 2.0, height / 2.0));
    true
}

/// Takes the last stroke back.
pub fn undo(app: &App) -> bool {
    travel(app, |document| document.history.undo(&mut document.mask)) || app.return_to_earlier()
}

/// Makes it again.
pub fn redo(app: &App) -> bool {
    travel(app, |document| document.history.redo(&mut document.mask))
}

fn travel(app: &App, step: impl FnOnce(&mut Document) -> bool) -> bool {
    let mut state = app.change();
    if state.running || state.result.is_some() {
        return false;
    }
    let stepped = state.document.as_mut().is_some_and(|document| {
        let stepped = step(document);
        if stepped {
            document.refresh_overlay(None);
        }
        stepped
    });
    drop(state);
    app.refresh();
    stepped
}

/// Makes the brush wider or thinner.
pub fn resize_brush(app: &App, factor: f64) {
    let mut state = app.change();
    let wanted = state.brush * factor;
    // By one pixel at least, or a small brush would never change.
    let wanted = if factor > 1.0 { wanted.max(state.brush + 1.0) } else { wanted.min(state.brush - 1.0) };
    state.brush = wanted.clamp(1.0, 400.0).round();
    dom::set_value("size", &state.brush.to_string());
    drop(state);
    app.refresh();
}

/// Moves the keyboard's ring.
fn step(app: &App, x: f64, y: f64, fast: bool) -> bool {
    let mut state = app.change();
    let Some(document) = &state.document else { return false };
    let (width, height) = (document.width as f64, document.height as f64);
    let stride = (state.brush / 4.0).max(1.0) * if fast { 4.0 } else { 1.0 };
    let (from_x, from_y) = state.cursor.unwrap_or((width / 2.0, height / 2.0));
    state.cursor = Some(((from_x + x * stride).clamp(0.0, width), (from_y + y * stride).clamp(0.0, height)));
    drop(state);
    app.draw();
    true
}

/// Paints where the keyboard's ring is. With the pointer over the picture it lets dragging move it.
fn space(app: &App) -> bool {
    let mut state = app.change();
    if state.cursor.is_none() && state.hover.is_some() {
        state.space = true;
        return true;
    }
    drop(state);
    if app.state().cursor.is_none() {
        // The first press shows where the ring is.
        return step(app, 0.0, 0.0, false);
    }
    dab(app)
}

/// Puts the brush down at the keyboard's ring.
fn dab(app: &App) -> bool {
    let mut state = app.change();
    if state.task != TaskKind::Inpaint || state.running || state.result.is_some() {
        return false;
    }
    let (radius, fill) = ((state.brush / 2.0) as f32, state.tool != Tool::Eraser);
    let (Some((x, y)), Some(document)) = (state.cursor, &mut state.document) else { return false };
    document.change(|mask| mask.draw(&Shape::Disc { x: x as f32, y: y as f32, radius }, fill));
    drop(state);
    app.refresh();
    true
}
