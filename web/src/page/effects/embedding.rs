//! Tells the site around the page what happened, as messages (docs/embedding.md).

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::page::{dom, embedding::Told, held::Held};

/// Tells it; where no site has spoken yet, each that may. A site of another origin does not get what is not for it.
pub fn tell(origin: Option<&str>, told: &Told, held: &Held) {
    let Some(around) = dom::parent() else { return };
    let origins = origin.map_or_else(dom::embedding_origins, |origin| vec![origin.to_owned()]);
    let message = message(told, held);
    for origin in origins {
        let _ = around.post_message(&message, &origin);
    }
}

fn message(told: &Told, held: &Held) -> JsValue {
    let message = Object::new();
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(&message, &name.into(), &value);
    };
    let size = |width: usize, height: usize| {
        set("width", (width as f64).into());
        set("height", (height as f64).into());
    };
    set("infill", 1.into());
    let kind = match told {
        Told::Ready { tasks } => {
            set("tasks", tasks.iter().map(|task| JsValue::from(task.to_string())).collect::<Array>().into());
            "ready"
        }
        Told::Opened { width, height } => {
            size(*width, *height);
            "opened"
        }
        Told::Progress(done) => {
            set("done", (*done).into());
            "progress"
        }
        Told::Result { file, width, height, seed } => {
            size(*width, *height);
            set("seed", (*seed as f64).into());
            set("picture", held.file(*file).into());
            "result"
        }
        Told::Ended => "ended",
        Told::Problem(text) => {
            set("message", text.into());
            "problem"
        }
    };
    set("type", kind.into());
    message.into()
}
