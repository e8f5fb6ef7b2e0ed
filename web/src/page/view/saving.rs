//! How answers are saved: the button, and what is set for it.

use super::written::{self, Written};
use crate::{
    message::FileKind,
    page::{language::say, state::State, words},
};

/// Writes what changed.
pub fn show(written: &mut Written, state: &State) {
    let answer = state.answer().map(|answer| (answer.metadata.kind, answer.width, answer.height));
    let picture = state.document.as_ref().map(|document| &document.picture);
    let own = answer.or(picture.map(|picture| (picture.metadata.kind, picture.width, picture.height)));
    let (own, width, height) = own.unwrap_or_default();
    let kind = state.output.kind(own, width, height);
    written.text("download", &say!(&state.language, "Download {kind}", kind = kind.name()));
    written.enable("download", state.saving.wanted.is_none());
    for (id, offered) in [("save-as-jpeg", FileKind::Jpeg), ("save-as-webp", FileKind::WebP)] {
        written.enable(id, width.max(height) <= offered.most_side());
    }
    written::select("save-as", kind.ending());
    written.show("quality-row", kind != FileKind::Png);
    written.text("quality-value", &state.output.quality.to_string());
    written::check("keep-exif", state.output.exif);
    written.text("save-note", &words::output(&state.language, kind));
}
