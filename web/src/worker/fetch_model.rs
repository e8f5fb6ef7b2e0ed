//! A model of the page's list: manifest, chunks with progress, hashes checked. What the browser kept of an
//! earlier visit is not fetched again, and serves when there is no network.

use burn::tensor::Device;
use infill::{
    config::TaskKind,
    denoiser::Model,
    manifest::{Chunk, Manifest, ModelEntry},
    model_file::ModelFile,
};
use js_sys::Uint8Array;
use web_sys::RequestCache;

use super::{
    digest::sha256,
    download::download,
    scope::{now, say},
    store::Store,
};
use crate::message::{Failure, FromWorker, ListedModel, ModelChoice};

/// Milliseconds between two messages about progress.
const REPORT_EVERY: f64 = 100.0;

/// How often in a row a chunk may be asked for without a byte of it coming.
const TRIES: usize = 2;

/// A model that arrived.
pub struct Fetched {
    /// Its name in the manifest.
    pub name: String,
    /// The model, on the device.
    pub model: Model,
    /// Its file, in the browser's memory.
    pub bytes: Uint8Array,
    /// Whether the browser keeps all of it for the next visit.
    pub kept: bool,
}

/// Says which models there are below `base`, fetches one of them, from what the browser kept of it where it
/// did, and puts it on the device. `None` when none of the list is wanted.
///
/// A list whose model is not all there, as while a host is being brought up to date, gives way to the list that is kept with a
/// whole model.
pub async fn fetch(base: &str, wanted: u32, choice: &ModelChoice, device: &Device) -> Result<Option<Fetched>, Failure> {
    let folder = format!("{base}models/");
    let store = Store::open(&folder).await;
    let from = Source { folder: &folder, wanted, store: &store };
    let text = list(&folder).await;
    let found = match &text {
        Ok(text) => {
            let found = from.bring(text, choice).await;
            if let Ok(Some(_)) = found {
                // Only now: as long as the new ones are not all there, the old list and its chunks are what works offline.
                from.keep(text).await;
            }
            found
        }
        // The visitor's own needs no list.
        Err(_) if *choice == ModelChoice::Own => return Ok(None),
        Err(failure) => Err(failure.clone()),
    };
    let found = match found {
        Ok(found) => found,
        Err(failure) => match store.list().await.filter(|kept| text.as_ref().ok() != Some(kept)) {
            Some(kept) => from.bring(&kept, choice).await.map_err(|_| failure)?,
            None => return Err(failure),
        },
    };
    let Some(Brought { name, bytes, kept }) = found else { return Ok(None) };
    let file = ModelFile::parse(&bytes).map_err(unusable)?;
    // The weights are copied once more on the way to the device; the file's bytes are not needed here then.
    let outside = Uint8Array::from(bytes.as_slice());
    drop(bytes);
    let model = file.to_sampling_model(device).map_err(unusable)?;
    Ok(Some(Fetched { name, model, bytes: outside, kept }))
}

/// Models of at most so many chunks (8 MB) are kept before they are wanted, as all shipped ones are; larger downloads are for those who ask.
const KEPT_CHUNKS: usize = 2;

/// Keeps the small models that tasks get unless another is chosen, so that every task works without a network, too. What does not come now
/// is fetched when it is wanted.
pub async fn keep_small(base: &str) {
    let folder = format!("{base}models/");
    let store = Store::open(&folder).await;
    let Some(manifest) = store.list().await.and_then(|text| read(&text).ok()) else { return };
    let listed = listed(&manifest);
    let used = TaskKind::ALL.map(|task| task.best_trained(&listed, |model| &model.tasks).map(|model| model.name.as_str()));
    let wanted = |entry: &&ModelEntry| entry.chunks.len() <= KEPT_CHUNKS && used.contains(&Some(entry.name.as_str()));
    for entry in manifest.models.iter().filter(wanted) {
        for chunk in &entry.chunks {
            if store.get(&chunk.sha256).await.is_none() {
                let Ok(piece) = verified(&folder, chunk, &store, 0, &mut Progress::silent()).await else { return };
                store.put(&chunk.sha256, &piece).await;
            }
        }
    }
}

fn unusable(cause: impl std::fmt::Display) -> Failure {
    Failure::Model { detail: cause.to_string() }
}

/// A model's bytes.
struct Brought {
    name: String,
    bytes: Vec<u8>,
    kept: bool,
}

/// Where models come from, and for which request.
struct Source<'a> {
    folder: &'a str,
    wanted: u32,
    store: &'a Store,
}

impl Source<'_> {
    /// Says which models a list has, and brings one of them.
    async fn bring(&self, text: &[u8], choice: &ModelChoice) -> Result<Option<Brought>, Failure> {
        let manifest = read(text)?;
        let listed = listed(&manifest);
        let chosen = choice.among(&listed).map(|model| model.name.clone());
        say(&FromWorker::Models { listed }, &[]);
        if *choice == ModelChoice::Own {
            return Ok(None);
        }
        let entry = chosen.and_then(|name| manifest.find(&name)).ok_or_else(|| unusable("the list of models is empty"))?;
        let (bytes, kept) = chunks(self, entry).await?;
        Ok(Some(Brought { name: entry.name.clone(), bytes, kept }))
    }

    /// Keeps a list for the next visit, and nothing that belongs to none of its models.
    async fn keep(&self, text: &[u8]) {
        let Ok(manifest) = read(text) else { return };
        self.store.put_list(text).await;
        let all = manifest.models.iter().flat_map(|entry| &entry.chunks).map(|chunk| chunk.sha256.as_str());
        self.store.keep_only(&all.collect::<Vec<_>>()).await;
    }
}

/// A list as the page knows it.
fn listed(manifest: &Manifest) -> Vec<ListedModel> {
    let listed = |entry: &ModelEntry| ListedModel {
        name: entry.name.clone(),
        words: entry.words.clone(),
        tasks: entry.tasks.iter().filter_map(|task| task.parse().ok()).collect(),
        size: entry.size,
    };
    manifest.models.iter().map(listed).collect()
}

fn read(text: &[u8]) -> Result<Manifest, Failure> {
    serde_json::from_slice(text).map_err(|error| unusable(format!("the list of models cannot be read: {error}")))
}

async fn list(folder: &str) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    download(&format!("{folder}manifest.json"), RequestCache::NoCache, &mut text, &mut |_| {}).await?;
    Ok(text)
}

/// A model's bytes, and whether the browser keeps them all.
async fn chunks(from: &Source<'_>, entry: &ModelEntry) -> Result<(Vec<u8>, bool), Failure> {
    let Source { folder, wanted, store } = *from;
    let mut bytes = Vec::with_capacity(entry.size as usize);
    let mut progress = Progress { wanted: Some(wanted), total: entry.size, reported: 0.0 };
    let mut kept = true;
    for chunk in &entry.chunks {
        let piece = match store.get(&chunk.sha256).await {
            Some(piece) if is_whole(&piece, chunk).await => piece,
            _ => {
                let piece = verified(folder, chunk, store, bytes.len() as u64, &mut progress).await?;
                kept &= store.put(&chunk.sha256, &piece).await;
                piece
            }
        };
        bytes.extend_from_slice(&piece);
        progress.report(bytes.len() as u64, false);
    }
    progress.report(bytes.len() as u64, true);
    Ok((bytes, kept))
}

struct Progress {
    /// The request that it is of; none where nobody waits.
    wanted: Option<u32>,
    total: u64,
    reported: f64,
}

impl Progress {
    fn silent() -> Self {
        Self { wanted: None, total: 0, reported: 0.0 }
    }

    fn report(&mut self, done: u64, last: bool) {
        if let Some(wanted) = self.wanted
            && (last || now() - self.reported >= REPORT_EVERY)
        {
            self.reported = now();
            say(&FromWorker::Fetching { wanted, done, total: self.total }, &[]);
        }
    }
}

/// A chunk with the right hash. A wrong one is asked for once more, past the browser's cache; a connection
/// that breaks off is taken up where it broke, as long as each brings something. What has come when that
/// ends is kept for the next try, in this visit or another.
async fn verified(folder: &str, chunk: &Chunk, store: &Store, before: u64, progress: &mut Progress) -> Result<Vec<u8>, Failure> {
    let address = format!("{folder}{}", chunk.path);
    let mut bytes = store.part(&chunk.sha256).await.filter(|part| (part.len() as u64) < chunk.size).unwrap_or_default();
    let (mut cache, mut wrong, mut idle) = (RequestCache::Default, false, 0);
    loop {
        let had = bytes.len();
        let result = download(&address, cache, &mut bytes, &mut |done| progress.report(before + done, false)).await;
        let failure = match result {
            Ok(()) if is_whole(&bytes, chunk).await => return Ok(bytes),
            // Of hosts that do not say how long a file is.
            Ok(()) if (bytes.len() as u64) < chunk.size => {
                Failure::Network { path: address.clone(), detail: format!("{} of {} bytes came", bytes.len(), chunk.size) }
            }
            Ok(()) if wrong => return Err(Failure::Corrupt { path: chunk.path.clone() }),
            Ok(()) => {
                (wrong, cache) = (true, RequestCache::Reload);
                bytes.clear();
                continue;
            }
            Err(failure) => failure,
        };
        idle = if bytes.len() > had { 0 } else { idle + 1 };
        cache = RequestCache::Reload;
        if idle == TRIES {
            store.put_part(&chunk.sha256, &bytes).await;
            return Err(failure);
        }
    }
}

async fn is_whole(bytes: &[u8], chunk: &Chunk) -> bool {
    bytes.len() as u64 == chunk.size && sha256(bytes).await == chunk.sha256
}
