//! Mask files: what the worker reads of one is marked in place of what was, as one step; and what is marked becomes a file.

use std::rc::Rc;

use infill::{mask::Mask, task::TaskKind};

use super::painting;
use crate::{
    message::ToWorker,
    page::{
        effect::{Buffer, Effect},
        handle::Handle,
        notice::{Notice, Status},
        opening,
        picture::Pixels,
        state::State,
    },
};

/// A mask file was chosen.
pub fn given(state: &mut State, file: Handle, name: String) -> Vec<Effect> {
    if !state.is_editable() || state.task != TaskKind::Inpaint {
        return Vec::new();
    }
    state.mask_file = Some((file, name));
    vec![Effect::ReadMask { load: state.load, file }]
}

/// It was read: as it is, so it does not grow.
pub fn read(state: &mut State, load: u32, (width, height): (usize, usize), doubt: Option<String>, values: Option<Pixels>) {
    let Some((_, name)) = state.mask_file.take().filter(|_| load == state.load) else { return };
    let size = state.document.as_ref().map(|document| (document.picture.width, document.picture.height));
    let mask = values.and_then(|values| Mask::new(width, height, Rc::unwrap_or_clone(values)).ok());
    match (mask, size) {
        (Some(mask), Some(size)) if size == (width, height) => {
            painting::replace(state, mask);
            (state.exact, state.settings.grow) = (true, None);
            state.status = Status::MaskRead { name, doubt };
        }
        (Some(_), Some(picture)) => state.notice = Some(Notice::MaskSize { name, mask: (width, height), picture }),
        _ => refused(state, name, "it did not arrive".to_owned()),
    }
}

/// No mask can be read from it.
pub fn not_read(state: &mut State, load: u32, detail: String) {
    if let Some((_, name)) = state.mask_file.take().filter(|_| load == state.load) {
        refused(state, name, detail);
    }
}

fn refused(state: &mut State, name: String, detail: String) {
    state.notice = Some(Notice::NoMask { name, detail });
}

/// Has what is marked written to a file.
pub fn save(state: &State) -> Vec<Effect> {
    let Some(document) = &state.document else { return Vec::new() };
    let mask = document.marks.mask().clone();
    vec![Effect::Say(ToWorker::WriteMask { width: mask.width(), height: mask.height() }, vec![Buffer::Mask(mask)])]
}

/// It is written.
pub fn written(state: &mut State, file: Option<Handle>) -> Vec<Effect> {
    let name = state.document.as_ref().map_or_else(|| opening::stem(""), |document| document.picture.name.clone());
    state.mask_saved = file;
    file.map(|file| Effect::Save { file, name: format!("{name}-mask.png") }).into_iter().collect()
}
