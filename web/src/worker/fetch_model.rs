//! The model over the network: manifest, chunks with progress, hashes checked, one retry each. What the
//! browser kept of an earlier visit is not fetched again.

use burn::tensor::Device;
use infill::{
    denoiser::Model,
    manifest::{Chunk, Manifest},
    model_file::ModelFile,
};
use js_sys::{Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use super::{now, say, scope, store::Store};
use crate::message::{Failure, FromWorker};

/// Milliseconds between two messages about progress.
const REPORT_EVERY: f64 = 100.0;

/// A model that arrived.
pub struct Fetched {
    /// Its name in the manifest.
    pub name: String,
    /// The model, on the device.
    pub model: Model,
    /// Whether the browser keeps all of it for the next visit.
    pub kept: bool,
}

/// Fetches the first model of the manifest below `base`, from what the browser kept of it where it did, and
/// puts it on the device.
pub async fn fetch(base: &str, device: &Device) -> Result<Fetched, Failure> {
    let folder = format!("{base}models/");
    let address = format!("{folder}manifest.json");
    let text = download(&address, RequestCache::Default, &mut |_| {}).await?;
    let unusable = |detail: String| Failure::Model { detail };
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| unusable(format!("the list of models cannot be read: {error}")))?;
    let entry = manifest.models.into_iter().next().ok_or_else(|| unusable("the list of models is empty".to_owned()))?;
    let mut bytes = Vec::with_capacity(entry.size as usize);
    let mut progress = Progress { total: entry.size, reported: 0.0 };
    let store = Store::open(&folder).await;
    let mut kept = true;
    for chunk in &entry.chunks {
        let piece = match store.get(&chunk.sha256).await.filter(|bytes| hexadecimal(&Sha256::digest(bytes)) == chunk.sha256) {
            Some(piece) => piece,
            None => {
                let piece = verified(&folder, chunk, bytes.len() as u64, &mut progress).await?;
                kept &= store.put(&chunk.sha256, &piece).await;
                piece
            }
        };
        bytes.extend_from_slice(&piece);
        progress.report(bytes.len() as u64, false);
    }
    progress.report(bytes.len() as u64, true);
    let hashes: Vec<&str> = entry.chunks.iter().map(|chunk| chunk.sha256.as_str()).collect();
    store.keep_only(&hashes).await;
    let file = ModelFile::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
    // The weights are copied once more on the way to the device; the file's bytes are not needed then.
    drop(bytes);
    let model = file.to_model(device).map_err(|error| unusable(error.to_string()))?;
    Ok(Fetched { name: entry.name, model, kept })
}

struct Progress {
    total: u64,
    reported: f64,
}

impl Progress {
    fn report(&mut self, done: u64, last: bool) {
        if last || now() - self.reported >= REPORT_EVERY {
            self.reported = now();
            say(&FromWorker::Fetching { done, total: self.total }, &[]);
        }
    }
}

/// A chunk with the right hash. A failed or wrong one is asked for once more, past the browser's cache.
async fn verified(folder: &str, chunk: &Chunk, before: u64, progress: &mut Progress) -> Result<Vec<u8>, Failure> {
    let address = format!("{folder}{}", chunk.path);
    let mut failure = Failure::Corrupt { path: chunk.path.clone() };
    for cache in [RequestCache::Default, RequestCache::Reload] {
        match download(&address, cache, &mut |done| progress.report(before + done, false)).await {
            Ok(bytes) if hexadecimal(&Sha256::digest(&bytes)) == chunk.sha256 => return Ok(bytes),
            Ok(_) => failure = Failure::Corrupt { path: chunk.path.clone() },
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn download(address: &str, cache: RequestCache, progress: &mut impl FnMut(u64)) -> Result<Vec<u8>, Failure> {
    let failed = |detail: String| Failure::Network { path: address.to_owned(), detail };
    let said =
        |error: JsValue| error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()));
    let options = RequestInit::new();
    options.set_cache(cache);
    let response = JsFuture::from(scope().fetch_with_str_and_init(address, &options)).await.map_err(|error| failed(said(error)))?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(failed(format!("the server answered {}", response.status())));
    }
    let Some(body) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(|error| failed(said(error)))?;
        let get = |key: &str| Reflect::get(&part, &key.into()).unwrap_or(JsValue::UNDEFINED);
        if get("done").is_truthy() {
            return Ok(bytes);
        }
        let part: Uint8Array = get("value").unchecked_into();
        let start = bytes.len();
        bytes.resize(start + part.length() as usize, 0);
        part.copy_to(&mut bytes[start..]);
        progress(bytes.len() as u64);
    }
}
