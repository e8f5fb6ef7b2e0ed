//! File names of pictures: which files are taken for pictures, and what a source is called.

use std::path::Path;

/// Extensions, in lower case, of the files that are taken for pictures.
const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"];

/// Whether a name has the extension of a picture.
pub fn is_picture(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}

/// Folders that systems and programs keep beside pictures for themselves.
const FOREIGN: [&str; 6] = ["@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"];

/// Whether a file or folder of this name is none of the user's pictures: hidden, as `._NAME` beside every file that macOS copies,
/// or a system's own.
pub fn is_foreign(name: &str) -> bool {
    (name.starts_with('.') && name != "." && name != "..") || FOREIGN.contains(&name)
}

/// The last part of a path, also of `.` and `..`.
pub fn file_name(path: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    name(path).or_else(|| path.canonicalize().ok().as_deref().and_then(name)).unwrap_or_else(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_leave_beside_pictures_is_told_apart() {
        for name in ["._0001.png", ".thumbnails", "@eaDir", "__MACOSX", ".DS_Store"] {
            assert!(is_foreign(name), "{name}");
        }
        for name in [".", "..", "a.png", "_a.png", "@home", "a.b.png"] {
            assert!(!is_foreign(name), "{name}");
        }
    }
}
