//! How a message travels: `{ json, buffers, file }`, where the buffers are moved, not copied, and a file, where there is one, stays
//! where the browser has it.

use js_sys::{Array, JsString, Object, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent, Worker};

/// A message that is not one of ours.
#[derive(Debug, thiserror::Error)]
#[error("a message between page and worker cannot be read: {0}")]
pub struct EnvelopeError(String);

/// Something that messages can be posted to.
pub trait Post {
    /// Posts a value, moving the buffers in `transfer`.
    ///
    /// # Errors
    /// As the browser says.
    fn post(&self, message: &JsValue, transfer: &Array) -> Result<(), JsValue>;
}

impl Post for Worker {
    fn post(&self, message: &JsValue, transfer: &Array) -> Result<(), JsValue> {
        self.post_message_with_transfer(message, transfer)
    }
}

impl Post for DedicatedWorkerGlobalScope {
    fn post(&self, message: &JsValue, transfer: &Array) -> Result<(), JsValue> {
        self.post_message_with_transfer(message, transfer)
    }
}

/// Sends a message with its pixels. A message that cannot be sent has nobody to hear of it: the
/// other side is gone.
pub fn send(target: &impl Post, message: &impl Serialize, buffers: &[Uint8Array]) {
    send_with(target, message, buffers, None);
}

/// The same with a file.
pub fn send_with(target: &impl Post, message: &impl Serialize, buffers: &[Uint8Array], file: Option<&Blob>) {
    let Ok(json) = serde_json::to_string(message) else { return };
    let (parts, transfer) = (Array::new(), Array::new());
    for buffer in buffers {
        parts.push(buffer);
        transfer.push(&buffer.buffer());
    }
    let envelope = Object::new();
    let set = |key: &str, value: &JsValue| Reflect::set(&envelope, &key.into(), value).is_ok();
    if set("json", &json.into()) && set("buffers", &parts) && file.is_none_or(|file| set("file", file)) {
        let _ = target.post(&envelope, &transfer);
    }
}

/// Reads a message and its pixels.
///
/// # Errors
/// When it is not one of ours.
pub fn receive<T: DeserializeOwned>(event: &MessageEvent) -> Result<(T, Vec<Uint8Array>), EnvelopeError> {
    let data = event.data();
    let part = |key: &str| Reflect::get(&data, &key.into()).map_err(|error| EnvelopeError(format!("{error:?}")));
    let json: String = part("json")?.dyn_into::<JsString>().map_err(|_| EnvelopeError("it has no text".to_owned()))?.into();
    let message = serde_json::from_str(&json).map_err(|error| EnvelopeError(error.to_string()))?;
    let buffers = Array::from(&part("buffers")?).iter().filter_map(|buffer| buffer.dyn_into().ok()).collect();
    Ok((message, buffers))
}

/// The file that came with a message.
pub fn file(event: &MessageEvent) -> Option<Blob> {
    Reflect::get(&event.data(), &"file".into()).ok()?.dyn_into().ok()
}
