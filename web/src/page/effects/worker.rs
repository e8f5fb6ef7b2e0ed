//! The page's end of a worker: starts it, speaks to it, hears it, and ends it when it is dropped.

use std::{cell::Cell, rc::Rc};

use js_sys::Uint8Array;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::{
    envelope,
    message::{About, Failure, FileKind, FromWorker, ToWorker},
    page::{
        dom,
        event::{Attached, Event, Sink},
        held::Held,
        listener::Listener,
        picture::Metadata,
    },
};

/// A worker that was started.
pub struct WorkerClient {
    worker: Worker,
    _listeners: [Listener; 2],
}

impl WorkerClient {
    /// Starts a worker of a number; what it says goes to `sink`.
    ///
    /// # Errors
    /// When the browser has no module workers.
    pub fn start(number: u32, sink: Sink, held: Held) -> Result<Self, Failure> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let address = format!("{}{}", dom::base(), program());
        let worker = Worker::new_with_options(&address, &options).map_err(|error| Failure::Start { detail: format!("{error:?}") })?;
        let hear = move |message: FromWorker, attached: Attached| sink(Event::Worker { worker: number, message, attached });
        let said = hear.clone();
        let runs = Rc::new(Cell::new(false));
        let has_spoken = runs.clone();
        let listeners = [
            Listener::new(&worker, "message", move |event: MessageEvent| {
                has_spoken.set(true);
                match envelope::receive::<FromWorker>(&event) {
                    Ok((message, buffers)) => {
                        let attached = attach(&message, buffers, &held);
                        said(message, attached);
                    }
                    Err(error) => {
                        said(FromWorker::failed(About::Worker, Failure::Panic { detail: error.to_string() }), Attached::default())
                    }
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
                hear(FromWorker::failed(About::Worker, failure), Attached::default());
            }),
        ];
        Ok(Self { worker, _listeners: listeners })
    }

    /// Says something to the worker.
    pub fn say(&self, message: &ToWorker, buffers: &[Uint8Array]) {
        envelope::send(&self.worker, message, buffers);
    }

    /// Says something later; a worker that is gone by then hears nothing.
    pub fn sender(&self) -> impl Fn(ToWorker, Uint8Array) + 'static {
        let worker = self.worker.clone();
        move |message, bytes| envelope::send(&worker, &message, &[bytes])
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        // Frees the device with everything on it.
        self.worker.terminate();
    }
}

/// Pixels to be looked at come into this program's memory; what is only passed on stays in the browser's.
fn attach(message: &FromWorker, buffers: Vec<Uint8Array>, held: &Held) -> Attached {
    let mut buffers = buffers.into_iter();
    let mut bytes = || buffers.next().map(|bytes| Rc::new(bytes.to_vec()));
    match message {
        FromWorker::Preview { .. } => Attached { pixels: bytes(), ..Attached::default() },
        FromWorker::Decoded { kind, .. } => {
            let pixels = bytes();
            let [profile, chunks, exif] = [(); 3].map(|()| bytes().unwrap_or_default());
            Attached { pixels, metadata: Metadata { profile, chunks, exif, kind: *kind }, ..Attached::default() }
        }
        FromWorker::Done { .. } | FromWorker::Written { .. } => {
            let kind = if let FromWorker::Written { kind, .. } = message { *kind } else { FileKind::Png };
            let pixels = bytes();
            let held = buffers.next().and_then(|file| held.add_download(&file, kind)).into_iter().collect();
            Attached { pixels, held, ..Attached::default() }
        }
        FromWorker::Mask { .. } | FromWorker::Grown { .. } => Attached { pixels: bytes(), ..Attached::default() },
        FromWorker::MaskFile => Attached {
            held: buffers.next().and_then(|png| held.add_download(&png, FileKind::Png)).into_iter().collect(),
            ..Attached::default()
        },
        FromWorker::Failed { .. } => Attached { held: buffers.map(|bytes| held.add_bytes(bytes)).collect(), ..Attached::default() },
        _ => Attached::default(),
    }
}

/// The worker's start script, whose name the build writes into the page: a page never starts the worker of
/// another version.
fn program() -> String {
    let named = dom::document().query_selector("meta[name=worker]").ok().flatten();
    named.and_then(|element| element.get_attribute("content")).unwrap_or_else(|| "worker-start.js".to_owned())
}
