//! Waits a while.

use js_sys::Promise;
use wasm_bindgen_futures::JsFuture;

use crate::page::dom;

/// After so many milliseconds.
pub async fn milliseconds(number: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        if dom::window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, number).is_err() {
            let _ = resolve.call0(&wasm_bindgen::JsValue::NULL);
        }
    });
    // The promise is only ever resolved.
    let _ = JsFuture::from(promise).await;
}
