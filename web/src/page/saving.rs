//! An answer on its way into a file: one that is not as the run made it is written by the worker first.

use super::handle::Handle;
use crate::message::FileKind;

/// How answers are saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The kind of the file; none where it is that of the picture's own.
    pub kind: Option<FileKind>,
    /// Quality of a lossy file, 1 to 100.
    pub quality: u8,
    /// Whether date, place and camera go along.
    pub exif: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self { kind: None, quality: 90, exif: true }
    }
}

impl Output {
    /// As it was remembered, see [`Self::to_text`].
    pub fn of_text(text: &str) -> Self {
        let (quality, exif) = text.split_once(' ').unwrap_or_default();
        let own = Self::default();
        let quality = quality.parse().ok().filter(|quality| (1..=100).contains(quality)).unwrap_or(own.quality);
        Self { quality, exif: exif != "without", ..own }
    }

    /// What is remembered for the next visit: all but the kind, which is a matter of the picture.
    pub fn to_text(&self) -> String {
        format!("{} {}", self.quality, if self.exif { "with" } else { "without" })
    }

    /// The kind of the file that a picture of this size and kind becomes. What is too large for others is a PNG.
    pub fn kind(&self, own: FileKind, width: usize, height: usize) -> FileKind {
        Some(self.kind.unwrap_or(own)).filter(|kind| width.max(height) <= kind.most_side()).unwrap_or_default()
    }
}

/// What a file is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The visitor gets it.
    Download,
    /// The answer becomes the picture that is edited.
    Keep,
}

/// All about it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Saving {
    /// Counts the files that were asked for; an earlier one is no news.
    pub number: u32,
    /// What the file is made for that is on its way, and the answer's own file, by which it is known.
    pub wanted: Option<(Use, Handle)>,
    /// The file that was made last: the browser may be saving it still.
    pub written: Option<Handle>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_the_pictures_own_unless_chosen_and_what_is_too_large_is_a_png() {
        let own = Output::default();
        let chosen = Output { kind: Some(FileKind::WebP), ..own.clone() };
        assert_eq!((own.kind(FileKind::Jpeg, 9, 9), chosen.kind(FileKind::Jpeg, 9, 9)), (FileKind::Jpeg, FileKind::WebP));
        assert_eq!((own.kind(FileKind::Jpeg, 65_536, 9), chosen.kind(FileKind::Jpeg, 9, 16_384)), (FileKind::Png, FileKind::Png));
    }

    #[test]
    fn quality_and_exif_are_remembered_and_nonsense_is_not() {
        let set = Output { quality: 71, exif: false, kind: None };
        assert_eq!(Output::of_text(&set.to_text()), set);
        for nonsense in ["", "0 with", "900 with", "x"] {
            assert_eq!(Output::of_text(nonsense), Output::default());
        }
    }
}
