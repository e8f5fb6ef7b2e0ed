//! The texts of index.html in the page's language. Those that the state decides are written by `controls`.

use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

use crate::page::{dom, language::Language};

/// Attributes that people read or hear.
const ATTRIBUTES: [&str; 3] = ["aria-label", "placeholder", "alt"];

/// A text of index.html, in English.
enum Place {
    Text(Node),
    Attribute(Element, &'static str),
}

/// Every text of index.html, and the language that they are in now.
pub struct Fixed {
    texts: Vec<(Place, String)>,
    shown: &'static str,
}

impl Fixed {
    /// The document as it arrived.
    pub fn new() -> Self {
        let mut texts = Vec::new();
        if let Some(body) = dom::document().body() {
            collect(&body, &mut texts);
        }
        Self { texts, shown: "en" }
    }

    /// Brings all of them into a language.
    pub fn show(&mut self, language: &Language) {
        if std::mem::replace(&mut self.shown, language.tag()) == language.tag() {
            return;
        }
        if let Some(document) = dom::document().document_element() {
            let _ = document.set_attribute("lang", language.tag());
            let _ = document.set_attribute("dir", language.direction());
        }
        for (place, english) in &self.texts {
            let words = english.trim();
            let text = english.replace(words, language.found(words));
            match place {
                Place::Text(node) => node.set_node_value(Some(&text)),
                Place::Attribute(element, name) => drop(element.set_attribute(name, &text)),
            }
        }
    }
}

/// Collects what stands in an element, but for what is the same in all languages.
fn collect(element: &Element, texts: &mut Vec<(Place, String)>) {
    if element.get_attribute("translate").as_deref() == Some("no") {
        return;
    }
    for name in ATTRIBUTES {
        texts.extend(element.get_attribute(name).map(|text| (Place::Attribute(element.clone(), name), text)));
    }
    let mut next = element.first_child();
    while let Some(node) = next {
        next = node.next_sibling();
        if let Some(inner) = node.dyn_ref::<Element>() {
            collect(inner, texts);
        } else if node.node_type() == Node::TEXT_NODE
            && let Some(text) = node.node_value().filter(|text| !text.trim().is_empty())
        {
            texts.push((Place::Text(node), text));
        }
    }
}
