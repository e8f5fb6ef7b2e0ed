//! What the browser's tab says of the page: what is under way, or which picture is open.

use infill::task::TaskKind;

use super::{
    language::{Text, say},
    state::State,
};

/// The title of a state.
pub fn title(state: &State) -> String {
    let language = &state.language;
    let name = state.document.as_ref().map(|document| document.picture.name.as_str());
    match (state.phase(), name) {
        ("running", _) => {
            let percent = (100.0 * state.runs.progress) as u32;
            match state.task {
                TaskKind::Inpaint => say!(language, "Filling… {percent} % – Infill", percent = percent),
                TaskKind::Uncrop => say!(language, "Extending… {percent} % – Infill", percent = percent),
                TaskKind::Colorize => say!(language, "Colouring… {percent} % – Infill", percent = percent),
                TaskKind::Restore => say!(language, "Repairing… {percent} % – Infill", percent = percent),
            }
        }
        ("failed", _) => language.text(Text("Not done – Infill")),
        ("done", Some(name)) => say!(language, "Done: {name} – Infill", name = name),
        (_, Some(name)) => format!("{name} – Infill"),
        // As in index.html.
        (_, None) => language.text(Text("Infill: fill, extend, colour and repair pictures")),
    }
}
