//! The tasks as they stand in the page. A new task is an arm in each of these, and a button with its id in index.html.

use infill::task::TaskKind;

use super::{language::Text, tool::Tool};

/// The id of a task's button.
pub fn id(task: TaskKind) -> &'static str {
    match task {
        TaskKind::Inpaint => "task-inpaint",
        TaskKind::Uncrop => "task-uncrop",
        TaskKind::Colorize => "task-colorize",
        TaskKind::Restore => "task-restore",
    }
}

/// What the button says that begins a run.
pub fn verb(task: TaskKind) -> Text {
    match task {
        TaskKind::Inpaint => Text("Fill"),
        TaskKind::Uncrop => Text("Extend"),
        TaskKind::Colorize => Text("Colour"),
        TaskKind::Restore => Text("Repair"),
    }
}

/// What to do, in one line.
pub fn hint(task: TaskKind, tool: Tool) -> Text {
    match task {
        TaskKind::Inpaint if tool == Tool::Polygon => Text(
            "Put down corner after corner. The first corner, a double click or Enter closes the outline; Backspace takes the last corner away.",
        ),
        TaskKind::Inpaint if tool == Tool::Similar => {
            Text("Press on a colour: what is joined to it and like it is marked. A higher tolerance takes in more.")
        }
        TaskKind::Inpaint => {
            Text("Paint over what is to be replaced; the area grows by a few pixels. Everything else stays exactly as it is.")
        }
        TaskKind::Uncrop => Text("Pull the frame outwards by its sides, or enter pixels."),
        TaskKind::Colorize => Text(
            "Gives the picture new colours; its brightness stays. Where you know a colour, paint a dab of it: it spreads over what is alike.",
        ),
        TaskKind::Restore => Text("Removes the blocks and ringing of JPEG compression."),
    }
}

/// What the button says that goes from an answer to what it is the answer to; none where there is nothing to change.
pub fn change(task: TaskKind) -> Option<Text> {
    match task {
        TaskKind::Inpaint | TaskKind::Uncrop => Some(Text("Change the area")),
        TaskKind::Colorize => Some(Text("Change the colours")),
        TaskKind::Restore => None,
    }
}

/// What a result's file name ends in.
pub fn ending(task: TaskKind) -> &'static str {
    match task {
        TaskKind::Inpaint => "filled",
        TaskKind::Uncrop => "extended",
        TaskKind::Colorize => "coloured",
        TaskKind::Restore => "repaired",
    }
}
