//! Messages of the site that shows this page in a frame, where the page names it in `data-embed`.

use infill::task::UnknownTask;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, EventTarget, File, MessageEvent};

use crate::page::{
    dom,
    embedding::{RunWish, Wish},
    event::{Event, Sink},
    held::Held,
    listener::Listener,
};

/// The version of the messages.
const VERSION: f64 = 1.0;

/// Why a message is no wish.
#[derive(Debug, thiserror::Error)]
enum NoWish {
    #[error("there is no message `{0}`; there are open, run and cancel")]
    Kind(String),
    #[error("`open` has no `picture`; give a Blob or a File")]
    NoPicture,
    #[error("`{0}` is neither a Blob nor a File")]
    NoBlob(&'static str),
    #[error(transparent)]
    Task(#[from] UnknownTask),
    #[error("`seed` is no whole number from 0 on")]
    Seed,
    #[error("`extend` is not four whole numbers of pixels: left, top, right, bottom")]
    Extend,
}

/// Listens, if there is such a site; says so first, because the page then leaves the work's keeping to it.
pub fn listen(sink: &Sink, held: &Held) -> Option<Listener> {
    let origins = dom::embedding_origins();
    let around = dom::parent().filter(|_| !origins.is_empty())?;
    sink(Event::Embedded);
    let (sink, held, window) = (sink.clone(), held.clone(), dom::window());
    Some(Listener::new(&EventTarget::from(window), "message", move |message: MessageEvent| {
        let from_around = message.source().is_some_and(|source| JsValue::from(source) == *AsRef::<JsValue>::as_ref(&around));
        let (origin, data) = (message.origin(), message.data());
        // Browsers' own extensions and tools send messages too.
        if from_around && origins.contains(&origin) && get(&data, "infill").as_f64() == Some(VERSION) {
            sink(Event::Wished { origin, wish: wish(&data, &held).unwrap_or_else(|error| Wish::Unknown(error.to_string())) });
        }
    }))
}

fn get(data: &JsValue, name: &str) -> JsValue {
    Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// What is wished for, or what is wrong with it.
fn wish(data: &JsValue, held: &Held) -> Result<Wish, NoWish> {
    let kind = get(data, "type").as_string().unwrap_or_default();
    match kind.as_str() {
        "open" => {
            let picture = blob(data, "picture")?.ok_or(NoWish::NoPicture)?;
            let own = picture.dyn_ref::<File>().map(File::name);
            let name = get(data, "name").as_string().or(own).unwrap_or_else(|| "picture".to_owned());
            let mask = blob(data, "mask")?.map(|mask| held.add_file(mask));
            Ok(Wish::Open { picture: held.add_file(picture), name, mask })
        }
        "run" => {
            let task = match get(data, "task").as_string() {
                Some(name) => Some(name.parse()?),
                None => None,
            };
            Ok(Wish::Run(RunWish { task, extend: extend(&get(data, "extend"))?, seed: seed(&get(data, "seed"))? }))
        }
        "cancel" => Ok(Wish::Cancel),
        _ => Err(NoWish::Kind(kind)),
    }
}

fn blob(data: &JsValue, name: &'static str) -> Result<Option<Blob>, NoWish> {
    let value = get(data, name);
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    value.dyn_into().map(Some).map_err(|_| NoWish::NoBlob(name))
}

fn seed(value: &JsValue) -> Result<Option<u64>, NoWish> {
    if value.is_undefined() {
        return Ok(None);
    }
    whole(value).map(|seed| Some(seed as u64)).ok_or(NoWish::Seed)
}

fn extend(value: &JsValue) -> Result<Option<[usize; 4]>, NoWish> {
    if value.is_undefined() {
        return Ok(None);
    }
    let sides: Option<Vec<usize>> = Array::is_array(value).then(|| Array::from(value).iter().map(|side| whole(&side)).collect()).flatten();
    let sides = sides.and_then(|sides| sides.try_into().ok());
    sides.map(Some).ok_or(NoWish::Extend)
}

fn whole(value: &JsValue) -> Option<usize> {
    value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(number)).map(|number| number as usize)
}
