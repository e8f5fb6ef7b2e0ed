//! What the page's work is known by, without looking at its pixels: whether it changed, and whether it is saved.

use super::{
    keeping::{Print, Work},
    session::Modes,
    state::State,
};

impl State {
    /// What the work on the picture is known by.
    pub fn work(&self) -> Option<Work> {
        self.document.as_ref().map(|document| Work::of(document, (self.earlier.len(), self.later.len())))
    }

    /// What is set beside the work.
    pub fn modes(&self) -> Modes {
        Modes {
            unsaved: self.has_unsaved_work(),
            task: self.task,
            tool: self.tool,
            brush: self.brush,
            exact: self.exact,
            subtract: self.subtract,
            tolerance: self.tolerance,
            as_i_paint: self.as_i_paint,
            settings: self.settings.clone(),
        }
    }

    /// What all that is kept is known by.
    pub fn print(&self) -> Print {
        Print {
            work: self.work(),
            shown: self.document.as_ref().and_then(|document| document.answers.place()),
            undone: self.document.as_ref().map_or(0, |document| document.history.steps().1.len()),
            modes: self.modes(),
        }
    }

    /// Whether something was done to a picture that is not in a file of the visitor's.
    pub fn has_unsaved_work(&self) -> bool {
        let Some(document) = &self.document else { return false };
        let (done, history) = (document.history.steps().0, &document.history);
        let any = !done.is_empty() || history.undone_answers().next().is_some() || !self.earlier.is_empty() || !self.later.is_empty();
        any && self.work() != self.safe
    }
}
