//! Parts of models that this browser keeps for the next visit, by their hash. What comes out of it is
//! checked by the caller like anything from the network; without it everything works, over the network.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, Request, Response};

use super::scope::scope;

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
        self.read(&self.key(sha256)).await
    }

    /// Keeps bytes under their hash; whether there was room.
    pub async fn put(&self, sha256: &str, bytes: &[u8]) -> bool {
        let kept = self.write(&self.key(sha256), bytes).await;
        if kept {
            self.forget(&self.part_key(sha256)).await;
        }
        kept
    }

    /// The beginning of a chunk whose download broke off.
    pub async fn part(&self, sha256: &str) -> Option<Vec<u8>> {
        self.read(&self.part_key(sha256)).await
    }

    /// Keeps the beginning of a chunk, if there is any and room for it.
    pub async fn put_part(&self, sha256: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.write(&self.part_key(sha256), bytes).await;
        }
    }

    /// The list of models of the last visit that had all it wanted of it.
    pub async fn list(&self) -> Option<Vec<u8>> {
        self.read(&self.key("list")).await
    }

    /// Keeps the list of models.
    pub async fn put_list(&self, text: &[u8]) {
        self.write(&self.key("list"), text).await;
    }

    async fn read(&self, key: &str) -> Option<Vec<u8>> {
        let found = JsFuture::from(self.cache.as_ref()?.match_with_str(key)).await.ok()?;
        let response: Response = found.dyn_into().ok()?;
        let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }

    async fn write(&self, key: &str, bytes: &[u8]) -> bool {
        let Some(cache) = &self.cache else { return false };
        // The browser's own copy: the response must not look into this program's memory.
        let body = Uint8Array::from(bytes);
        let Ok(response) = Response::new_with_opt_js_u8_array(Some(&body)) else { return false };
        JsFuture::from(cache.put_with_str(key, &response)).await.is_ok()
    }

    async fn forget(&self, key: &str) {
        if let Some(cache) = &self.cache {
            let _ = JsFuture::from(cache.delete_with_str(key)).await;
        }
    }

    /// Forgets what belongs to none of these hashes, but the list.
    pub async fn keep_only(&self, wanted: &[&str]) {
        let Some(cache) = &self.cache else { return };
        let Ok(keys) = JsFuture::from(cache.keys()).await else { return };
        let parts = wanted.iter().map(|sha256| self.part_key(sha256));
        let wanted: Vec<String> = wanted.iter().chain(&["list"]).map(|name| self.key(name)).chain(parts).collect();
        for key in Array::from(&keys) {
            let request: Request = key.unchecked_into();
            // Another copy of the page, in another folder of the host, keeps its own.
            if request.url().starts_with(&self.folder) && !wanted.contains(&request.url()) {
                let _ = JsFuture::from(cache.delete_with_request(&request)).await;
            }
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}kept-{name}", self.folder)
    }

    fn part_key(&self, sha256: &str) -> String {
        self.key(&format!("part-{sha256}"))
    }
}

async fn open() -> Option<Cache> {
    let storage = Reflect::get(&scope(), &JsValue::from_str("caches")).ok().filter(|storage| storage.is_object())?;
    let storage: web_sys::CacheStorage = storage.unchecked_into();
    JsFuture::from(storage.open(NAME)).await.ok().map(JsCast::unchecked_into)
}
