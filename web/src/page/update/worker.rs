//! What the worker says.

use super::{changing, ending, files, masks, models, recovery, runs, saving};
use crate::{
    message::{About, Failure, FromWorker},
    page::{effect::Effect, event::Attached, notice::Status, opening, picture::Picture, state::State},
};

/// What follows from a message. What an earlier worker says, and what is said of an earlier run, is no news.
pub fn hear(state: &mut State, worker: u32, message: FromWorker, attached: Attached) -> Vec<Effect> {
    if worker != state.models.worker || !state.models.alive {
        return Vec::new();
    }
    let current = state.runs.id;
    match message {
        FromWorker::Ready => return recovery::worker_listens(state),
        FromWorker::Device(report) => {
            state.models.device = Some(report);
            return models::equipped(state);
        }
        FromWorker::Models { listed } => state.models.listed = listed,
        FromWorker::Fetching { wanted, done, total } if wanted == state.models.wanted => {
            state.status = Status::Fetching { done, total };
        }
        FromWorker::Importing { wanted, done, total } if wanted == state.models.wanted => {
            state.status = Status::Importing { done, total };
        }
        FromWorker::Model(report) => return models::arrived(state, report),
        FromWorker::Decoded { load, width, height, notes, .. } => {
            let Attached { pixels, metadata, .. } = attached;
            let Some(pixels) = pixels.filter(|pixels| pixels.len() == 4 * width * height) else { return Vec::new() };
            let Some(opening) = &state.opening else { return Vec::new() };
            let (name, file) = (opening::stem(&opening.name), opening.file);
            return files::decoded(state, load, Ok(Picture { name, file, width, height, pixels, metadata, notes }));
        }
        FromWorker::NotDecoded { load, cause } => return files::not_decoded(state, load, cause),
        FromWorker::Mask { load, width, height, doubt } => masks::read(state, load, (width, height), doubt, attached.pixels),
        FromWorker::Grown { load } => changing::grown(state, load, attached.pixels),
        FromWorker::NoMask { load, detail } => masks::not_read(state, load, detail),
        FromWorker::MaskFile => return masks::written(state, attached.held.first().copied()),
        FromWorker::Written { number, kind, lossless } => return saving::written(state, number, kind, lossless, attached),
        FromWorker::Pace { milliseconds } => state.models.measured(milliseconds),
        FromWorker::Progress { id, done, total, pace, left } if id == current => runs::progressed(state, (done, total), pace, left),
        FromWorker::Preview { id, place, width, height } if id == current => {
            runs::previewed(state, place, (width, height), attached.pixels);
        }
        FromWorker::Done { id, width, height, milliseconds } if id == current => {
            runs::finished(state, (width, height), milliseconds, attached);
        }
        FromWorker::Cancelled { id } if id == current => ending::cancelled(state),
        FromWorker::Failed { about: About::Model(wanted), failure: failure @ Failure::ModelFile { .. }, .. } => {
            return models::refused(state, wanted, failure);
        }
        FromWorker::Failed { about, failure, saved } if is_news(state, about) || failure.ends_worker() => {
            return recovery::fail(state, failure, saved.map(|saved| (saved, attached.held)));
        }
        FromWorker::Fetching { .. }
        | FromWorker::Importing { .. }
        | FromWorker::Progress { .. }
        | FromWorker::Preview { .. }
        | FromWorker::Done { .. } => {}
        FromWorker::Cancelled { .. } | FromWorker::Failed { .. } => {}
    }
    Vec::new()
}

/// Whether somebody waits for what failed.
fn is_news(state: &State, about: About) -> bool {
    match about {
        About::Worker => true,
        About::Model(wanted) => wanted == state.models.wanted,
        About::Run(id) => id == state.runs.id,
    }
}
