//! The browser's database (IndexedDB), as far as it is needed: one of two tables, read by key, and written in transactions that are
//! carried out wholly or not at all. Errors are the browser's own words.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode};

use crate::page::dom;

/// Of the tables; what stands in them has a version of its own.
const VERSION: u32 = 1;

/// What the browser has no database, no room or no lock for, in its own words where it has some.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// A database.
#[derive(Clone)]
pub struct Database(IdbDatabase);

impl Database {
    /// Opens a database, with these tables where it is new.
    ///
    /// # Errors
    /// When the browser has none for this page, as in some private windows.
    pub async fn open(name: &str, tables: &'static [&'static str]) -> Result<Self, StoreError> {
        // Some browsers have none, others refuse when it is touched.
        let factory = Reflect::get(&dom::window(), &"indexedDB".into()).map_err(|error| said(&error))?;
        let factory: IdbFactory = factory.dyn_into().map_err(|_| StoreError("this browser has no database".to_owned()))?;
        let request: IdbOpenDbRequest = factory.open_with_u32(name, VERSION).map_err(|error| said(&error))?;
        let new = request.clone();
        let make = Closure::<dyn Fn()>::new(move || {
            let database: Option<IdbDatabase> = new.result().ok().and_then(|result| result.dyn_into().ok());
            // A table that cannot be made is missed by the first transaction.
            database.iter().for_each(|database| tables.iter().for_each(|table| drop(database.create_object_store(table))));
        });
        request.set_onupgradeneeded(Some(make.as_ref().unchecked_ref()));
        let opened = answer(&request).await?;
        request.set_onupgradeneeded(None);
        opened.dyn_into().map(Self).map_err(|_| StoreError("the browser's database cannot be opened".to_owned()))
    }

    /// What stands under a key; undefined where nothing does.
    ///
    /// # Errors
    /// When the browser cannot read it.
    pub async fn get(&self, table: &str, key: &str) -> Result<JsValue, StoreError> {
        let transaction = self.0.transaction_with_str(table).map_err(|error| said(&error))?;
        let store = transaction.object_store(table).map_err(|error| said(&error))?;
        answer(&store.get(&key.into()).map_err(|error| said(&error))?).await
    }

    /// Changes tables; all of it or nothing.
    ///
    /// # Errors
    /// When the browser has no room, or cannot write.
    pub async fn change(&self, tables: &[&str], change: impl FnOnce(&[IdbObjectStore]) -> Result<(), JsValue>) -> Result<(), StoreError> {
        let names: js_sys::Array = tables.iter().map(|table| JsValue::from_str(table)).collect();
        let mode = IdbTransactionMode::Readwrite;
        let transaction = self.0.transaction_with_str_sequence_and_mode(&names, mode).map_err(|error| said(&error))?;
        let stores = tables.iter().map(|table| transaction.object_store(table)).collect::<Result<Vec<_>, _>>();
        let begun = stores.and_then(|stores| change(&stores));
        if let Err(error) = begun {
            let _ = transaction.abort();
            return Err(said(&error));
        }
        finished(&transaction).await
    }
}

/// Waits for a request.
async fn answer(request: &IdbRequest) -> Result<JsValue, StoreError> {
    let promise = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => request.result().map_err(|error| said(&error)),
        Err(_) => Err(request.error().ok().flatten().map_or_else(|| said(&JsValue::UNDEFINED), |error| said(&error))),
    }
}

async fn finished(transaction: &IdbTransaction) -> Result<(), StoreError> {
    let promise = Promise::new(&mut |resolve: Function, reject: Function| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    JsFuture::from(promise).await.map(drop).map_err(|_| {
        let error = transaction.error().map_or(JsValue::UNDEFINED, JsValue::from);
        said(&error)
    })
}

fn said(error: &JsValue) -> StoreError {
    let part = |key: &str| Reflect::get(error, &key.into()).ok().and_then(|text| text.as_string()).filter(|text| !text.is_empty());
    StoreError(part("message").or_else(|| part("name")).unwrap_or_else(|| "the browser does not say why".to_owned()))
}
