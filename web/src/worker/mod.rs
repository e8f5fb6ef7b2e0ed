//! The worker: owns the device and the model, answers the page's messages, one run at a time.

#[cfg(feature = "bench")]
mod bench;
mod device;
mod download;
mod fetch_model;
mod readback;
mod rescue;
mod run;
mod scope;
mod state;
mod store;
mod warm;

use std::{cell::RefCell, rc::Rc};

use infill::{
    denoiser::Model,
    edit::EditModel,
    model_file::{ModelFile, ModelFileError},
    unet::{Unet, parameters},
};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, prelude::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use fetch_model::Fetched;
use scope::{say, scope};
use state::State;

use crate::{
    envelope,
    message::{Failure, FromWorker, ModelChoice, ModelReport, ToWorker},
};

/// What answers the page's messages.
type Handler = Closure<dyn FnMut(MessageEvent)>;

thread_local! {
    /// The handlers live as long as the worker.
    static HANDLERS: RefCell<Vec<Handler>> = const { RefCell::new(Vec::new()) };
}

/// Listens to the page and says that it does.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // Where it happened is for the console, not for the page.
        rescue::fail(Failure::stopped(info.payload_as_str().map_or_else(|| info.to_string(), str::to_owned)));
    }));
    let state = Rc::new(State::default());
    let watched = state.clone();
    let handler: Handler = Closure::new(move |event: MessageEvent| match envelope::receive::<ToWorker>(&event) {
        Ok((message, buffers)) => handle(state.clone(), message, buffers),
        #[cfg(feature = "bench")]
        Err(_) if bench::answer(&state, &event) => {}
        Err(error) => say(&FromWorker::failed(None, Failure::Request { detail: error.to_string() }), &[]),
    });
    // From the start script, which alone sees the browser's device. Without it a device that is lost while
    // nothing runs would be noticed by the next run only.
    let lost: Handler = Closure::new(move |event: MessageEvent| {
        if watched.on_gpu.get() {
            rescue::fail(Failure::DeviceLost { detail: event.data().as_string().unwrap_or_default() });
        }
    });
    scope().set_onmessage(Some(handler.as_ref().unchecked_ref()));
    // A scope takes any listener.
    let _ = scope().add_event_listener_with_callback("devicelost", lost.as_ref().unchecked_ref());
    HANDLERS.with(|slot| slot.replace(vec![handler, lost]));
    say(&FromWorker::Ready, &[]);
}

fn handle(state: Rc<State>, message: ToWorker, buffers: Vec<Uint8Array>) {
    match message {
        ToWorker::Cancel => state.cancelled.set(true),
        ToWorker::Start { force_cpu, base, model } => {
            state.base.replace(base);
            spawn_local(async move {
                // Nothing is downloaded before it is known what there is to run it on.
                let (device, report) = device::choose(force_cpu).await;
                state.device.replace(Some(device));
                state.on_gpu.set(report.webgpu);
                say(&FromWorker::Device(report), &[]);
                fetch(&state, &model).await;
            });
        }
        ToWorker::FetchModel { model } => spawn_local(async move { fetch(&state, &model).await }),
        ToWorker::UseModel { name } => match own_model(&state, &buffers) {
            Ok(model) => {
                state.want();
                use_model(&state, Fetched { name, model, kept: true }, true);
            }
            Err(error) => say(&FromWorker::failed(None, Failure::ModelFile { name, detail: error.to_string() }), &[]),
        },
        ToWorker::Run(request) => spawn_local(async move {
            let id = request.id;
            state.cancelled.set(false);
            state.runs.set(state.runs.get() + 1);
            let result = match state.model() {
                Ok(model) => run::run(&request, buffers, &model, &state.cancelled).await,
                Err(failure) => Err(failure),
            };
            match result {
                Ok(()) => {}
                Err(failure) if failure.ends_worker() => rescue::fail(failure),
                Err(failure) => say(&FromWorker::failed(Some(id), failure), &[]),
            }
        }),
    }
}

/// Fetches a model, once there is a device for it.
async fn fetch(state: &Rc<State>, choice: &ModelChoice) {
    let Some(device) = state.device.borrow().clone() else { return };
    let (base, wanted) = (state.base.borrow().clone(), state.want());
    match fetch_model::fetch(&base, choice, &device).await {
        Ok(None) => {}
        _ if state.wanted.get() != wanted => {}
        Ok(Some(fetched)) => use_model(state, fetched, false),
        Err(failure) => say(&FromWorker::failed(None, failure), &[]),
    }
}

fn use_model(state: &Rc<State>, Fetched { name, model, kept }: Fetched, own: bool) {
    let report = ModelReport {
        name,
        size: model.config.size,
        tasks: model.config.tasks.clone(),
        // Of the net as it was trained: on the device weights may have another form.
        parameters: parameters::shapes(&Unet::new(&model.config, &model.device()))
            .iter()
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum(),
        kept,
        own,
    };
    let model = Rc::new(model);
    state.model.replace(Some(model.clone()));
    say(&FromWorker::Model(report), &[]);
    // The CPU compiles nothing.
    if state.on_gpu.get() {
        let state = state.clone();
        spawn_local(async move { warm::warm(&state, &model).await });
    }
}

/// The visitor's own model on the device, from the file's bytes.
fn own_model(state: &State, buffers: &[Uint8Array]) -> Result<Model, OwnModelError> {
    let bytes = buffers.first().ok_or(OwnModelError::Empty)?.to_vec();
    let device = state.device.borrow().clone().ok_or(OwnModelError::NoDevice)?;
    Ok(ModelFile::parse(&bytes)?.to_sampling_model(&device)?)
}

/// Why a model of the visitor's own is not used.
#[derive(Debug, thiserror::Error)]
enum OwnModelError {
    #[error("the file did not arrive")]
    Empty,
    #[error("the page is still starting; try again in a moment")]
    NoDevice,
    #[error(transparent)]
    File(#[from] ModelFileError),
}
