//! Bytes over the network, with progress. A connection that breaks off leaves what it brought, and the next
//! one asks for the rest where the host can give it.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use super::scope::scope;
use crate::message::Failure;

/// Brings the rest of a file whose first bytes are there already, all of it where there are none. Hosts that
/// know no ranges send the whole file, which then takes the place of what was there.
///
/// # Errors
/// When the network or the host fails; what arrived until then stays in `bytes`.
pub async fn download(address: &str, cache: RequestCache, bytes: &mut Vec<u8>, progress: &mut impl FnMut(u64)) -> Result<(), Failure> {
    let failed = |detail: String| Failure::Network { path: address.to_owned(), detail };
    let response = ask(address, cache, bytes.len()).await.map_err(|error| failed(said(&error)))?;
    match response.status() {
        206 if begins_at(&response, bytes.len()) => {}
        200 => bytes.clear(),
        status => {
            // What was asked for the rest of is not there, or not as it was.
            if matches!(status, 206 | 416) {
                bytes.clear();
            }
            return Err(failed(format!("the server answered {status}")));
        }
    }
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(|error| failed(said(&error)))?;
        let get = |key: &str| Reflect::get(&part, &key.into()).unwrap_or(JsValue::UNDEFINED);
        if get("done").is_truthy() {
            return Ok(());
        }
        let part: Uint8Array = get("value").unchecked_into();
        let start = bytes.len();
        bytes.resize(start + part.length() as usize, 0);
        part.copy_to(&mut bytes[start..]);
        progress(bytes.len() as u64);
    }
}

async fn ask(address: &str, cache: RequestCache, from: usize) -> Result<Response, JsValue> {
    let options = RequestInit::new();
    options.set_cache(cache);
    if from > 0 {
        let headers = Headers::new()?;
        headers.set("Range", &format!("bytes={from}-"))?;
        options.set_headers(&headers);
        // Browsers differ in what they keep of parts.
        options.set_cache(RequestCache::NoStore);
    }
    JsFuture::from(scope().fetch_with_str_and_init(address, &options)).await.map(JsCast::unchecked_into)
}

fn begins_at(response: &Response, from: usize) -> bool {
    let range = response.headers().get("Content-Range").ok().flatten().unwrap_or_default();
    from > 0 && range.starts_with(&format!("bytes {from}-"))
}

fn said(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}
