//! An event listener that is taken off when it is dropped.

use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{AddEventListenerOptions, Event, EventTarget};

/// A listener in place.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn Fn(Event)>,
}

impl Listener {
    /// Listens to an event. The handler may prevent the browser's own handling. What it does may make the browser tell the same
    /// event again before it has ended.
    pub fn new<E: JsCast>(target: &EventTarget, name: &'static str, handler: impl Fn(E) + 'static) -> Self {
        let closure = Closure::<dyn Fn(Event)>::new(move |event: Event| handler(event.unchecked_into()));
        let options = AddEventListenerOptions::new();
        options.set_passive(false);
        // Only a target that is no event target refuses.
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(name, closure.as_ref().unchecked_ref(), &options);
        Self { target: target.clone(), name, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
    }
}
