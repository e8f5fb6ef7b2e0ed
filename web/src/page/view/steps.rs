//! The list of all that was done, as buttons, made anew when it changed.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::written::Written;
use crate::page::{dom, state::State, steps, words};

/// Writes the list where it changed. Who is in it stays at the present.
pub fn show(written: &mut Written, state: &State) {
    let (lines, present) = steps::list(state);
    let texts: Vec<String> = lines.iter().map(|line| words::step(&state.language, line)).collect();
    let free = !state.runs.is_busy();
    if !written.is_new("done-steps", "list", &format!("{texts:?} {present} {free}")) {
        return;
    }
    let list: Element = dom::element("done-steps");
    let inside = dom::document().active_element().is_some_and(|focused| list.contains(Some(&focused)));
    list.set_text_content(None);
    for (place, text) in texts.iter().enumerate() {
        let Ok(button) = dom::document().create_element("button") else { continue };
        let mut attributes = vec![("type", "button".to_owned()), ("data-step", place.to_string())];
        attributes.push(("tabindex", if place == present { "0" } else { "-1" }.to_owned()));
        attributes.extend((place == present).then(|| ("aria-current", "step".to_owned())));
        attributes.extend((place > present).then(|| ("class", "undone".to_owned())));
        attributes.extend((!free).then(|| ("disabled", String::new())));
        attributes.iter().for_each(|(name, value)| drop(button.set_attribute(name, value)));
        button.set_text_content(Some(text));
        let _ = list.append_child(&button);
        if place == present {
            let button: HtmlElement = button.unchecked_into();
            list.set_scroll_top(button.offset_top() - list.client_height() / 2);
            if inside {
                let _ = button.focus();
            }
        }
    }
}
