//! The worker's global scope: what it says, the time, and the pause in which messages come in.

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, DedicatedWorkerGlobalScope};

use super::readback::refused;
use crate::{
    envelope,
    message::{Failure, FileKind},
};

/// The scope.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Says something to the page.
pub fn say(message: &impl Serialize, buffers: &[Uint8Array]) {
    envelope::send(&scope(), message, buffers);
}

/// The same with a file, which is made here: the page would stand still for one of a large picture.
///
/// # Errors
/// When the browser has no room for the file.
pub fn say_with_file(message: &impl Serialize, buffers: &[Uint8Array], file: &[u8], kind: FileKind) -> Result<(), Failure> {
    let options = BlobPropertyBag::new();
    options.set_type(kind.media_type());
    // A copy, because the browser may not look into memory that can grow.
    let parts = Array::of1(&Uint8Array::from(file));
    let file = Blob::new_with_u8_array_sequence_and_options(&parts, &options).map_err(|error| refused(format!("{error:?}")))?;
    envelope::send_with(&scope(), message, buffers, Some(&file));
    Ok(())
}

/// Milliseconds since the worker began.
pub fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}

/// Lets waiting messages in.
pub async fn let_messages_in() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if scope().set_timeout_with_callback(&resolve).is_err() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    // The promise is only ever resolved.
    let _ = JsFuture::from(promise).await;
}
