//! Pointer and keys on the canvas: strokes, rectangles, the frame's sides, panning, zooming.

use std::{collections::BTreeMap, rc::Rc};

use infill::{
    mask::{Mask, Rect, Shape},
    task::TaskKind,
};
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlCanvasElement, KeyboardEvent, PointerEvent, WheelEvent};

use super::{
    app::{App, SIDES, State, Tool},
    dom,
    listener::Listener,
    viewport,
};

/// What the pointer is doing.
pub enum Gesture {
    /// Nothing.
    None,
    /// A brush stroke: the mask before it, and where the pointer was last, on the picture.
    Stroke {
        /// The mask before.
        before: Mask,
        /// The last point.
        last: (f32, f32),
    },
    /// Pulling up a rectangle: two of its corners, on the picture.
    Rectangle {
        /// Where it began.
        from: (f32, f32),
        /// Where the pointer is.
        to: (f32, f32),
    },
    /// Moving the picture: the last point on the canvas.
    Pan((f64, f64)),
    /// Pulling a side of the frame.
    Side(usize),
    /// Two fingers: all points on the canvas by pointer.
    Pinch(BTreeMap<i32, (f64, f64)>),
}

/// Listens on the canvas.
pub fn wire(app: &Rc<App>) {
    let canvas: HtmlCanvasElement = dom::element("canvas");
    let target: &EventTarget = canvas.as_ref();
    let on = |name, handler: fn(&App, &PointerEvent)| {
        let held = app.clone();
        app.keep(Listener::new(target, name, move |event: PointerEvent| handler(&held, &event)));
    };
    on("pointerdown", down);
    on("pointermove", moved);
    on("pointerup", up);
    on("pointercancel", up);
    on("pointerleave", |app, _| {
        app.change().hover = None;
        app.draw();
    });
    let held = app.clone();
    app.keep(Listener::new(target, "wheel", move |event: WheelEvent| {
        event.prevent_default();
        let factor = (-event.delta_y() * 0.0015).exp();
        zoom(&held, factor, (f64::from(event.offset_x()), f64::from(event.offset_y())));
    }));
    let held = app.clone();
    app.keep(Listener::new(target, "keydown", move |event: KeyboardEvent| key(&held, &event)));
    let held = app.clone();
    app.keep(Listener::new(target, "keyup", move |event: KeyboardEvent| {
        if event.key() == " " {
            held.change().space = false;
        }
    }));
    let held = app.clone();
    app.keep(Listener::new(target, "blur", move |_: web_sys::Event| held.change().space = false));
    // The editor's own keys, wherever in it the focus is.
    let held = app.clone();
    app.keep(Listener::new(&dom::element::<EventTarget>("work"), "keydown", move |event: KeyboardEvent| shortcut(&held, &event)));
}

/// Enlarges the picture around a canvas point.
pub fn zoom(app: &App, factor: f64, (x, y): (f64, f64)) {
    let mut state = app.change();
    (state.viewport, state.fitted) = (state.viewport.zoom(factor, x, y), false);
    drop(state);
    app.draw();
}

fn point(event: &PointerEvent) -> (f64, f64) {
    let canvas: HtmlCanvasElement = dom::element("canvas");
    let place = canvas.get_bounding_client_rect();
    (f64::from(event.client_x()) - place.left(), f64::from(event.client_y()) - place.top())
}

fn down(app: &App, event: &PointerEvent) {
    // The browser's menu stays; only the left and the middle button edit.
    if event.button() > 1 {
        return;
    }
    let canvas: HtmlCanvasElement = dom::element("canvas");
    let _ = canvas.set_pointer_capture(event.pointer_id());
    let at = point(event);
    let mut state = app.change();
    state.cursor = None;
    // A second finger turns whatever the first began into zooming.
    if event.pointer_type() == "touch" && !event.is_primary() {
        let first = state.hover.unwrap_or(at);
        if let (Gesture::Stroke { before, .. }, Some(document)) =
            (std::mem::replace(&mut state.gesture, Gesture::None), &mut state.document)
        {
            document.mask = before;
            document.refresh_overlay(None);
        }
        state.gesture = Gesture::Pinch(BTreeMap::from([(-1, first), (event.pointer_id(), at)]));
        return;
    }
    state.hover = Some(at);
    let pans = event.button() == 1 || event.shift_key() || state.space || state.running || state.result.is_some();
    state.gesture = match state.task {
        _ if pans => Gesture::Pan(at),
        TaskKind::Inpaint => begin_stroke(&mut state, at, radius_share(event)),
        TaskKind::Uncrop => match grip(&state, at) {
            Some(side) => Gesture::Side(side),
            None => Gesture::Pan(at),
        },
        TaskKind::Colorize | TaskKind::Restore => Gesture::Pan(at),
    };
    drop(state);
    app.draw();
}

fn begin_stroke(state: &mut State, at: (f64, f64), share: f64) -> Gesture {
    let (x, y) = on_picture(state, at);
    let Some(before) = state.document.as_ref().map(|document| document.mask.clone()) else { return Gesture::None };
    if state.tool == Tool::Rectangle {
        return Gesture::Rectangle { from: (x, y), to: (x, y) };
    }
    stroke(state, (x, y), (x, y), share);
    Gesture::Stroke { before, last: (x, y) }
}

fn grip(state: &State, (x, y): (f64, f64)) -> Option<usize> {
    let [left, top, width, height] = state.document.as_ref()?.frame();
    let (x0, y0) = state.viewport.to_canvas(left, top);
    let (x1, y1) = state.viewport.to_canvas(left + width, top + height);
    viewport::grip([x0, y0, x1, y1], x, y)
}

fn on_picture(state: &State, (x, y): (f64, f64)) -> (f32, f32) {
    let (x, y) = state.viewport.to_picture(x, y);
    (x as f32, y as f32)
}

/// A pen's pressure makes the brush thinner; mouse and finger have none.
fn radius_share(event: &PointerEvent) -> f64 {
    if event.pointer_type() == "pen" { 0.25 + 0.75 * f64::from(event.pressure()) } else { 1.0 }
}

fn stroke(state: &mut State, from: (f32, f32), to: (f32, f32), share: f64) {
    let (radius, fill) = ((state.brush * share / 2.0) as f32, state.tool != Tool::Eraser);
    if let Some(document) = &mut state.document {
        document.mask.draw(&Shape::Segment { from, to, radius }, fill);
        document.refresh_overlay(touched(document.width, document.height, from, to, radius));
    }
}

/// The part of the picture that a segment can have changed.
fn touched(width: usize, height: usize, from: (f32, f32), to: (f32, f32), radius: f32) -> Option<Rect> {
    let reach = radius + 2.0;
    let low = |one: f32, other: f32| (one.min(other) - reach).max(0.0) as usize;
    let high = |one: f32, other: f32, end: usize| ((one.max(other) + reach).max(0.0) as usize + 1).min(end);
    let (left, top) = (low(from.0, to.0).min(width), low(from.1, to.1).min(height));
    let (right, bottom) = (high(from.0, to.0, width), high(from.1, to.1, height));
    Some(Rect { left, top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) })
}

fn moved(app: &App, event: &PointerEvent) {
    let mut state = app.change();
    // What happened between two frames, where the browser tells.
    let events = event.get_coalesced_events();
    let mut points: Vec<PointerEvent> = events.iter().filter_map(|event| event.dyn_into().ok()).collect();
    if points.is_empty() {
        points.push(event.clone());
    }
    for event in &points {
        follow(&mut state, event);
    }
    if event.is_primary() {
        state.hover = Some(point(event));
    }
    drop(state);
    app.draw();
}

fn follow(state: &mut State, event: &PointerEvent) {
    let at = point(event);
    match std::mem::replace(&mut state.gesture, Gesture::None) {
        Gesture::None => {}
        Gesture::Pan(last) => {
            (state.viewport, state.fitted) = (state.viewport.pan(at.0 - last.0, at.1 - last.1), false);
            state.gesture = Gesture::Pan(at);
        }
        Gesture::Stroke { before, last } => {
            let here = on_picture(state, at);
            stroke(state, last, here, radius_share(event));
            state.gesture = Gesture::Stroke { before, last: here };
        }
        Gesture::Rectangle { from, .. } => state.gesture = Gesture::Rectangle { from, to: on_picture(state, at) },
        Gesture::Side(side) => {
            let (x, y) = state.viewport.to_picture(at.0, at.1);
            if let Some(document) = &mut state.document {
                let (width, height) = (document.width as f64, document.height as f64);
                let added = [-x, -y, x - width, y - height][side].clamp(0.0, 4.0 * width.max(height));
                document.extend[side] = added.round() as usize;
                dom::set_value(SIDES[side].0, &document.extend[side].to_string());
            }
            state.gesture = Gesture::Side(side);
        }
        Gesture::Pinch(mut points) => {
            let key = if event.is_primary() { -1 } else { event.pointer_id() };
            let before: Vec<(f64, f64)> = points.values().copied().collect();
            points.insert(key, at);
            let after: Vec<(f64, f64)> = points.values().copied().collect();
            if let ([a, b], [c, d]) = (before.as_slice(), after.as_slice()) {
                let distance = |one: &(f64, f64), other: &(f64, f64)| (one.0 - other.0).hypot(one.1 - other.1).max(1.0);
                let middle = |one: &(f64, f64), other: &(f64, f64)| ((one.0 + other.0) / 2.0, (one.1 + other.1) / 2.0);
                let (from, to) = (middle(a, b), middle(c, d));
                let factor = distance(c, d) / distance(a, b);
                state.viewport = state.viewport.zoom(factor, to.0, to.1).pan(to.0 - from.0, to.1 - from.1);
                state.fitted = false;
            }
            state.gesture = Gesture::Pinch(points);
        }
    }
}

fn up(app: &App, event: &PointerEvent) {
    let mut state = app.change();
    match std::mem::replace(&mut state.gesture, Gesture::None) {
        Gesture::Stroke { before, .. } => {
            if let Some(document) = &mut state.document {
                document.history.push(&before, &document.mask);
            }
        }
        Gesture::Rectangle { from, to } if event.type_() == "pointerup" => {
            let (width, height) = ((to.0 - from.0).abs(), (to.1 - from.1).abs());
            let shape = Shape::Rectangle { x: from.0.min(to.0), y: from.1.min(to.1), width, height };
            if let Some(document) = &mut state.document {
                document.change(|mask| mask.draw(&shape, true));
            }
        }
        Gesture::Pinch(mut points) if points.len() > 1 => {
            points.remove(&if event.is_primary() { -1 } else { event.pointer_id() });
            state.gesture = Gesture::Pinch(points);
        }
        _ => {}
    }
    if event.pointer_type() == "touch" {
        // A finger that is gone hovers nowhere.
        state.hover = None;
    }
    drop(state);
    app.refresh();
}

/// Keys of the whole editor: undo, redo, the brush. Fields for numbers keep their own.
fn shortcut(app: &App, event: &KeyboardEvent) {
    let field = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
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
    let (width, height) = super::app::canvas_size();
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

fn travel(app: &App, step: impl FnOnce(&mut super::document::Document) -> bool) -> bool {
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
