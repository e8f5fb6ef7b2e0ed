//! Files that come in: pictures and models. Several may be on their way at once; the last one asked for is shown.
//!
//! The worker decodes pictures, to the file's own samples. What it does not know the browser decodes.

use infill::mask::Mask;

use super::{documents, keeping, models};
use crate::{
    message::{LARGEST, Undecoded},
    page::{
        document::Document,
        effect::Effect,
        handle::Handle,
        marks::Marks,
        notice::{Notice, Status},
        opening::{Opening, Purpose},
        picture::Picture,
        state::State,
    },
};

/// How the names of models end: our own, and checkpoints of PyTorch.
const MODELS: [&str; 4] = [".infill", ".pth", ".pt", ".safetensors"];

/// A file was chosen, dropped or pasted.
pub fn given(state: &mut State, file: Handle, name: String) -> Vec<Effect> {
    if state.runs.is_busy() {
        state.notice = Some(Notice::Busy { name });
        return Vec::new();
    }
    if let Some(stem) = MODELS.iter().find_map(|ending| name.strip_suffix(ending)) {
        return models::offer(state, stem.to_owned(), file);
    }
    if keeping::asks_first(state, file, &name) {
        return Vec::new();
    }
    state.load += 1;
    state.status = Status::Opening { name: name.clone() };
    state.opening = Some(Opening::new(state.load, file, name));
    decode(state)
}

/// Has the file decoded that is being opened, by who is there: a worker that starts is asked when it listens.
pub fn decode(state: &State) -> Vec<Effect> {
    let Some(Opening { load, file, name, picture: None, .. }) = &state.opening else { return Vec::new() };
    let (load, file) = (*load, *file);
    match (state.models.alive, state.models.listens) {
        (true, true) => vec![Effect::Decode { load, file }],
        (true, false) => Vec::new(),
        (false, _) => vec![Effect::DecodeHere { load, file, name: name.clone() }],
    }
}

/// The worker did not decode a picture.
pub fn not_decoded(state: &mut State, load: u32, cause: Undecoded) -> Vec<Effect> {
    let Some(name) = name_of(state, load) else { return Vec::new() };
    match cause {
        Undecoded::Unknown => {
            let file = state.opening.iter().map(|opening| opening.file);
            file.map(|file| Effect::DecodeHere { load, file, name: name.clone() }).collect()
        }
        Undecoded::TooLarge { width, height } => refuse(state, Notice::TooLarge { width, height }),
        Undecoded::Damaged { detail } => refuse(state, Notice::Damaged { name, detail }),
    }
}

/// A picture was decoded, or could not be. Whether it can be shown the browser is asked.
pub fn decoded(state: &mut State, load: u32, result: Result<Picture, Notice>) -> Vec<Effect> {
    // Nobody waits any more for the one before, nor for the same once more.
    let Some(opening) = state.opening.as_mut().filter(|opening| opening.load == load && opening.picture.is_none()) else {
        return Vec::new();
    };
    match result {
        Err(notice) => refuse(state, notice),
        Ok(Picture { width, height, .. }) if width.saturating_mul(height) > LARGEST => refuse(state, Notice::TooLarge { width, height }),
        Ok(picture) => {
            let size = (picture.width, picture.height);
            opening.picture = Some(picture);
            vec![Effect::Probe { purpose: Purpose::Picture(load), size }]
        }
    }
}

/// It is known whether the browser can show the picture.
pub fn probed(state: &mut State, load: u32, fits: bool) -> Vec<Effect> {
    let Some(Opening { picture: Some(picture), .. }) = state.opening.as_ref().filter(|opening| opening.load == load) else {
        return Vec::new();
    };
    let (width, height) = (picture.width, picture.height);
    if fits { prepare(state) } else { refuse(state, Notice::NoCanvas { width, height }) }
}

/// Goes on with the mask of the picture that is being opened, if there is one, and shows the picture at last.
pub fn go_on(state: &mut State) -> Vec<Effect> {
    if state.opening.as_ref().is_some_and(|opening| opening.mask.is_some()) { prepare(state) } else { Vec::new() }
}

fn prepare(state: &mut State) -> Vec<Effect> {
    if !state.opening.as_mut().is_some_and(Opening::prepare) {
        return vec![Effect::NextSlice];
    }
    let Some(Opening { name, picture: Some(picture), mask: Some(mask), .. }) = state.opening.take() else { return Vec::new() };
    let Ok(mask) = Mask::new(picture.width, picture.height, mask) else { return Vec::new() };
    if state.runs.is_busy() {
        // It was asked for before the run.
        state.notice = Some(Notice::Busy { name });
    } else {
        state.status = Status::Opened { width: picture.width, height: picture.height };
        (state.earlier, state.later, state.output.kind) = (Vec::new(), Vec::new(), None);
        documents::show(state, Document::with(picture, Marks::unmarked(mask)));
    }
    Vec::new()
}

/// The name of the file that is being opened, if it has this number.
fn name_of(state: &State, load: u32) -> Option<String> {
    state.opening.as_ref().filter(|opening| opening.load == load).map(|opening| opening.name.clone())
}

fn refuse(state: &mut State, notice: Notice) -> Vec<Effect> {
    if matches!(state.status, Status::Opening { .. }) {
        state.status = Status::Nothing;
    }
    (state.opening, state.notice) = (None, Some(notice));
    Vec::new()
}
