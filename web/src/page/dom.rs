//! The browser's window, and the document's elements by id, typed. Every id here is in index.html; a missing one is a
//! fault of the build, and stops the page with its name.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Document, HtmlCanvasElement, Window};

/// The window.
pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// The document.
pub fn document() -> Document {
    window().document().expect("the window has a document")
}

/// The window that this one is a frame of.
pub fn parent() -> Option<Window> {
    let window = window();
    window.parent().ok().flatten().filter(|around| *around != window)
}

/// The origins of the sites that may speak with the page from around its frame, as the page names them.
pub fn embedding_origins() -> Vec<String> {
    let named = document().body().and_then(|body| body.get_attribute("data-embed")).unwrap_or_default();
    named.split_whitespace().map(str::to_owned).collect()
}

/// The languages that the visitor wants, by their tags, the dearest first.
pub fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

/// The element with an id.
pub fn element<T: JsCast>(id: &str) -> T {
    let found: Option<T> = document().get_element_by_id(id).and_then(|element| element.dyn_into().ok());
    found.unwrap_or_else(|| panic!("index.html has no element `{id}` of the right kind"))
}

/// The folder the page is in.
pub fn base() -> String {
    let address = document().base_uri().ok().flatten().unwrap_or_default();
    let address = address.split(['?', '#']).next().unwrap_or_default();
    address.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}

/// Milliseconds since the page began.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// The machine's processors, as many as the browser says that there are.
pub fn processors() -> usize {
    window().navigator().hardware_concurrency() as usize
}

/// The machine's memory in gigabytes, where the browser says about how much it is.
pub fn gigabytes() -> Option<f64> {
    js_sys::Reflect::get(&window().navigator(), &"deviceMemory".into()).ok()?.as_f64()
}

/// A canvas that is not in the document.
pub fn new_canvas(width: usize, height: usize) -> HtmlCanvasElement {
    let canvas: HtmlCanvasElement = document().create_element("canvas").expect("a canvas can be made").unchecked_into();
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    canvas
}

/// The 2D context of a canvas that is shown; a browser that has no memory for one more canvas gives none.
///
/// # Errors
/// When there is none.
pub fn context(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    got(canvas.get_context("2d")?)
}

/// The same of a canvas in this program's reach, not in a graphics card's: it is read, or kept to be drawn from.
///
/// # Errors
/// When there is none.
pub fn readable(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    let options = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE);
    got(canvas.get_context_with_context_options("2d", &options)?)
}

fn got(context: Option<js_sys::Object>) -> Result<CanvasRenderingContext2d, JsValue> {
    context.map(JsCast::unchecked_into).ok_or_else(|| JsValue::from_str("the browser has no memory for one more canvas"))
}
