//! Parts of models that this browser keeps for the next visit, by their hash. What comes out of it is
//! checked by the caller like anything from the network; without it everything works, over the network.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Request, Response};

use super::scope;

/// Name of the cache among those of the page's origin.
const NAME: &str = "infill-models";

/// The browser's store; nothing in it where the browser has none, as for pages without HTTPS.
pub struct Store {
    cache: Option<Cache>,
    /// The folder of the models: keys are addresses below it that nothing is ever served at.
    folder: String,
}

impl Store {
    /// The store of the models in a folder.
    pub async fn open(folder: &str) -> Self {
        Self { cache: open().await, folder: folder.to_owned() }
    }

    /// What is kept under a hash.
    pub async fn get(&self, sha256: &str) -> Option<Vec<u8>> {
        let found = JsFuture::from(self.cache.as_ref()?.match_with_str(&self.key(sha256))).await.ok()?;
        let response: Response = found.dyn_into().ok()?;
        let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }

    /// Keeps bytes under their hash; whether there was room.
    pub async fn put(&self, sha256: &str, bytes: &[u8]) -> bool {
        let Some(cache) = &self.cache else { return false };
        // The browser's own copy: the response must not look into this program's memory.
        let body = Uint8Array::from(bytes);
        let Ok(response) = Response::new_with_opt_js_u8_array(Some(&body)) else { return false };
        JsFuture::from(cache.put_with_str(&self.key(sha256), &response)).await.is_ok()
    }

    /// Forgets what belongs to none of these hashes.
    pub async fn keep_only(&self, wanted: &[&str]) {
        let Some(cache) = &self.cache else { return };
        let Ok(keys) = JsFuture::from(cache.keys()).await else { return };
        let wanted: Vec<String> = wanted.iter().map(|sha256| self.key(sha256)).collect();
        for key in Array::from(&keys) {
            let request: Request = key.unchecked_into();
            // Another copy of the page, in another folder of the host, keeps its own.
            if request.url().starts_with(&self.folder) && !wanted.contains(&request.url()) {
                let _ = JsFuture::from(cache.delete_with_request(&request)).await;
            }
        }
    }

    fn key(&self, sha256: &str) -> String {
        format!("{}kept-{sha256}", self.folder)
    }
}

async fn open() -> Option<Cache> {
    let storage = Reflect::get(&scope(), &JsValue::from_str("caches")).ok().filter(|storage| storage.is_object())?;
    let storage: web_sys::CacheStorage = storage.unchecked_into();
    JsFuture::from(storage.open(NAME)).await.ok().map(JsCast::unchecked_into)
}
