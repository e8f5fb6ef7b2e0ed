//! What makes the page come up without a network: its service worker, and the wish that the browser keeps what it has.
//! Both are missing where the page came without HTTPS, and then everything works with a network.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::page::dom;

/// Registers the service worker.
pub fn register() {
    let address = JsValue::from_str(&format!("{}service-worker.js", dom::base()));
    spawn(async move { call(&part("serviceWorker")?, "register", &[address]).await.map(drop) });
}

/// Has the browser look for a new version, where one is kept already.
pub fn look_for_version() {
    spawn(async {
        let registration = call(&part("serviceWorker")?, "getRegistration", &[]).await?;
        call(&registration, "update", &[]).await.map(drop)
    });
}

/// Asks the browser not to throw away what it keeps.
pub fn keep() {
    spawn(async { call(&part("storage")?, "persist", &[]).await.map(drop) });
}

/// Does what the page is the same without.
fn spawn(work: impl Future<Output = Result<(), JsValue>> + 'static) {
    spawn_local(async move {
        let _ = work.await;
    });
}

/// A part of the navigator.
fn part(name: &str) -> Result<JsValue, JsValue> {
    let navigator: JsValue = dom::window().navigator().into();
    Reflect::get(&navigator, &name.into())
}

/// Calls a method that promises something.
async fn call(target: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    // What is not there has no methods.
    let method = Reflect::get(target, &method.into())?.dyn_into::<Function>()?;
    let promise = method.apply(target, &arguments.iter().collect::<Array>())?.dyn_into::<Promise>()?;
    JsFuture::from(promise).await
}
