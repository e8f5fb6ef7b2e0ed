//! Runs: asked for, under way, done or given up. What follows from a failure is in `ending` and `recovery`.

use std::rc::Rc;

use infill::{picture::SATURATION, task::TaskKind};

use super::{documents, ending, framing, pointers};
use crate::{
    message::{Dab, Failure, LARGEST, RunRequest, ToWorker},
    page::{
        answers::Answer,
        effect::{Buffer, Effect},
        event::Attached,
        field::Field,
        keeping::Replacement,
        notice::{Notice, Status},
        opening::Purpose,
        picture::{Picture, Pixels},
        runs::{Activity, Asked, Preview},
        state::State,
    },
};

/// The run that the controls and the picture ask for, once there are a picture and a model.
fn asked(state: &State) -> Option<Asked> {
    let (document, model) = (state.document.as_ref()?, state.models.identity()?);
    let request = RunRequest {
        id: 0,
        task: state.task,
        width: document.picture.width,
        height: document.picture.height,
        extend: if state.task == TaskKind::Uncrop { document.extend } else { [0; 4] },
        sampler: state.settings.sampler,
        steps: state.settings.steps,
        another: document.answers.another_is_asked(),
        temperature: state.settings.temperature,
        seed: state.settings.seed,
        grow: if state.task == TaskKind::Inpaint { state.growth() } else { 0 },
        feather: if state.task == TaskKind::Inpaint { state.settings.feather } else { 0 },
        hints: if state.task == TaskKind::Colorize { document.dabs.list().iter().map(|dab| Dab::clone(dab)).collect() } else { Vec::new() },
        strength: state.settings.strength,
        leave_clean: !state.settings.clean_too,
        resume: None,
    };
    let mask = (state.task == TaskKind::Inpaint).then(|| document.marks.mask().clone());
    let hole = document.marks.bounds().filter(|_| mask.is_some());
    Some(Asked { request, picture: document.picture.clone(), mask, hole, model })
}

/// The same once more with another seed: one that no answer has yet.
pub fn another(state: &mut State) -> Vec<Effect> {
    if state.answer().is_none() || state.models.model.is_none() || !state.models.vary(state.task) {
        return Vec::new();
    }
    let Some(document) = &mut state.document else { return Vec::new() };
    let largest = document.answers.list().iter().map(|answer| answer.seed).max();
    state.settings.seed = Field::Seed.used(largest.map_or(0, |seed| seed + 1) as f64) as u64;
    document.answers.step_aside();
    start(state)
}

/// Goes on with an extended picture: keeps it, and has as much again added at either side.
pub fn further(state: &mut State) -> Vec<Effect> {
    if state.models.model.is_none() || state.answer().is_none_or(|answer| answer.task != TaskKind::Uncrop) {
        return Vec::new();
    }
    documents::keep_answer(state);
    framing::widen(state);
    start(state)
}

/// Sends the picture off, if there can be a result of its size.
pub fn start(state: &mut State) -> Vec<Effect> {
    if state.runs.is_busy() || state.answer().is_some() {
        return Vec::new();
    }
    framing::finish_typing(state);
    pointers::settle(state);
    // Whoever goes on is told at the run's end that the other picture was not opened.
    state.notice = match state.kept.replacement.take() {
        Some(Replacement::File(_, name)) => Some(Notice::Busy { name }),
        Some(Replacement::Nothing) | None => None,
    };
    let Some(asked) = asked(state) else { return Vec::new() };
    let (width, height) = asked.size();
    if width.saturating_mul(height) > LARGEST {
        state.notice = Some(Notice::ResultTooLarge { width, height });
        return Vec::new();
    }
    if (width, height) != (asked.picture.width, asked.picture.height) {
        return vec![Effect::Probe { purpose: Purpose::Run, size: (width, height) }];
    }
    begin(state, asked)
}

/// It is known whether the browser can show the result.
pub fn probed(state: &mut State, (width, height): (usize, usize), fits: bool) -> Vec<Effect> {
    if state.runs.is_busy() || state.answer().is_some() {
        return Vec::new();
    }
    // What was asked for since asks again.
    let Some(asked) = asked(state).filter(|asked| asked.size() == (width, height)) else { return Vec::new() };
    if !fits {
        state.notice = Some(Notice::NoCanvas { width, height });
        return Vec::new();
    }
    begin(state, asked)
}

/// A run of the same that was broken off goes on from where it was.
fn begin(state: &mut State, asked: Asked) -> Vec<Effect> {
    let mut buffers = vec![Buffer::Pixels(asked.picture.pixels.clone())];
    buffers.extend(asked.mask.clone().map(Buffer::Mask));
    buffers.extend(asked.picture.metadata.buffers().map(Buffer::Metadata));
    let runs = &mut state.runs;
    let mut request = asked.request.clone();
    request.id = runs.id + 1;
    match runs.interrupted.take() {
        Some(interrupted) => {
            if let Some((saved, held)) = interrupted.kept.filter(|_| interrupted.asked == asked) {
                request.resume = Some(saved);
                buffers.extend(held.into_iter().map(Buffer::Held));
            }
        }
        // Devices are counted by run.
        None => runs.losses = 0,
    }
    if request.resume.is_none() {
        runs.progress = 0.0;
    }
    (runs.id, runs.activity) = (request.id, Activity::Running { asked: Box::new(asked), cancelling: false });
    (state.failed, state.status) = (false, Status::Working);
    vec![Effect::Say(ToWorker::Run(request), buffers), Effect::KeepStorage]
}

/// Asks the worker to stop after the step under way; between two workers there is none.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    match &mut state.runs.activity {
        Activity::Idle => {}
        Activity::Running { cancelling, .. } => {
            *cancelling = true;
            return vec![Effect::Say(ToWorker::Cancel, Vec::new())];
        }
        Activity::Waiting => ending::cancelled(state),
    }
    Vec::new()
}

/// A step was made.
pub fn progressed(state: &mut State, (done, total): (usize, usize), pace: f64, left: f64) {
    let total = total.max(1);
    let before = std::mem::replace(&mut state.runs.progress, done as f64 / total as f64);
    state.models.measured(pace);
    // Said aloud at the first word and at every tenth; not every step is told.
    let tenth = |part: f64| (part * 10.0 + 1e-9) as usize;
    if before == 0.0 || tenth(state.runs.progress) != tenth(before) {
        state.status = Status::Step { done, total, left };
    }
}

/// A part of the picture as it comes about.
pub fn previewed(state: &mut State, place: [i64; 4], size: (usize, usize), pixels: Option<Pixels>) {
    if let Some(pixels) = pixels.filter(|pixels| pixels.len() == 4 * size.0 * size.1) {
        state.runs.preview = Some(Preview { pixels, size, place: place.map(|number| number as f64) });
    }
}

/// The run is done.
pub fn finished(state: &mut State, (width, height): (usize, usize), milliseconds: f64, attached: Attached) {
    let Activity::Running { asked, .. } = &state.runs.activity else { return };
    let (Some(pixels), Some(file)) = (attached.pixels, attached.held.first().copied()) else {
        return not_shown(state, "it did not arrive");
    };
    if pixels.len() != 4 * width * height {
        return not_shown(state, &format!("{} bytes came for {width} × {height} pixels", pixels.len()));
    }
    let [left, top, ..] = asked.request.extend;
    let Picture { name, pixels: before, metadata, notes, .. } = asked.picture.clone();
    let (task, origin, seed, centre) = (asked.request.task, (left, top), asked.request.seed, asked.centre());
    let Some(document) = state.document.as_mut().filter(|document| Rc::ptr_eq(&document.picture.pixels, &before)) else {
        return not_shown(state, "it is of another picture");
    };
    document.finish_run(Answer { task, name, pixels, metadata, notes, width, height, origin, file, seed, centre, saturation: SATURATION });
    state.later.clear();
    state.runs.end();
    state.runs.losses = 0;
    (state.failed, state.status) = (false, Status::Done { width, height, milliseconds });
    ending::no_longer_busy(state);
}

/// The result is of no use because it cannot be shown; or the picture is.
pub fn not_shown(state: &mut State, detail: &str) {
    let what = if state.runs.is_busy() || state.answer().is_some() { "result" } else { "picture" };
    if let Some(document) = &mut state.document {
        document.answers.drop_shown().into_iter().for_each(|gone| document.history.forget_run(gone));
    }
    ending::failed(state, Failure::Request { detail: format!("the {what} cannot be shown ({detail})") });
}
