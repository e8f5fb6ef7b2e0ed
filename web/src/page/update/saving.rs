//! An answer becomes a file, or the picture that is edited. One that is looked at with more or less colour than the run gave it is made
//! anew by the worker first.

use infill::picture::SATURATION;

use super::{documents, keeping};
use crate::{
    message::{ToWorker, WriteRequest},
    page::{
        answers::Answer,
        effect::{Buffer, Effect},
        event::Attached,
        notice::Status,
        saving::Use,
        state::State,
        tasks,
    },
};

/// Gives the answer to the visitor.
pub fn download(state: &mut State) -> Vec<Effect> {
    let Some(answer) = state.answer() else { return Vec::new() };
    if answer.saturation != SATURATION {
        return ask(state, Use::Download);
    }
    let effects = vec![Effect::Save { file: answer.file, name: name(answer) }];
    keeping::saved(state);
    effects
}

/// What the file is called.
fn name(answer: &Answer) -> String {
    format!("{}-{}.png", answer.name, tasks::ending(answer.task))
}

/// Makes the answer the picture that is edited.
pub fn keep(state: &mut State) -> Vec<Effect> {
    if state.answer().is_some_and(|answer| answer.saturation != SATURATION) {
        return ask(state, Use::Keep);
    }
    documents::keep_answer(state);
    Vec::new()
}

/// Has the worker make the file.
fn ask(state: &mut State, wanted: Use) -> Vec<Effect> {
    let Some(Answer { width, height, saturation, pixels, colours, file, .. }) = state.answer().cloned() else { return Vec::new() };
    if !state.models.listens {
        return Vec::new();
    }
    state.saving.number += 1;
    (state.saving.wanted, state.status) = (Some((wanted, file)), Status::Writing);
    let request = WriteRequest { number: state.saving.number, width, height, saturation };
    let buffers = vec![Buffer::Pixels(pixels), Buffer::Colours(colours.profile), Buffer::Colours(colours.chunks)];
    vec![Effect::Say(ToWorker::WriteFile(request), buffers)]
}

/// It is made.
pub fn written(state: &mut State, number: u32, attached: Attached) -> Vec<Effect> {
    let Some((wanted, of)) = state.saving.wanted.take_if(|_| number == state.saving.number) else { return Vec::new() };
    state.status = Status::Nothing;
    let (Some(pixels), Some(file)) = (attached.pixels, attached.held.first().copied()) else { return Vec::new() };
    // Whoever went on to something else does not want it any more.
    let Some(answer) = state.answer().filter(|answer| answer.file == of) else { return Vec::new() };
    match wanted {
        Use::Download => {
            let effects = vec![Effect::Save { file, name: name(answer) }];
            state.saving.written = Some(file);
            keeping::saved(state);
            effects
        }
        Use::Keep => {
            documents::keep_as(state, pixels, file);
            Vec::new()
        }
    }
}
