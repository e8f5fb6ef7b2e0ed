//! The page's end of a worker: starts it, speaks to it, hears it, and ends it when it is dropped.

use std::{cell::Cell, rc::Rc};

use js_sys::Uint8Array;
use web_sys::{Blob, ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::carriage::{from_browser, in_turn, to_browser};
use crate::{
    envelope,
    message::{About, Failure, FromWorker, ToWorker},
    page::{
        dom,
        effect::Buffer,
        event::{Attached, Event, Sink},
        held::Held,
        listener::Listener,
        picture::Metadata,
    },
};

/// Bytes that go along with a message.
pub enum Bytes {
    /// In this program's memory.
    Ours(Buffer),
    /// In the browser's, which is given away.
    Browser(Uint8Array),
}

/// Says something to a worker. One that is gone by then hears nothing.
pub type Say = Rc<dyn Fn((ToWorker, Vec<Bytes>))>;

/// What a worker said, with its buffers and its file.
type Said = (FromWorker, Vec<Uint8Array>, Option<Blob>);

/// A worker that was started.
pub struct WorkerClient {
    worker: Worker,
    say: Say,
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
        let hear = in_turn(async move |said: Said| {
            let (message, attached) = attach(said, &held).await;
            sink(Event::Worker { worker: number, message, attached });
        });
        let said = hear.clone();
        let runs = Rc::new(Cell::new(false));
        let has_spoken = runs.clone();
        let listeners = [
            Listener::new(&worker, "message", move |event: MessageEvent| {
                has_spoken.set(true);
                match envelope::receive::<FromWorker>(&event) {
                    Ok((message, buffers)) => said((message, buffers, envelope::file(&event))),
                    Err(error) => said(failed(Failure::Panic { detail: error.to_string() })),
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
                hear(failed(failure));
            }),
        ];
        let listening = worker.clone();
        let say = in_turn(async move |(message, bytes): (ToWorker, Vec<Bytes>)| {
            let mut buffers = Vec::with_capacity(bytes.len());
            for bytes in bytes {
                buffers.push(match bytes {
                    Bytes::Ours(buffer) => to_browser(buffer.bytes()).await,
                    Bytes::Browser(bytes) => bytes,
                });
            }
            envelope::send(&listening, &message, &buffers);
        });
        Ok(Self { worker, say: Rc::new(say), _listeners: listeners })
    }

    /// Says something to the worker, after all that was said before.
    pub fn say(&self) -> Say {
        self.say.clone()
    }
}

fn failed(failure: Failure) -> Said {
    (FromWorker::failed(About::Worker, failure), Vec::new(), None)
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        // Frees the device with everything on it.
        self.worker.terminate();
    }
}

/// Pixels to be looked at come into this program's memory; what is only passed on stays in the browser's.
async fn attach((message, buffers, file): Said, held: &Held) -> (FromWorker, Attached) {
    let mut attached = Attached::default();
    if let FromWorker::Failed { .. } = message {
        attached.held = buffers.into_iter().map(|bytes| held.add_bytes(bytes)).collect();
        return (message, attached);
    }
    let mut bytes = Vec::with_capacity(buffers.len());
    for buffer in &buffers {
        bytes.push(Rc::new(from_browser(buffer).await));
    }
    let mut bytes = bytes.into_iter();
    attached.pixels = bytes.next();
    if let FromWorker::Decoded { kind, .. } = message {
        let [profile, chunks, exif] = [(); 3].map(|()| bytes.next().unwrap_or_default());
        attached.metadata = Metadata { profile, chunks, exif, kind };
    }
    // Last: what is held and not heard of would be let go meanwhile.
    attached.held = file.and_then(|file| held.add_download(file)).into_iter().collect();
    (message, attached)
}

/// The worker's start script, whose name the build writes into the page: a page never starts the worker of
/// another version.
fn program() -> String {
    let named = dom::document().query_selector("meta[name=worker]").ok().flatten();
    named.and_then(|element| element.get_attribute("content")).unwrap_or_else(|| "worker-start.js".to_owned())
}
