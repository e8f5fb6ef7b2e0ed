//! Words of other parts of the program, made fit to stand among the page's own.

/// Words of another part as a sentence.
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

/// The first line of words that may go on with where in a program they come from.
pub fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
