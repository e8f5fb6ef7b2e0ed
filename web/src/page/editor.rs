//! The pointer on the canvas (its keys are in `keys`): strokes, rectangles, the frame's sides, panning, zooming.

use std::{collections::BTreeMap, rc::Rc};

use infill::{
    mask::{Mask, Rect, Shape},
    task::TaskKind,
};
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlCanvasElement, PointerEvent, WheelEvent};

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
