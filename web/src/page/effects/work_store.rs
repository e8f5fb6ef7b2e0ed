//! The work of this tab in the browser's database. Each tab that is open has a place of its own there, which a lock of the browser's
//! guards: a tab that is loaded again finds its own, and a new one what a tab left that is closed.

use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{Blob, IdbObjectStore};

use super::{
    database::{Database, StoreError},
    wait,
};
use crate::{
    page::{
        dom,
        event::{Event, Sink},
        handle::Handle,
        held::Held,
        keeping::Found,
        session::{Session, VERSION},
    },
    slot::Slot,
};

const SESSIONS: &str = "sessions";
const FILES: &str = "files";

/// Tabs that are kept at a time.
const PLACES: u32 = 8;

/// Milliseconds between two looks whether the tab's own place is free: the document before may not be gone yet.
const GLANCE: i32 = 100;
const GLANCES: u32 = 20;

/// Milliseconds after which a database that says nothing counts as none.
const PATIENCE: i32 = 8000;

/// What is to be written: the text, what stands beside it, and the files, which are none where there is no work.
struct Writing {
    json: JsValue,
    parts: Array,
    files: Vec<(Handle, Blob)>,
}

/// A tab's place.
struct Place {
    database: Database,
    number: u32,
    /// Files that are there, by their handles, with their keys.
    there: Vec<(Handle, String)>,
    /// The number of the next key.
    next: u32,
}

/// The tab's place, once it is known, and what waits to be written there.
#[derive(Clone, Default)]
pub struct WorkStore {
    place: Rc<Slot<Place>>,
    waiting: Rc<Slot<Option<Writing>>>,
}

impl WorkStore {
    /// Looks for work of an earlier visit.
    pub fn look(&self, sink: Sink, held: Held) {
        let place = self.place.clone();
        spawn_local(async move {
            let found = match in_time(open()).await {
                Ok((database, number)) => match read(&database, number, &held).await {
                    Ok((found, there, next)) => {
                        place.put(Place { database, number, there, next });
                        found
                    }
                    Err(error) => Found::Refused(error.to_string()),
                },
                Err(error) => Found::Refused(error.to_string()),
            };
            sink(Event::Found(found));
        });
    }

    /// Writes the work, or that there is none; if something is being written, after it.
    pub fn keep(&self, session: Option<&Session>, held: &Held, sink: &Sink) {
        let writing = session.and_then(|session| {
            let json = serde_json::to_string(session).ok()?.into();
            let parts = session.parts.iter().map(|part| JsValue::from(Uint8Array::from(part.as_slice()))).collect();
            let files = session.files.iter().filter_map(|handle| held.file(*handle).map(|blob| (*handle, blob))).collect();
            Some(Writing { json, parts, files })
        });
        self.waiting.put(writing);
        let (store, sink) = (self.clone(), sink.clone());
        spawn_local(async move {
            // Who writes takes the place out.
            let Some(mut place) = store.place.take() else { return };
            while let Some(writing) = store.waiting.take() {
                if let Err(error) = write(&mut place, writing).await {
                    return sink(Event::NotKept(error.to_string()));
                }
            }
            store.place.put(place);
        });
    }
}

/// The database and the tab's number in it.
async fn open() -> Result<(Database, u32), StoreError> {
    let storage = dom::window().session_storage().ok().flatten();
    let key = format!("infill-tab {}", dom::base());
    let own = storage.as_ref().and_then(|storage| storage.get_item(&key).ok().flatten()).and_then(|text| text.parse::<u32>().ok());
    let mut number = None;
    if let Some(own) = own.filter(|own| *own < PLACES) {
        for _ in 0..GLANCES {
            if hold(own).await? {
                number = Some(own);
                break;
            }
            wait::milliseconds(GLANCE).await;
        }
    }
    for other in 0..PLACES {
        if number.is_none() && hold(other).await? {
            number = Some(other);
        }
    }
    let number = number.ok_or_else(|| StoreError(format!("{PLACES} tabs are open already")))?;
    if let Some(storage) = storage {
        let _ = storage.set_item(&key, &number.to_string());
    }
    let database = Database::open(&format!("infill {}", dom::base()), &[SESSIONS, FILES]).await?;
    Ok((database, number))
}

/// Takes the lock of a place for as long as the page lives; whether it was free.
async fn hold(number: u32) -> Result<bool, StoreError> {
    let navigator: JsValue = dom::window().navigator().into();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object);
    // Without locks two tabs would write over each other's work.
    let locks = locks.ok_or_else(|| StoreError("pages without HTTPS have no locks".to_owned()))?;
    let request: Option<Function> = Reflect::get(&locks, &"request".into()).ok().and_then(|request| request.dyn_into().ok());
    let request = request.ok_or_else(|| StoreError("this browser has no locks".to_owned()))?;
    let options = Object::new();
    let _ = Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
    let name = format!("infill {number} {}", dom::base());
    let answered = Promise::new(&mut |resolve, _| {
        let answer = resolve.clone();
        let given = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let _ = answer.call1(&JsValue::NULL, &JsValue::from_bool(lock.is_truthy()));
            // Never resolved: the lock is held until the page is gone.
            if lock.is_truthy() { Promise::new(&mut |_, _| {}).into() } else { JsValue::UNDEFINED }
        });
        if request.call3(&locks, &name.as_str().into(), &options, &given).is_err() {
            let _ = resolve.call1(&JsValue::NULL, &JsValue::NULL);
        }
    });
    let answer = JsFuture::from(answered).await.unwrap_or(JsValue::NULL);
    answer.as_bool().ok_or_else(|| StoreError("this browser has no locks for this page".to_owned()))
}

/// What a future gives, unless it takes too long.
async fn in_time<T: 'static>(future: impl Future<Output = Result<T, StoreError>> + 'static) -> Result<T, StoreError> {
    let result = Rc::new(Slot::empty());
    let place = result.clone();
    let work = future_to_promise(async move {
        place.put(future.await);
        Ok(JsValue::UNDEFINED)
    });
    let patience = future_to_promise(async {
        wait::milliseconds(PATIENCE).await;
        Ok(JsValue::UNDEFINED)
    });
    let _ = JsFuture::from(Promise::race(&Array::of2(&work, &patience))).await;
    result.take().unwrap_or_else(|| Err(StoreError("the browser's database does not answer".to_owned())))
}

type Read = (Found, Vec<(Handle, String)>, u32);

/// The work in a place, its files held; of another version, or with something missing, it is none.
async fn read(database: &Database, number: u32, held: &Held) -> Result<Read, StoreError> {
    let record = database.get(SESSIONS, &number.to_string()).await?;
    let part = |key: &str| Reflect::get(&record, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let next = part("next").as_f64().unwrap_or(0.0) as u32;
    let keys: Vec<String> =
        if record.is_object() { Array::from(&part("keys")).iter().filter_map(|key| key.as_string()).collect() } else { Vec::new() };
    let mut there = Vec::new();
    for key in &keys {
        let blob = database.get(FILES, key).await?.dyn_into::<Blob>().ok();
        if let Some(handle) = blob.and_then(|blob| held.add_download(blob)) {
            there.push((handle, key.clone()));
        }
    }
    let text = part("json").as_string().filter(|_| part("version").as_f64() == Some(f64::from(VERSION)) && there.len() == keys.len());
    let session = text.and_then(|text| serde_json::from_str::<Session>(&text).ok());
    let found = session.map_or(Found::Nothing, |mut session| {
        session.files = there.iter().map(|(handle, _)| *handle).collect();
        session.parts =
            Array::from(&part("parts")).iter().filter_map(|part| part.dyn_into().ok()).map(|part: Uint8Array| part.to_vec()).collect();
        Found::Session(Box::new(session))
    });
    Ok((found, there, next))
}

/// Writes the work and its new files, and forgets the files that it does not have any more.
async fn write(place: &mut Place, writing: Option<Writing>) -> Result<(), StoreError> {
    let Place { database, number, there, next } = place;
    let (files, json, parts) = match writing {
        Some(Writing { json, parts, files }) => (files, json, parts),
        None => (Vec::new(), JsValue::UNDEFINED, Array::new()),
    };
    let mut kept = Vec::new();
    let mut new = Vec::new();
    for (handle, blob) in files {
        let known = there.iter().find(|(known, _)| *known == handle).cloned();
        kept.push(known.unwrap_or_else(|| {
            let key = format!("{number}/{next}");
            *next += 1;
            new.push((key.clone(), blob));
            (handle, key)
        }));
    }
    let gone: Vec<String> = there.iter().filter(|old| !kept.contains(old)).map(|(_, key)| key.clone()).collect();
    let record = Object::new();
    let keys: Array = kept.iter().map(|(_, key)| JsValue::from_str(key)).collect();
    for (name, value) in [
        ("version", JsValue::from(VERSION)),
        ("json", json),
        ("parts", parts.into()),
        ("keys", keys.into()),
        ("next", JsValue::from(*next)),
    ] {
        let _ = Reflect::set(&record, &name.into(), &value);
    }
    let number = number.to_string();
    let change = |stores: &[IdbObjectStore]| {
        let [sessions, files] = stores else { return Ok(()) };
        gone.iter().try_for_each(|key| files.delete(&key.as_str().into()).map(drop))?;
        new.iter().try_for_each(|(key, blob)| files.put_with_key(blob, &key.as_str().into()).map(drop))?;
        sessions.put_with_key(&record, &number.as_str().into()).map(drop)
    };
    database.change(&[SESSIONS, FILES], change).await?;
    *there = kept;
    Ok(())
}
