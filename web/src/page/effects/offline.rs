//! What makes the page come up without a network: its service worker, and the wish that the browser keeps what it has.
//! Both are missing where the page came without HTTPS, and then everything works with a network.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::page::dom;

/// Registers the service worker.
pub fn register() {
    let address = JsValue::from_str(&format!("{}service-worker.js", dom::base()));
    ask("serviceWorker", "register", &[address]);
}

/// Asks the browser not to throw away what it keeps.
pub fn keep() {
    ask("storage", "persist", &[]);
}

/// Calls a method of a part of the navigator, where there is one. The page is the same without its answer.
fn ask(part: &str, method: &str, arguments: &[JsValue]) {
    let get = |target: &JsValue, key: &str| Reflect::get(target, &key.into()).ok().filter(JsValue::is_truthy);
    let navigator: JsValue = dom::window().navigator().into();
    let Some(part) = get(&navigator, part) else { return };
    let Some(method) = get(&part, method).and_then(|method| method.dyn_into::<Function>().ok()) else { return };
    if let Ok(promise) = method.apply(&part, &arguments.iter().collect::<Array>())
        && let Ok(promise) = promise.dyn_into::<Promise>()
    {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}
