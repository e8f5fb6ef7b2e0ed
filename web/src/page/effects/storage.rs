//! What the browser remembers for the next visit. Where it remembers nothing, a choice holds for this visit.

use web_sys::Storage;

use crate::{message::ModelChoice, page::dom};

/// The model that was chosen the last time.
pub fn remembered_model() -> ModelChoice {
    let name = storage().and_then(|storage| storage.get_item(&key()).ok().flatten());
    name.map_or(ModelChoice::First, ModelChoice::Named)
}

/// Remembers the model that was chosen.
pub fn remember_model(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&key(), name);
    }
}

fn storage() -> Option<Storage> {
    dom::window().local_storage().ok().flatten()
}

/// Another copy of the page on this host has its own models.
fn key() -> String {
    format!("infill-model {}", dom::base())
}
