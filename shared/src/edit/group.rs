//! Several edits whose windows go through the net together: many pictures at a time, as an evaluation wants it. Each
//! result is what the edit would have made by itself, up to the arithmetic of a larger batch.

use super::{
    batch::{Asked, Batch, EditState},
    error::EditError,
    machine::Edit,
    model::EditModel,
};
use crate::{parallel, picture::Picture};

/// Edits under way.
#[derive(Debug)]
pub struct EditGroup {
    edits: Vec<Edit>,
    /// The windows under way, and how many of them belong to each edit in turn.
    run: Option<(Vec<usize>, Batch)>,
}

impl EditGroup {
    /// Edits for one model, with the same settings.
    ///
    /// # Errors
    /// Edits that differ in their settings, or that begin from a guess and differ in their task.
    pub fn new(edits: Vec<Edit>) -> Result<Self, EditError> {
        if let Some((first, other)) = edits.first().and_then(|first| edits.iter().find(|edit| !edit.goes_with(first)).map(|it| (first, it)))
        {
            let name = |edit: &Edit| format!("{} with {:?}", edit.task, edit.settings);
            return Err(EditError::Apart { first: name(first), other: name(other) });
        }
        Ok(Self { edits, run: None })
    }

    /// Evaluations of the net in all, each window at each step counted.
    pub fn total_steps(&self) -> usize {
        self.edits.iter().map(Edit::total_steps).sum()
    }

    /// Evaluations of the net so far, counted likewise.
    pub fn done_steps(&self) -> usize {
        let running = self.run.as_ref().map_or(0, |(_, batch)| batch.count() * batch.sampler.done());
        running + self.edits.iter().map(Edit::done_steps).sum::<usize>()
    }

    /// Goes on as [`Edit::step`] does, with all windows that can be asked about now.
    pub fn step<M: EditModel>(&mut self, model: &M) -> EditState {
        let Self { edits, run } = self;
        if run.is_none() {
            let shares: Vec<usize> = edits.iter().map(|edit| edit.next().len()).collect();
            let windows: Vec<(&Edit, usize)> = edits.iter().flat_map(|edit| edit.next().map(move |window| (edit, window))).collect();
            let asked: Vec<Asked> = parallel::map(windows, |(edit, window)| edit.ask(window));
            *run = edits
                .first()
                .filter(|_| !asked.is_empty())
                .map(|edit| (shares, Batch::begin(asked, &edit.batch_settings(), &model.device())));
        }
        match run {
            Some((_, batch)) => batch.step(model),
            None => edits.iter_mut().find(|edit| !edit.is_complete()).map_or(EditState::Finished, Edit::complete),
        }
    }

    /// Takes the values of the tensor that [`EditState::Read`] gave.
    ///
    /// # Errors
    /// As [`Edit::accept`].
    pub fn accept(&mut self, values: &[f32]) -> Result<(), EditError> {
        let Some((shares, batch)) = self.run.as_ref().filter(|(_, batch)| batch.sampler.is_finished()) else {
            return Err(EditError::NotAsked { done: self.done_steps(), total: self.total_steps() });
        };
        batch.check(values)?;
        let each = values.len() / batch.count();
        let mut windows = values.chunks_exact(each);
        for (edit, count) in self.edits.iter_mut().zip(shares) {
            windows.by_ref().take(*count).for_each(|values| edit.take(values));
        }
        self.run = None;
        Ok(())
    }

    /// The results, in the order of the edits.
    pub fn into_results(self) -> Vec<Picture> {
        self.edits.into_iter().map(Edit::into_result).collect()
    }
}
