//! Writes to elements, and only what is not there already.

use std::collections::BTreeMap;

use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement};

use crate::page::dom;

/// What was written last, by element and attribute.
#[derive(Default)]
pub struct Written(BTreeMap<(&'static str, &'static str), String>);

impl Written {
    /// Remembers what is wanted; whether something else was written before.
    pub fn is_new(&mut self, id: &'static str, what: &'static str, wanted: &str) -> bool {
        if self.0.get(&(id, what)).is_some_and(|written| written == wanted) {
            return false;
        }
        self.0.insert((id, what), wanted.to_owned());
        true
    }

    /// Shows or hides an element.
    pub fn show(&mut self, id: &'static str, shown: bool) {
        if self.is_new(id, "hidden", if shown { "no" } else { "yes" }) {
            dom::element::<HtmlElement>(id).set_hidden(!shown);
        }
    }

    /// Sets an element's text.
    pub fn text(&mut self, id: &'static str, text: &str) {
        if self.is_new(id, "text", text) {
            dom::element::<Element>(id).set_text_content(Some(text));
        }
    }

    /// Sets an attribute.
    pub fn attribute(&mut self, id: &'static str, name: &'static str, value: &str) {
        if self.is_new(id, name, value) {
            let _ = dom::element::<Element>(id).set_attribute(name, value);
        }
    }

    /// Switches a button or input on or off.
    pub fn enable(&mut self, id: &'static str, enabled: bool) {
        if self.is_new(id, "disabled", if enabled { "no" } else { "yes" }) {
            let element = dom::element::<Element>(id);
            let _ = if enabled { element.remove_attribute("disabled") } else { element.set_attribute("disabled", "") };
        }
    }

    /// Marks a button of a group as the chosen one, at which the Tab key stops.
    pub fn choose(&mut self, id: &'static str, chosen: bool) {
        self.attribute(id, "aria-checked", if chosen { "true" } else { "false" });
        self.attribute(id, "tabindex", if chosen { "0" } else { "-1" });
    }
}

/// Sets an input's value, where people may have entered another.
pub fn set_value(id: &str, value: &str) {
    let input: HtmlInputElement = dom::element(id);
    if input.value() != value {
        input.set_value(value);
    }
}

/// Chooses an option of a list, where people may have chosen another.
pub fn select(id: &str, value: &str) {
    let list: HtmlSelectElement = dom::element(id);
    if list.value() != value {
        list.set_value(value);
    }
}

/// Ticks a box, or takes the tick away.
pub fn check(id: &str, wanted: bool) {
    let input: HtmlInputElement = dom::element(id);
    if input.checked() != wanted {
        input.set_checked(wanted);
    }
}

/// The id of the element that has the focus, or nothing.
pub fn focused() -> String {
    dom::document().active_element().map(|element| element.id()).unwrap_or_default()
}

/// Moves the focus.
pub fn focus(id: &str) {
    let _ = dom::element::<HtmlElement>(id).focus();
}

/// Whether an element can have the focus.
pub fn is_usable(id: &str) -> bool {
    let element: HtmlElement = dom::element(id);
    !element.has_attribute("disabled") && element.offset_parent().is_some()
}
