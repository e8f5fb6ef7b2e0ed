//! Has the browser ask before the page is closed, as long as that would lose work: where the browser keeps it, nothing is lost.

use web_sys::BeforeUnloadEvent;

use crate::page::{dom, keeping::Keeping, listener::Listener, state::State};

/// The question, as long as it is to be asked.
#[derive(Default)]
pub struct Guard(Option<Listener>);

impl Guard {
    /// Begins or ends it.
    pub fn show(&mut self, state: &State) {
        let wanted = matches!(state.kept.keeping, Keeping::Off(_)) && state.has_unsaved_work();
        if wanted != self.0.is_some() {
            self.0 = wanted.then(|| Listener::new(&dom::window(), "beforeunload", |told: BeforeUnloadEvent| told.prevent_default()));
        }
    }
}
