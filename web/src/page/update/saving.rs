//! An answer becomes a file, or the picture that is edited. What is not as the run made it is made by the worker first: with more or less
//! colour, of another kind than PNG, or without what the picture's file said of how it was taken.

use infill::picture::SATURATION;

use super::{documents, keeping};
use crate::{
    message::{FileKind, ToWorker, WriteRequest},
    page::{
        answers::Answer,
        effect::{Buffer, Effect},
        event::Attached,
        notice::Status,
        saving::{Output, Use},
        state::State,
        tasks,
    },
};

/// Gives the answer to the visitor.
pub fn download(state: &mut State) -> Vec<Effect> {
    let Some(answer) = state.answer() else { return Vec::new() };
    let has_wish = answer.saturation != SATURATION || !state.output.exif && !answer.metadata.exif.is_empty();
    let kind = state.output.kind(answer.metadata.kind, answer.width, answer.height);
    if has_wish || kind != FileKind::Png {
        return ask(state, Use::Download, kind);
    }
    let effects = vec![Effect::Save { file: answer.file, name: name(answer, kind) }];
    keeping::saved(state);
    effects
}

/// What the file is called.
fn name(answer: &Answer, kind: FileKind) -> String {
    format!("{}-{}.{}", answer.name, tasks::ending(answer.task), kind.ending())
}

/// Makes the answer the picture that is edited.
pub fn keep(state: &mut State) -> Vec<Effect> {
    if state.answer().is_some_and(|answer| answer.saturation != SATURATION) {
        return ask(state, Use::Keep, FileKind::Png);
    }
    documents::keep_answer(state);
    Vec::new()
}

/// Has the worker make the file.
fn ask(state: &mut State, wanted: Use, kind: FileKind) -> Vec<Effect> {
    let Some(Answer { width, height, saturation, pixels, metadata, file, .. }) = state.answer().cloned() else { return Vec::new() };
    if !state.models.listens {
        return Vec::new();
    }
    state.saving.number += 1;
    (state.saving.wanted, state.status) = (Some((wanted, file)), Status::Writing);
    let (number, quality, with_pixels) = (state.saving.number, state.output.quality, wanted == Use::Keep);
    let request = WriteRequest { number, width, height, saturation, kind, quality, with_pixels };
    let [profile, chunks, exif] = metadata.buffers();
    // What is kept is to be saved with it still.
    let exif = if wanted == Use::Keep || state.output.exif { exif } else { Default::default() };
    let buffers = [Buffer::Pixels(pixels)].into_iter().chain([profile, chunks, exif].map(Buffer::Metadata));
    vec![Effect::Say(ToWorker::WriteFile(request), buffers.collect())]
}

/// It is made.
pub fn written(state: &mut State, number: u32, kind: FileKind, lossless: bool, attached: Attached) -> Vec<Effect> {
    let Some((wanted, of)) = state.saving.wanted.take_if(|_| number == state.saving.number) else { return Vec::new() };
    state.status = if kind == FileKind::WebP && lossless { Status::LosslessWebP } else { Status::Nothing };
    let Some(file) = attached.held.first().copied() else { return Vec::new() };
    // Whoever went on to something else does not want it any more.
    let Some(answer) = state.answer().filter(|answer| answer.file == of) else { return Vec::new() };
    match wanted {
        Use::Download => {
            let effects = vec![Effect::Save { file, name: name(answer, kind) }];
            state.saving.written = Some(file);
            keeping::saved(state);
            effects
        }
        Use::Keep => {
            attached.pixels.into_iter().for_each(|pixels| documents::keep_as(state, pixels, file));
            Vec::new()
        }
    }
}

/// Has the browser remember how answers are saved, where that changed.
pub fn remember(state: &State, before: &Output) -> Option<Effect> {
    let (before, now) = (before.to_text(), state.output.to_text());
    (before != now).then_some(Effect::RememberOutput(now))
}
