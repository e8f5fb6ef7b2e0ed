//! Which model is used: one of the page's list, remembered for the next visit, or a file of the visitor's.

use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, EventTarget, File, HtmlSelectElement, Storage};

use super::{app::App, dom, listener::Listener, worker_client::base};
use crate::message::{ListedModel, ModelChoice, ToWorker};

/// The option that stands for the visitor's own file; no model file has this name.
const OWN: &str = "/";

/// Listens to the choice.
pub fn wire(app: &Rc<App>) {
    let held = app.clone();
    let select: EventTarget = dom::element("model");
    app.keep(Listener::new(&select, "change", move |_: Event| {
        let name = dom::element::<HtmlSelectElement>("model").value();
        if name == OWN { held.send_own_model() } else { held.choose_model(&name) }
    }));
}

/// What the visitor chose the last time.
pub fn remembered() -> ModelChoice {
    let name = storage().and_then(|storage| storage.get_item(&key()).ok().flatten());
    name.map_or(ModelChoice::First, ModelChoice::Named)
}

fn storage() -> Option<Storage> {
    dom::window().local_storage().ok().flatten()
}

/// Another copy of the page on this host has its own models.
fn key() -> String {
    format!("infill-model {}", base())
}

impl App {
    /// Shows the list, where there is something to choose.
    pub fn list_models(&self, listed: Vec<ListedModel>) {
        self.change().listed = listed;
        self.show_models();
    }

    /// Brings the list in line with the model in use.
    pub fn show_models(&self) {
        let state = self.state();
        let select: HtmlSelectElement = dom::element("model");
        let option = |value: &str, text: &str| {
            if let Ok(option) = web_sys::HtmlOptionElement::new_with_text_and_value(text, value) {
                let _ = select.append_child(&option);
            }
        };
        select.set_text_content(None);
        for model in &state.listed {
            option(&model.name, &format!("{} ({:.1} MB)", model.name, model.size as f64 / 1e6));
        }
        let own = state.own_model.as_ref();
        if let Some((name, _)) = own {
            option(OWN, &format!("{name} (your file)"));
        }
        let used: &str = match (&state.model, &state.model_choice) {
            (Some(model), _) if model.own => OWN,
            (Some(model), _) => &model.name,
            (None, ModelChoice::Own) => OWN,
            (None, ModelChoice::Named(name)) => name,
            (None, ModelChoice::First) => state.listed.first().map_or("", |model| &model.name),
        };
        select.set_value(used);
        dom::show("model-row", state.listed.len() + usize::from(own.is_some()) > 1);
    }

    /// Uses another model of the list.
    fn choose_model(&self, name: &str) {
        if let Some(storage) = storage() {
            // Where nothing can be remembered the choice holds for this visit.
            let _ = storage.set_item(&key(), name);
        }
        let mut state = self.change();
        (state.model, state.model_choice) = (None, ModelChoice::Named(name.to_owned()));
        drop(state);
        self.hide_message();
        dom::set_state("loading");
        self.say(&ToWorker::FetchModel { model: ModelChoice::Named(name.to_owned()) }, &[]);
        self.refresh();
    }

    /// Uses a model file of the visitor's own. It is read again for every new worker, and held by none.
    pub fn use_own_model(self: &Rc<Self>, file: File) {
        let name = file.name();
        let stem = name.strip_suffix(".infill").unwrap_or(&name).to_owned();
        self.change().offered_model = Some((stem, file));
        self.send_own_model();
    }

    /// Sends the visitor's file to the worker.
    pub fn send_own_model(self: &Rc<Self>) {
        let state = self.state();
        let Some((name, file)) = state.offered_model.clone().or(state.own_model.clone()) else { return };
        drop(state);
        let app = self.clone();
        spawn_local(async move {
            // A file that cannot be read is empty, and the worker says what it thinks of that.
            let bytes = JsFuture::from(file.array_buffer())
                .await
                .map_or_else(|_| Uint8Array::new(&JsValue::NULL), |buffer| Uint8Array::new(&buffer));
            app.say(&ToWorker::UseModel { name }, &[bytes]);
        });
    }
}
