//! What the browser remembers for the next visit. Where it remembers nothing, a choice holds for this visit.

use web_sys::Storage;

use crate::{
    message::{DeviceChoice, ModelChoice},
    page::{dom, palette::Palette, saving::Output},
};

/// The model that was chosen the last time.
pub fn remembered_model() -> ModelChoice {
    remembered("model").map_or_else(ModelChoice::default, ModelChoice::Named)
}

/// Remembers the model that was chosen.
pub fn remember_model(name: &str) {
    remember("model", name);
}

/// What to compute on, as it was chosen the last time.
pub fn remembered_device() -> DeviceChoice {
    DeviceChoice::named(&remembered("device").unwrap_or_default())
}

/// Remembers what to compute on.
pub fn remember_device(device: DeviceChoice) {
    remember("device", device.name());
}

/// The language that was chosen the last time, by its tag.
pub fn remembered_language() -> Option<String> {
    remembered("language")
}

/// Remembers the language that was chosen.
pub fn remember_language(tag: &str) {
    remember("language", tag);
}

/// How answers are saved.
pub fn remembered_output() -> Output {
    Output::of_text(&remembered("output").unwrap_or_default())
}

/// Remembers how answers are saved.
pub fn remember_output(output: &str) {
    remember("output", output);
}

/// The colours that were used last.
pub fn remembered_colours() -> Palette {
    Palette::of_text(&remembered("colours").unwrap_or_default())
}

/// Remembers the colours that were used last.
pub fn remember_colours(colours: &str) {
    remember("colours", colours);
}

fn remembered(what: &str) -> Option<String> {
    storage()?.get_item(&key(what)).ok().flatten()
}

fn remember(what: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&key(what), value);
    }
}

fn storage() -> Option<Storage> {
    dom::window().local_storage().ok().flatten()
}

/// Another copy of the page on this host has its own models.
fn key(what: &str) -> String {
    format!("infill-{what} {}", dom::base())
}
