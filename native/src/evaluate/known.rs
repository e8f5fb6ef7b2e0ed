//! Pictures that a model has seen: figures measured on them say little. How far a model file tells what it was trained on is
//! `DatasetRecord`'s.

use crate::pictures::DatasetRecord;

/// The sources of `data` that are among those that the model of `file` was trained on, as far as its file says. Warns of them.
pub fn known_pictures(file: &str, data: &DatasetRecord, trained_on: Option<&DatasetRecord>) -> Vec<String> {
    let known = trained_on.map_or_else(Vec::new, |trained_on| data.sources_in(trained_on));
    if !known.is_empty() {
        tracing::warn!(
            "{file} was trained on what looks like the same pictures ({}); the figures say nothing about pictures that it has not seen",
            known.join(", ")
        );
    }
    known
}

/// The same as a paragraph of a report; nothing where there are none.
pub fn paragraph(known: &[String]) -> String {
    if known.is_empty() {
        return String::new();
    }
    format!(
        "**The model was trained on what looks like the same pictures ({}). The figures say nothing about pictures that it has not seen.**\n\n",
        known.join(", ")
    )
}
