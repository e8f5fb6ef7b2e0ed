//! Files that come in: pictures and models. Several may be on their way at once; the last one asked for is shown.

use super::{documents, models};
use crate::page::{
    document::{Document, Picture},
    effect::Effect,
    handle::Handle,
    notice::{Notice, Status},
    state::State,
};

/// A file was chosen, dropped or pasted.
pub fn given(state: &mut State, file: Handle, name: String) -> Vec<Effect> {
    if state.runs.is_busy() {
        state.notice = Some(Notice::Busy);
        return Vec::new();
    }
    if let Some(stem) = name.strip_suffix(".infill") {
        return models::offer(state, stem.to_owned(), file);
    }
    state.load += 1;
    vec![Effect::Decode { load: state.load, file, name }]
}

/// A picture was decoded, or could not be.
pub fn decoded(state: &mut State, load: u32, result: Result<Picture, Notice>) {
    if load != state.load {
        return;
    }
    match result {
        Err(notice) => state.notice = Some(notice),
        // It was asked for before the run.
        Ok(_) if state.runs.is_busy() => state.notice = Some(Notice::Busy),
        Ok(picture) => {
            state.status = Status::Opened { width: picture.width, height: picture.height };
            (state.earlier, state.later) = (Vec::new(), Vec::new());
            documents::show(state, Document::new(picture));
        }
    }
}
