//! Which key means what.

use super::{event::Event, palette::ColourTool, tool::Tool};

/// A key that was pressed.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The browser's name for it.
    pub name: String,
    /// With Ctrl, or with the command key.
    pub control: bool,
    /// With Shift.
    pub shift: bool,
}

/// Keys of the whole editor: undo, redo, the brush, giving up, the list of keys.
pub fn editor(key: &Key) -> Option<Event> {
    match (key.control, key.shift, key.name.as_str()) {
        (true, false, "z") => Some(Event::Undo),
        (true, true, "Z" | "z") | (true, false, "y") => Some(Event::Redo),
        (false, _, "[") => Some(Event::ResizeBrush(1.0 / 1.2)),
        (false, _, "]") => Some(Event::ResizeBrush(1.2)),
        (false, _, "?") => Some(Event::ShowKeys),
        (false, _, "Escape") => Some(Event::Cancel),
        _ => None,
    }
}

/// Keys of the canvas: the ring and what it does, tools, and zoom.
pub fn canvas(key: &Key) -> Option<Event> {
    if key.control {
        return None;
    }
    let stride = if key.shift { 4.0 } else { 1.0 };
    match key.name.as_str() {
        "+" | "=" => Some(Event::Zoom { factor: 1.25, at: None }),
        "-" => Some(Event::Zoom { factor: 0.8, at: None }),
        "0" => Some(Event::Fit),
        "ArrowLeft" => Some(Event::CursorMoved(-stride, 0.0)),
        "ArrowRight" => Some(Event::CursorMoved(stride, 0.0)),
        "ArrowUp" => Some(Event::CursorMoved(0.0, -stride)),
        "ArrowDown" => Some(Event::CursorMoved(0.0, stride)),
        " " => Some(Event::Space(true)),
        "Enter" => Some(Event::Confirm),
        "Backspace" => Some(Event::TakeCorner),
        "i" => Some(Event::ColourTool(ColourTool::Eyedropper)),
        letter => Tool::ALL.into_iter().find(|tool| tool.key() == letter).map(Event::Tool),
    }
}

/// Whether a turn of so many pixels is one of a trackpad: a wheel turns downwards or upwards only, and by many pixels at a time.
pub fn is_trackpad(x: f64, y: f64) -> bool {
    const NOTCH: f64 = 50.0;
    x != 0.0 || y.abs() < NOTCH
}

/// Keys of the slider between before and after.
pub fn compare(key: &Key) -> Option<Event> {
    match key.name.as_str() {
        "ArrowLeft" | "ArrowDown" => Some(Event::MoveCompare(-0.05)),
        "ArrowRight" | "ArrowUp" => Some(Event::MoveCompare(0.05)),
        "Home" => Some(Event::Compare(0.0)),
        "End" => Some(Event::Compare(1.0)),
        _ => None,
    }
}

/// Keys of a group of buttons of which one is chosen: whether the next is wanted, or the one before.
pub fn turn(key: &Key) -> Option<bool> {
    match key.name.as_str() {
        "ArrowRight" | "ArrowDown" => Some(true),
        "ArrowLeft" | "ArrowUp" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_and_trackpads_are_told_apart() {
        assert!(!is_trackpad(0.0, 100.0) && !is_trackpad(0.0, -120.0));
        assert!(is_trackpad(0.0, 3.0) && is_trackpad(-4.0, 60.0));
    }

    fn key(name: &str, control: bool, shift: bool) -> Key {
        Key { name: name.to_owned(), control, shift }
    }

    #[test]
    fn keys_mean_what_people_know() {
        assert_eq!(editor(&key("z", true, false)), Some(Event::Undo));
        assert_eq!(editor(&key("Z", true, true)), Some(Event::Redo));
        assert_eq!(editor(&key("y", true, false)), Some(Event::Redo));
        assert_eq!(editor(&key("z", false, false)), None);
        assert_eq!((editor(&key("Escape", false, false)), editor(&key("?", false, true))), (Some(Event::Cancel), Some(Event::ShowKeys)));
        assert_eq!(canvas(&key("Enter", false, false)), Some(Event::Confirm));
        assert_eq!(canvas(&key("w", false, false)), Some(Event::Tool(Tool::Similar)));
        assert_eq!(canvas(&key("ArrowUp", false, true)), Some(Event::CursorMoved(0.0, -4.0)));
        // The browser's own zoom stays the browser's, and Tab goes on.
        assert_eq!(canvas(&key("+", true, false)), None);
        assert_eq!(canvas(&key("Tab", false, false)).or(editor(&key("Tab", false, false))), None);
        assert_eq!(compare(&key("End", false, false)), Some(Event::Compare(1.0)));
    }
}
