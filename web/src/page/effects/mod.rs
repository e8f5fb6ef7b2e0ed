//! Does what the state wants done outside of it: the only place that talks to the worker, to files and to what the
//! browser keeps.

mod canvases;
mod carriage;
mod database;
mod embedding;
mod files;
mod offline;
pub mod storage;
mod wait;
mod work_store;
mod worker;

use wasm_bindgen_futures::spawn_local;

use super::{
    dom,
    effect::{Buffer, Effect},
    event::{Attached, Event, Sink},
    handle::Handle,
    held::Held,
    sample,
};
use crate::message::{About, FromWorker, ToWorker};
use work_store::WorkStore;
use worker::{Bytes, WorkerClient};

/// Milliseconds after which a change is kept: those that follow at once are kept with it.
const SOON: i32 = 300;

/// Carries out effects.
pub struct Effects {
    sink: Sink,
    held: Held,
    worker: Option<WorkerClient>,
    work: WorkStore,
}

impl Effects {
    /// What follows is said to `sink`.
    pub fn new(sink: Sink, held: Held) -> Self {
        Self { sink, held, worker: None, work: WorkStore::default() }
    }

    /// Does it, or begins to.
    pub fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::StartWorker(number) => self.start_worker(number),
            Effect::EndWorker => self.worker = None,
            Effect::Say(message, buffers) => self.say(message, buffers),
            Effect::SendModel { wanted, own } => self.send_file(own.file, ToWorker::UseModel { wanted, name: own.name }),
            Effect::LookForWork => self.work.look(self.sink.clone(), self.held.clone()),
            Effect::Remind => self.say_later(SOON, Event::Remind),
            Effect::NextSlice => self.say_later(0, Event::Slice),
            Effect::Keep(session) => self.work.keep(session.as_deref(), &self.held, &self.sink),
            Effect::RememberLanguage(tag) => storage::remember_language(tag),
            Effect::RememberDevice(device) => storage::remember_device(device),
            Effect::RememberModel(name) => storage::remember_model(&name),
            Effect::RememberOutput(output) => storage::remember_output(&output),
            Effect::RememberColours(colours) => storage::remember_colours(&colours),
            Effect::Decode { load, file } => self.send_file(file, ToWorker::Decode { load }),
            Effect::Probe { purpose, size } => {
                // In a turn of its own: what follows takes a while, and so did what came before.
                let sink = self.sink.clone();
                spawn_local(async move {
                    wait::milliseconds(0).await;
                    let fits = canvases::fit(size.0, size.1);
                    wait::milliseconds(0).await;
                    sink(Event::Probed { purpose, size, fits });
                });
            }
            Effect::DecodeHere { load, file: handle, name } => {
                if let Some(file) = self.held.file(handle) {
                    let sink = self.sink.clone();
                    spawn_local(async move { sink(Event::Decoded { load, result: files::decode(&file, handle, name).await }) });
                }
            }
            // The browser opens and closes the list by itself.
            Effect::ShowKeys => dom::element::<web_sys::HtmlElement>("show-keys").click(),
            Effect::DrawSample => {
                let (sink, held) = (self.sink.clone(), self.held.clone());
                spawn_local(async move {
                    // A browser without the memory for it opens nothing.
                    if let Ok(file) = files::sample().await {
                        sink(Event::File { file: held.add_file(file), name: sample::NAME.to_owned() });
                    }
                });
            }
            Effect::ChooseFile => dom::element::<web_sys::HtmlInputElement>("file").click(),
            Effect::ChooseMask => dom::element::<web_sys::HtmlInputElement>("mask-file").click(),
            Effect::ReadMask { load, file } => self.send_file(file, ToWorker::ReadMask { load }),
            Effect::Save { file, name } => {
                if let Some(address) = self.held.address(file) {
                    files::save(&address, &name);
                }
            }
            Effect::Tell { origin, told } => embedding::tell(origin.as_deref(), &told, &self.held),
            Effect::RegisterServiceWorker => offline::register(),
            Effect::LookForVersion => offline::look_for_version(),
            Effect::KeepStorage => offline::keep(),
        }
    }

    fn say_later(&self, milliseconds: i32, event: Event) {
        let sink = self.sink.clone();
        spawn_local(async move {
            wait::milliseconds(milliseconds).await;
            sink(event);
        });
    }

    fn start_worker(&mut self, number: u32) {
        // The one before goes first: two do not fit into every device.
        self.worker = None;
        match WorkerClient::start(number, self.sink.clone(), self.held.clone()) {
            Ok(worker) => self.worker = Some(worker),
            Err(failure) => {
                let message = FromWorker::failed(About::Worker, failure);
                (self.sink)(Event::Worker { worker: number, message, attached: Attached::default() });
            }
        }
    }

    /// Reads a file, and says something with its bytes. A worker that is gone by then hears nothing.
    fn send_file(&self, handle: Handle, message: ToWorker) {
        if let (Some(worker), Some(file)) = (&self.worker, self.held.file(handle)) {
            let (say, held) = (worker.say(), self.held.clone());
            spawn_local(async move {
                let bytes = files::bytes(&file).await;
                if matches!(message, ToWorker::Decode { .. }) {
                    held.keep_copy(handle, &bytes);
                }
                say((message, vec![Bytes::Browser(bytes)]));
            });
        }
    }

    fn say(&self, message: ToWorker, buffers: Vec<Buffer>) {
        if let Some(worker) = &self.worker {
            // What is held is given away at once: who gives it away does not hold it any more.
            let bytes = buffers.into_iter().filter_map(|buffer| match buffer {
                Buffer::Held(handle) => self.held.take_bytes(handle).map(Bytes::Browser),
                ours => Some(Bytes::Ours(ours)),
            });
            worker.say()((message, bytes.collect()));
        }
    }
}
