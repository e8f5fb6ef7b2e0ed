//! What follows from a site's wishes, and what it is told of what happened. Files come in as if they were dropped, so what would be
//! lost asks first.

use super::{answers, documents, files, keeping, masks, runs};
use crate::{
    message::Failure,
    page::{
        effect::Effect,
        embedding::{Embedding, Last, RunWish, Told, Wish},
        notice::Notice,
        state::State,
        words,
    },
};

/// A site of this origin wishes something.
pub fn wish(state: &mut State, origin: String, wish: Wish) -> Vec<Effect> {
    let Some(embedding) = &mut state.embedding else { return Vec::new() };
    embedding.origin = Some(origin);
    match wish {
        Wish::Open { picture, name, mask } => {
            (embedding.picture, embedding.mask, embedding.run) = (Some(picture), mask, None);
            files::given(state, picture, name)
        }
        Wish::Run(run) => {
            embedding.run = Some(run);
            Vec::new()
        }
        Wish::Cancel => {
            embedding.run = None;
            runs::cancel(state)
        }
        Wish::Unknown(detail) => tell(embedding, vec![Told::Problem(detail)]),
    }
}

/// After every event: begins what was wished for when everything is there, and tells what is new.
pub fn follow(state: &mut State) -> Vec<Effect> {
    let Some(mut embedding) = state.embedding.take() else { return Vec::new() };
    let mut effects = Vec::new();
    if let Some(picture) = embedding.picture.filter(|_| state.opening.is_none() && state.kept.replacement.is_none()) {
        embedding.picture = None;
        if state.document.as_ref().is_none_or(|document| document.picture.file != picture) {
            // It could not be opened, or the visitor kept the work instead: what was for it is not for another.
            (embedding.mask, embedding.run) = (None, None);
        }
    }
    if embedding.picture.is_none() && state.document.is_some() && !state.runs.is_busy() {
        if let Some(mask) = embedding.mask.take() {
            documents::choose_task(state, infill::task::TaskKind::Inpaint);
            effects.extend(masks::given(state, mask, "mask".to_owned()));
        } else if state.mask_file.is_none()
            && state.models.model.is_some()
            && let Some(run) = embedding.run.take()
        {
            effects.extend(begin(state, run));
        }
    }
    let told = news(state, &mut embedding.last);
    effects.extend(tell(&embedding, told));
    state.embedding = Some(embedding);
    effects
}

fn begin(state: &mut State, wish: RunWish) -> Vec<Effect> {
    if state.answer().is_some() {
        answers::change_area(state);
    }
    let task = wish.task.unwrap_or(state.task);
    if !state.offers(task) {
        let detail = format!("the model in use does not know the task {task}");
        state.notice = Some(Notice::Failure(Failure::Request { detail }));
        return Vec::new();
    }
    documents::choose_task(state, task);
    if let (Some(extend), Some(document)) = (wish.extend, &mut state.document) {
        document.extend = extend;
    }
    if let Some(seed) = wish.seed {
        state.settings.seed = seed;
    }
    runs::start(state)
}

/// What is other than what was told last.
fn news(state: &mut State, last: &mut Last) -> Vec<Told> {
    let mut told = Vec::new();
    if let (Some(model), false) = (&state.models.model, last.ready) {
        last.ready = true;
        told.push(Told::Ready { tasks: model.tasks.clone() });
    }
    let picture = state.document.as_ref().filter(|_| state.opening.is_none()).map(|document| &document.picture);
    if let Some(picture) = picture.filter(|picture| last.picture != Some(picture.file)) {
        last.picture = Some(picture.file);
        told.push(Told::Opened { width: picture.width, height: picture.height });
    }
    let problem = state.notice.as_ref().map(|notice| words::notice(&state.language, notice, false).text);
    if problem != last.problem {
        told.extend(problem.clone().map(Told::Problem));
        last.problem = problem;
    }
    let answer = state.answer().map(|answer| (answer.file, answer.width, answer.height, answer.seed));
    if answer.map(|(file, ..)| file) != last.answer {
        last.answer = answer.map(|(file, ..)| file);
        if let Some((file, width, height, seed)) = answer {
            told.push(Told::Result { file, width, height, seed });
            // The site has it.
            keeping::saved(state);
        }
    }
    let progress = state.runs.is_busy().then_some(state.runs.progress);
    if progress != last.progress {
        told.push(progress.map_or(Told::Ended, Told::Progress));
        last.progress = progress;
    }
    told
}

fn tell(embedding: &Embedding, told: Vec<Told>) -> Vec<Effect> {
    told.into_iter().map(|told| Effect::Tell { origin: embedding.origin.clone(), told }).collect()
}
