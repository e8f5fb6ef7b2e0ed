//! Other workers that sample windows of a run on the CPU, where no window depends on another: each has its own copy of the
//! program and of the model, so that no shared memory is needed. They live as long as the run.
//!
//! A helper costs nothing but time when it fails or hangs: the run takes back its windows, or samples them itself.

mod helper;
mod message;

use std::{cell::Cell, rc::Rc};

use infill::edit::LentWindow;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::{
    floats::{pack, unpack},
    own_model::ModelBytes,
    rescue::UnderWay,
    scope::scope,
};
use crate::envelope;
pub use helper::start;
use message::{FromHelper, ToHelper};

/// By this name a worker knows that it is a helper.
pub const NAME: &str = "helper";

/// Windows that a helper has at a time, so that it does not wait for the worker's step to end.
const AHEAD: usize = 2;

/// The helpers of a run. They end when this is dropped.
pub struct Helpers {
    _list: Vec<Helper>,
}

impl Helpers {
    /// Starts as many as a browser allows, up to `count`.
    pub fn start(count: usize, model: &ModelBytes, run: &Rc<UnderWay>) -> Self {
        Self { _list: (0..count).map_while(|_| Helper::start(model, run).ok()).collect() }
    }
}

struct Helper {
    link: Rc<Link>,
    _hear: Closure<dyn Fn(MessageEvent)>,
    _failed: Closure<dyn Fn(ErrorEvent)>,
}

/// A helper and what it is at.
struct Link {
    worker: Worker,
    run: Rc<UnderWay>,
    model: ModelBytes,
    /// The windows that it has.
    windows: [Cell<Option<usize>>; AHEAD],
}

impl Helper {
    fn start(model: &ModelBytes, run: &Rc<UnderWay>) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(NAME);
        // The very program that this worker runs.
        let worker = Worker::new_with_options(&scope().location().href(), &options)?;
        let link = Rc::new(Link { worker, run: run.clone(), model: model.clone(), windows: Default::default() });
        let (hearing, failing) = (link.clone(), link.clone());
        let hear: Closure<dyn Fn(MessageEvent)> = Closure::new(move |event: MessageEvent| match envelope::receive(&event) {
            Ok((message, buffers)) => hearing.hear(message, &buffers),
            Err(_) => hearing.give_up(),
        });
        let failed: Closure<dyn Fn(ErrorEvent)> = Closure::new(move |event: ErrorEvent| {
            // It would be the worker's own error otherwise.
            event.prevent_default();
            failing.give_up();
        });
        link.worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        link.worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Ok(Self { link, _hear: hear, _failed: failed })
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.link.end();
    }
}

impl Link {
    fn hear(&self, message: FromHelper, buffers: &[Uint8Array]) {
        match message {
            FromHelper::Listens => {
                let copy = self.model.bytes.slice(0, self.model.bytes.length());
                envelope::send(&self.worker, &ToHelper::Model { name: self.model.name.clone() }, &[copy]);
            }
            FromHelper::Ready => (0..AHEAD).for_each(|_| self.lend()),
            FromHelper::Answer { window } => {
                let values = buffers.first().map(unpack).unwrap_or_default();
                match self.run.edit.using(|edit| edit.give(window, values)) {
                    Some(Ok(())) => {
                        self.windows.iter().filter(|held| held.get() == Some(window)).for_each(|held| held.set(None));
                        self.lend();
                    }
                    _ => self.give_up(),
                }
            }
            FromHelper::Failed => self.give_up(),
        }
    }

    /// Gives it another window, if there is one that nobody is at.
    fn lend(&self) {
        let Some(place) = self.windows.iter().find(|held| held.get().is_none()) else { return };
        let Some(lent) = self.run.edit.using(|edit| edit.lend()).flatten() else { return };
        let LentWindow { window, number, task, settings, condition, start } = lent;
        place.set(Some(window));
        envelope::send(&self.worker, &ToHelper::Window { window, number, task, settings }, &[pack(&condition), pack(&start)]);
    }

    /// It is of no use: others sample its windows.
    fn give_up(&self) {
        self.end();
        for window in self.windows.iter().filter_map(Cell::take) {
            self.run.edit.using(|edit| edit.take_back(window));
        }
    }

    fn end(&self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
