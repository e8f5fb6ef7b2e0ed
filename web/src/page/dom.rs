//! The document's elements by id, typed. Every id here is in index.html; a missing one is a fault of
//! the build, and stops the page with its name.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Document, Element, HtmlCanvasElement, HtmlElement, HtmlInputElement, Window};

/// The window.
pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// The document.
pub fn document() -> Document {
    window().document().expect("the window has a document")
}

/// The element with an id.
pub fn element<T: JsCast>(id: &str) -> T {
    let found: Option<T> = document().get_element_by_id(id).and_then(|element| element.dyn_into().ok());
    found.unwrap_or_else(|| panic!("index.html has no element `{id}` of the right kind"))
}

/// Shows or hides an element.
pub fn show(id: &str, shown: bool) {
    element::<HtmlElement>(id).set_hidden(!shown);
}

/// Sets an element's text.
pub fn text(id: &str, text: &str) {
    element::<Element>(id).set_text_content(Some(text));
}

/// Sets an attribute.
pub fn attribute(id: &str, name: &str, value: &str) {
    let _ = element::<Element>(id).set_attribute(name, value);
}

/// Switches a button or input on or off.
pub fn enable(id: &str, enabled: bool) {
    let element = element::<Element>(id);
    let _ = if enabled { element.remove_attribute("disabled") } else { element.set_attribute("disabled", "") };
}

/// Marks a button of a group as the chosen one, at which the Tab key stops.
pub fn choose(id: &str, chosen: bool) {
    attribute(id, "aria-checked", if chosen { "true" } else { "false" });
    attribute(id, "tabindex", if chosen { "0" } else { "-1" });
}

/// The id of the element that has the focus, or nothing.
pub fn focused() -> String {
    document().active_element().map(|element| element.id()).unwrap_or_default()
}

/// Moves the focus to another element when the one that had it was switched off or hidden.
pub fn keep_focus(before: &str, instead: &str) {
    const GIVING_WAY: [&str; 4] = ["run", "cancel", "keep", "discard"];
    if !GIVING_WAY.contains(&before) {
        return;
    }
    let usable = |element: &HtmlElement| !element.has_attribute("disabled") && element.offset_parent().is_some();
    if !usable(&element(before)) {
        let _ = element::<HtmlElement>(instead).focus();
    }
}

/// The number in an input, if it is one.
pub fn number(id: &str) -> Option<f64> {
    Some(element::<HtmlInputElement>(id).value_as_number()).filter(|value| value.is_finite())
}

/// Sets an input's value.
pub fn set_value(id: &str, value: &str) {
    element::<HtmlInputElement>(id).set_value(value);
}

/// What the page is doing, for style sheets and tests.
pub fn set_state(state: &str) {
    if let Some(body) = document().body() {
        let _ = body.set_attribute("data-state", state);
    }
}

/// A canvas that is not in the document.
pub fn new_canvas(width: usize, height: usize) -> HtmlCanvasElement {
    let canvas: HtmlCanvasElement = document().create_element("canvas").expect("a canvas can be made").unchecked_into();
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    canvas
}

/// A canvas's 2D context.
pub fn context(canvas: &HtmlCanvasElement) -> CanvasRenderingContext2d {
    let options = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE);
    let context = canvas.get_context_with_context_options("2d", &options).ok().flatten();
    context.map(JsCast::unchecked_into).expect("a canvas has a 2D context")
}
