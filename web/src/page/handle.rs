//! A number for something that the browser holds for the page and the page only passes on: a file, or bytes that a
//! worker sent. What it stands for is in `held`.

/// The number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(pub u32);
