//! An event listener that is taken off when it is dropped.

use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{AddEventListenerOptions, Event, EventTarget};

/// A listener in place.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Listens to an event. The handler may prevent the browser's own handling.
    pub fn new<E: JsCast>(target: &EventTarget, name: &'static str, mut handler: impl FnMut(E) + 'static) -> Self {
        let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| handler(event.unchecked_into()));
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
