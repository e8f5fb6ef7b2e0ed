//! From what the browser tells to events. Nothing is decided here but what the browser is to leave alone.

mod canvas;
mod controls;
mod embedding;
mod files;
mod version;

use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Element, Event as Told, EventTarget, ResizeObserver};

use super::{
    dom,
    event::{Event, Sink},
    held::Held,
    listener::Listener,
};

/// All listeners; they listen as long as this lives.
pub struct Listening {
    _listeners: Vec<Listener>,
    _size: SizeListener,
}

/// Tells when the canvas changes its size.
struct SizeListener {
    observer: ResizeObserver,
    _closure: Closure<dyn Fn()>,
}

impl Drop for SizeListener {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Listens to everything.
pub fn listen(sink: &Sink, held: &Held) -> Listening {
    let mut listeners = canvas::listen(sink);
    listeners.extend(controls::listen(sink));
    listeners.extend(files::listen(sink, held));
    listeners.extend(version::listen(sink));
    listeners.extend(embedding::listen(sink, held));
    listeners.extend(window(sink));
    Listening { _listeners: listeners, _size: size(sink) }
}

fn window(sink: &Sink) -> Vec<Listener> {
    let window: EventTarget = dom::window().into();
    let on = |name, event: fn() -> Event| {
        let sink = sink.clone();
        Listener::new(&window, name, move |_: Told| sink(event()))
    };
    let document: EventTarget = dom::document().into();
    let hidden = sink.clone();
    vec![
        on("resize", measured),
        on("pagehide", || Event::Hidden),
        on("pageshow", || Event::Shown),
        // The last that is told for certain: whoever closes the browser on a phone tells nothing more.
        Listener::new(&document, "visibilitychange", move |_: Told| {
            if dom::document().hidden() {
                hidden(Event::Remind);
            }
        }),
    ]
}

fn measured() -> Event {
    let place = dom::element::<Element>("stage").get_bounding_client_rect();
    Event::Resized { canvas: (place.width(), place.height()), density: dom::window().device_pixel_ratio() }
}

fn size(sink: &Sink) -> SizeListener {
    let sink = sink.clone();
    let closure = Closure::<dyn Fn()>::new(move || sink(measured()));
    let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).expect("browsers that run this have it");
    observer.observe(&dom::element::<Element>("stage"));
    SizeListener { observer, _closure: closure }
}
