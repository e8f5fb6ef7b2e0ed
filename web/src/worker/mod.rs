//! The worker: owns the device and the model, answers the page's messages, one run at a time.

mod check_kernels;
mod device;
mod download;
mod evaluate;
mod fetch_model;
mod rescue;
mod run;
mod store;
mod warm;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use infill::{
    denoiser::Model,
    edit::EditModel,
    model_file::{ModelFile, ModelFileError},
    unet::{Unet, parameters},
};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use fetch_model::Fetched;

use crate::{
    envelope,
    message::{Failure, FromWorker, ModelChoice, ModelReport, ToWorker},
};

/// What the worker holds between messages.
#[derive(Default)]
struct State {
    base: RefCell<String>,
    device: RefCell<Option<burn::tensor::Device>>,
    /// The device is a GPU's, and is missed when it is lost.
    on_gpu: Cell<bool>,
    model: RefCell<Option<Rc<Model>>>,
    cancelled: Cell<bool>,
    /// Counts what was asked for as a model, so that a slow answer does not replace a later one.
    wanted: Cell<u32>,
    /// Counts the runs that were asked for.
    runs: Cell<u32>,
}

impl State {
    fn want(&self) -> u32 {
        self.wanted.set(self.wanted.get() + 1);
        self.wanted.get()
    }

    /// Changes whenever another model or a run is asked for.
    fn moment(&self) -> (u32, u32) {
        (self.wanted.get(), self.runs.get())
    }
}

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
        ToWorker::CheckKernels { seed, random } => spawn_local(check_kernels::check(seed, random)),
        ToWorker::FetchModel { model } => spawn_local(async move { fetch(&state, &model).await }),
        ToWorker::UseModel { name } => match own_model(&state, &buffers) {
            Ok(model) => {
                state.want();
                use_model(&state, Fetched { name, model, kept: true }, true);
            }
            Err(error) => say(&FromWorker::failed(None, Failure::ModelFile { name, detail: error.to_string() }), &[]),
        },
        ToWorker::Evaluate { side, level } => spawn_local(async move {
            let model = state.model.borrow().clone();
            let result = match model {
                Some(model) => evaluate::evaluate(&model, side, level, &buffers).await,
                None => Err(no_model()),
            };
            match result {
                Ok((milliseconds, output)) => say(&FromWorker::Evaluated { milliseconds }, &[output]),
                Err(failure) => say(&FromWorker::failed(None, failure), &[]),
            }
        }),
        ToWorker::Run(request) => spawn_local(async move {
            let id = request.id;
            state.cancelled.set(false);
            state.runs.set(state.runs.get() + 1);
            let model = state.model.borrow().clone();
            let result = match model {
                Some(model) => run::run(&request, buffers, &model, &state.cancelled).await,
                None => Err(no_model()),
            };
            match result {
                Ok(()) => {}
                Err(failure) if failure.ends_worker() => rescue::fail(failure),
                Err(failure) => say(&FromWorker::failed(Some(id), failure), &[]),
            }
        }),
    }
}

fn no_model() -> Failure {
    Failure::Model { detail: "no model is loaded yet".to_owned() }
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

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn say(message: &FromWorker, buffers: &[Uint8Array]) {
    envelope::send(&scope(), message, buffers);
}

/// Milliseconds since the worker began.
fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}

/// Lets waiting messages in.
async fn let_messages_in() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if scope().set_timeout_with_callback(&resolve).is_err() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    // The promise is only ever resolved.
    let _ = JsFuture::from(promise).await;
}
