//! File names of pictures: which files are taken for pictures, and what a source is called.

use std::path::Path;

/// Extensions, in lower case, of the files that are taken for pictures.
const EXTENSIONS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// Whether a name has the extension of a picture.
pub fn is_picture(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}

/// The last part of a path, also of `.` and `..`.
pub fn file_name(path: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    name(path).or_else(|| path.canonicalize().ok().as_deref().and_then(name)).unwrap_or_else(|| path.display().to_string())
}
