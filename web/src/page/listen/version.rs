//! What the service worker tells, and when the page's tab is seen again: whether the page that is open is the newest.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event as Told, EventTarget, MessageEvent};

use crate::page::{
    dom,
    event::{Event, Sink},
    listener::Listener,
};

/// The elements that name files of this version, and where.
const NAMES: [(&str, &str); 3] = [("script[src]", "src"), ("link[rel=stylesheet]", "href"), ("meta[name=worker]", "content")];

/// Listens to both.
pub fn listen(sink: &Sink) -> Vec<Listener> {
    let document: EventTarget = dom::document().into();
    let shown = sink.clone();
    let mut listeners = vec![Listener::new(&document, "visibilitychange", move |_: Told| {
        if !dom::document().hidden() {
            shown(Event::TabShown);
        }
    })];
    let navigator: JsValue = dom::window().navigator().into();
    // Missing where the page came without HTTPS.
    if let Some(workers) = Reflect::get(&navigator, &"serviceWorker".into()).ok().filter(JsValue::is_truthy) {
        let told = sink.clone();
        listeners.push(Listener::new(workers.unchecked_ref::<EventTarget>(), "message", move |message: MessageEvent| {
            if is_newer(&message.data()) {
                told(Event::NewVersion);
            }
        }));
    }
    listeners
}

/// Whether the files of a version, by name, lack one that this page names.
fn is_newer(files: &JsValue) -> bool {
    let Some(files) = files.dyn_ref::<Array>() else { return false };
    let files: Vec<String> = files.iter().filter_map(|name| name.as_string()).collect();
    let own = NAMES.into_iter().filter_map(|(element, attribute)| {
        let address = dom::document().query_selector(element).ok()??.get_attribute(attribute)?;
        Some(address.rsplit('/').next().unwrap_or_default().to_owned())
    });
    own.into_iter().any(|name| !files.contains(&name))
}
