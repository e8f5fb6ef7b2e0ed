//! The tools of colouring, and the colours that were used last.

use infill::task::TaskKind;
use web_sys::HtmlElement;

use super::written::{self, Written};
use crate::page::{
    dom,
    palette::{self, ColourTool, SWATCHES},
    state::State,
    words,
};

/// Writes what changed.
pub fn show(written: &mut Written, state: &State) {
    written.show("colour-tools", state.task == TaskKind::Colorize);
    for tool in ColourTool::ALL {
        written.choose(tool.id(), state.palette.tool == tool);
        written.enable(tool.id(), !state.runs.is_busy());
    }
    written::set_value("colour", &palette::code(state.palette.colour));
    written.show("swatches", !state.palette.recent.is_empty());
    for (place, id) in SWATCHES.into_iter().enumerate() {
        let colour = state.palette.recent.get(place);
        written.show(id, colour.is_some());
        let Some(colour) = colour else { continue };
        let code = palette::code(*colour);
        if written.is_new(id, "colour", &code) {
            let _ = dom::element::<HtmlElement>(id).style().set_property("background", &code);
        }
        let name = words::colour(&state.language, *colour);
        ["aria-label", "title"].into_iter().for_each(|attribute| written.attribute(id, attribute, &name));
    }
}
