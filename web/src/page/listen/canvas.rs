//! Pointers, wheel and keys on the canvas, and the keys of the editor around it.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event as Told, EventTarget, HtmlInputElement, KeyboardEvent, PointerEvent, WheelEvent};

use crate::page::{
    dom,
    event::{Event, Sink},
    gesture::{Pointer, PointerKind},
    keys::{self, Key},
    listener::Listener,
};

/// Listens on the canvas and on the editor.
pub fn listen(sink: &Sink) -> Vec<Listener> {
    let canvas: EventTarget = dom::element("canvas");
    let editor: EventTarget = dom::element("work");
    let pointer = |name, event: fn(&PointerEvent) -> Event| {
        let sink = sink.clone();
        Listener::new(&canvas, name, move |told: PointerEvent| sink(event(&told)))
    };
    let key = |target: &EventTarget, meaning: fn(&KeyboardEvent) -> Option<Event>| {
        let sink = sink.clone();
        Listener::new(target, "keydown", move |told: KeyboardEvent| {
            if let Some(event) = meaning(&told) {
                // Esc closes what the browser has open, too.
                if event != Event::Cancel {
                    told.prevent_default();
                }
                sink(event);
            }
        })
    };
    let (released, blurred, wheeled, lost) = (sink.clone(), sink.clone(), sink.clone(), sink.clone());
    vec![
        pointer("pointerdown", |told| {
            if told.button() <= 1 {
                let _ = dom::element::<Element>("canvas").set_pointer_capture(told.pointer_id());
            }
            Event::PointerDown(read(told))
        }),
        pointer("pointermove", |told| Event::PointerMoved(points(told))),
        pointer("pointerup", |told| Event::PointerUp(read(told))),
        pointer("pointercancel", |told| Event::PointerCancelled(read(told))),
        pointer("pointerleave", |_| Event::PointerLeft),
        Listener::new(&canvas, "wheel", move |told: WheelEvent| {
            told.prevent_default();
            wheeled(turned(&told));
        }),
        key(&canvas, |told| keys::canvas(&pressed(told))),
        Listener::new(&canvas, "keyup", move |told: KeyboardEvent| {
            if told.key() == " " {
                released(Event::Space(false));
            }
        }),
        // A graphics card that is lost takes along what was drawn there.
        Listener::new(&canvas, "contextrestored", move |_: Told| lost(Event::Undrawn)),
        Listener::new(&canvas, "blur", move |_: Told| blurred(Event::Space(false))),
        key(&editor, |told| if is_in_number(told) { None } else { keys::editor(&pressed(told)) }),
        // Where a run is given up.
        key(&dom::element("doing"), |told| keys::editor(&pressed(told))),
    ]
}

/// A wheel enlarges. On a trackpad two fingers move the picture, and a pinch, which browsers tell as a wheel with Ctrl, enlarges at the
/// speed of maps.
fn turned(told: &WheelEvent) -> Event {
    let at = Some(on_canvas(told.client_x(), told.client_y()));
    if told.ctrl_key() {
        return Event::Zoom { factor: (-told.delta_y() * 0.01).exp(), at };
    }
    if told.delta_mode() == WheelEvent::DOM_DELTA_PIXEL && keys::is_trackpad(told.delta_x(), told.delta_y()) {
        return Event::Pan(-told.delta_x(), -told.delta_y());
    }
    Event::Zoom { factor: (-told.delta_y() * 0.0015).exp(), at }
}

/// A key as it was pressed.
pub fn pressed(told: &KeyboardEvent) -> Key {
    Key { name: told.key(), control: told.ctrl_key() || told.meta_key(), shift: told.shift_key() }
}

/// Fields for numbers keep their own keys.
fn is_in_number(told: &KeyboardEvent) -> bool {
    let field = told.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    field.is_some_and(|field| field.type_() == "number")
}

fn on_canvas(x: i32, y: i32) -> (f64, f64) {
    let place = dom::element::<Element>("canvas").get_bounding_client_rect();
    (f64::from(x) - place.left(), f64::from(y) - place.top())
}

fn read(told: &PointerEvent) -> Pointer {
    Pointer {
        id: told.pointer_id(),
        kind: match told.pointer_type().as_str() {
            "pen" => PointerKind::Pen,
            "touch" => PointerKind::Touch,
            _ => PointerKind::Mouse,
        },
        primary: told.is_primary(),
        at: on_canvas(told.client_x(), told.client_y()),
        pressure: f64::from(told.pressure()),
        button: told.button(),
        shift: told.shift_key(),
    }
}

/// What happened between two frames, where the browser tells: none does on pages without HTTPS. Of each moment only the place
/// and the pressure are read: in iOS 18.2 they lack the pointer's number.
fn points(told: &PointerEvent) -> Vec<Pointer> {
    let pointer = read(told);
    let told_between = Reflect::get(told, &"getCoalescedEvents".into()).ok().and_then(|method| method.dyn_into::<Function>().ok());
    let all = told_between.and_then(|method| method.call0(told).ok()).filter(Array::is_array).map(|all| Array::from(&all));
    let moments = all.unwrap_or_default().into_iter().filter_map(|event| event.dyn_into().ok()).map(|moment: PointerEvent| Pointer {
        at: on_canvas(moment.client_x(), moment.client_y()),
        pressure: f64::from(moment.pressure()),
        ..pointer
    });
    let points: Vec<Pointer> = moments.collect();
    if points.is_empty() { vec![pointer] } else { points }
}
