//! The page's end of the worker: starts it, speaks to it, and starts another one when it is gone.

use std::{cell::Cell, rc::Rc};

use js_sys::Uint8Array;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::{dom, listener::Listener};
use crate::{
    envelope,
    message::{Failure, FromWorker, ToWorker},
};

/// A worker that was started.
pub struct WorkerClient {
    worker: Worker,
    _listeners: [Listener; 2],
}

impl WorkerClient {
    /// Starts a worker; what it says goes to `hear`.
    ///
    /// # Errors
    /// When the browser has no module workers.
    pub fn start(hear: impl Fn(FromWorker, Vec<Uint8Array>) + Clone + 'static) -> Result<Self, Failure> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let address = format!("{}{}", base(), program());
        let worker = Worker::new_with_options(&address, &options).map_err(|error| Failure::Start { detail: format!("{error:?}") })?;
        let said = hear.clone();
        let runs = Rc::new(Cell::new(false));
        let has_spoken = runs.clone();
        let listeners = [
            Listener::new(&worker, "message", move |event: MessageEvent| {
                has_spoken.set(true);
                match envelope::receive(&event) {
                    Ok((message, buffers)) => said(message, buffers),
                    Err(error) => said(FromWorker::failed(None, Failure::Panic { detail: error.to_string() }), Vec::new()),
                }
            }),
            Listener::new(&worker, "error", move |event: ErrorEvent| {
                let detail = Some(event.message()).filter(|text| !text.is_empty()).unwrap_or("the worker could not be loaded".to_owned());
                // Before its first word it is not running: most often its files did not arrive.
                let failure = match runs.get() {
                    false => Failure::Start { detail },
                    // A program that stops says why, if it has the memory to do so.
                    true if detail.contains("unreachable") => Failure::Memory { detail },
                    true => Failure::stopped(detail),
                };
                hear(FromWorker::failed(None, failure), Vec::new());
            }),
        ];
        Ok(Self { worker, _listeners: listeners })
    }

    /// Says something to the worker.
    pub fn say(&self, message: &ToWorker, buffers: &[Uint8Array]) {
        envelope::send(&self.worker, message, buffers);
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        // Frees the device with everything on it.
        self.worker.terminate();
    }
}

/// The worker's start script, whose name the build writes into the page: a page never starts the worker of
/// another version.
fn program() -> String {
    let named = dom::document().query_selector("meta[name=worker]").ok().flatten();
    named.and_then(|element| element.get_attribute("content")).unwrap_or_else(|| "worker-start.js".to_owned())
}

/// The folder the page is in.
pub fn base() -> String {
    let address = dom::document().base_uri().ok().flatten().unwrap_or_default();
    let address = address.split(['?', '#']).next().unwrap_or_default();
    address.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}
