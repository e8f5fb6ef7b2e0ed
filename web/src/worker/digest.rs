//! SHA-256 of a model's bytes: by the browser's own code where it has some, which is faster. Sites without https have none.

use js_sys::{ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The digest in hexadecimal.
pub async fn sha256(bytes: &[u8]) -> String {
    let digest = match of_browser(bytes).await {
        Some(digest) => digest,
        None => Sha256::digest(bytes).to_vec(),
    };
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// By `crypto.subtle`, found by its names: its bindings would bring a type for every way to encrypt.
async fn of_browser(bytes: &[u8]) -> Option<Vec<u8>> {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let subtle = get(&get(&js_sys::global(), "crypto")?, "subtle")?;
    let digest: Function = get(&subtle, "digest")?.dyn_into().ok()?;
    let promise: Promise = digest.call2(&subtle, &"SHA-256".into(), &Uint8Array::from(bytes)).ok()?.dyn_into().ok()?;
    let digest: ArrayBuffer = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    Some(Uint8Array::new(&digest).to_vec())
}
