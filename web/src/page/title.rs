//! What the browser's tab says of the page: what is under way, or which picture is open.

use infill::task::TaskKind;

use super::state::State;

/// The title while nothing is open, as in index.html.
const PLAIN: &str = "Infill: fill, extend, colour and repair pictures";

/// The title of a state.
pub fn title(state: &State) -> String {
    let name = state.document.as_ref().map(|document| document.picture.name.as_str());
    match (state.phase(), name) {
        ("running", _) => format!("{}…{} – Infill", under_way(state.task), share(state.runs.progress)),
        ("failed", _) => "Not done – Infill".to_owned(),
        ("done", Some(name)) => format!("Done: {name} – Infill"),
        (_, Some(name)) => format!("{name} – Infill"),
        (_, None) => PLAIN.to_owned(),
    }
}

fn under_way(task: TaskKind) -> &'static str {
    match task {
        TaskKind::Inpaint => "Filling",
        TaskKind::Uncrop => "Extending",
        TaskKind::Colorize => "Colouring",
        TaskKind::Restore => "Repairing",
    }
}

/// How much of a run is done, 0 to 1, in words.
fn share(done: f64) -> String {
    match (100.0 * done) as u32 {
        0 => String::new(),
        percent => format!(" {percent} %"),
    }
}
