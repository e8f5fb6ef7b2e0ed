//! The worker: owns the device and the model, answers the page's messages, one run at a time.

mod check_kernels;
mod device;
mod fetch_model;
mod run;
mod store;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use infill::{
    denoiser::Model,
    model_file::{ModelFile, ModelFileError},
};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use fetch_model::Fetched;

use crate::{
    envelope,
    message::{Failure, FromWorker, ModelReport, ToWorker},
};

/// What the worker holds between messages.
#[derive(Default)]
struct State {
    base: RefCell<String>,
    device: RefCell<Option<burn::tensor::Device>>,
    model: RefCell<Option<Rc<Model>>>,
    cancelled: Cell<bool>,
}

/// What answers the page's messages.
type Handler = Closure<dyn FnMut(MessageEvent)>;

thread_local! {
    /// The handler lives as long as the worker.
    static HANDLER: RefCell<Option<Handler>> = const { RefCell::new(None) };
}

/// Listens to the page and says that it does.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        say(&FromWorker::Failed { id: None, failure: Failure::Panic { detail: info.to_string() } }, &[]);
    }));
    let state = Rc::new(State::default());
    let handler = Closure::new(move |event: MessageEvent| match envelope::receive::<ToWorker>(&event) {
        Ok((message, buffers)) => handle(state.clone(), message, buffers),
        Err(error) => say(&FromWorker::Failed { id: None, failure: Failure::Request { detail: error.to_string() } }, &[]),
    });
    scope().set_onmessage(Some(handler.as_ref().unchecked_ref()));
    HANDLER.with(|slot| slot.replace(Some(handler)));
    say(&FromWorker::Ready, &[]);
}

fn handle(state: Rc<State>, message: ToWorker, buffers: Vec<Uint8Array>) {
    match message {
        ToWorker::Cancel => state.cancelled.set(true),
        ToWorker::Start { force_cpu, base } => {
            state.base.replace(base);
            spawn_local(async move {
                let (device, report) = device::choose(force_cpu).await;
                state.device.replace(Some(device));
                say(&FromWorker::Device(report), &[]);
                fetch(&state).await;
            });
        }
        ToWorker::CheckKernels { seed, random } => spawn_local(check_kernels::check(seed, random)),
        ToWorker::FetchModel => spawn_local(async move { fetch(&state).await }),
        ToWorker::UseModel { name } => match own_model(&state, &buffers) {
            Ok(model) => use_model(&state, Fetched { name, model, kept: true }),
            Err(error) => say(&FromWorker::Failed { id: None, failure: Failure::ModelFile { name, detail: error.to_string() } }, &[]),
        },
        ToWorker::Run(request) => spawn_local(async move {
            let id = request.id;
            state.cancelled.set(false);
            let model = state.model.borrow().clone();
            let result = match model {
                Some(model) => run::run(&request, buffers, &model, &state.cancelled).await,
                None => Err(Failure::Model { detail: "no model is loaded yet".to_owned() }),
            };
            if let Err(failure) = result {
                say(&FromWorker::Failed { id: Some(id), failure }, &[]);
            }
        }),
    }
}

/// Fetches the model, unless there is one already.
async fn fetch(state: &State) {
    let Some(device) = state.device.borrow().clone() else { return };
    let base = state.base.borrow().clone();
    match fetch_model::fetch(&base, &device).await {
        Ok(fetched) => use_model(state, fetched),
        Err(failure) => say(&FromWorker::Failed { id: None, failure }, &[]),
    }
}

fn use_model(state: &State, Fetched { name, model, kept }: Fetched) {
    let report = ModelReport {
        name,
        size: model.config.size,
        tasks: model.config.tasks.clone(),
        parameters: burn::module::Module::num_params(&model.unet),
        kept,
    };
    state.model.replace(Some(Rc::new(model)));
    say(&FromWorker::Model(report), &[]);
}

/// The visitor's own model on the device, from the file's bytes.
fn own_model(state: &State, buffers: &[Uint8Array]) -> Result<Model, OwnModelError> {
    let bytes = buffers.first().ok_or(OwnModelError::Empty)?.to_vec();
    let device = state.device.borrow().clone().ok_or(OwnModelError::NoDevice)?;
    Ok(ModelFile::parse(&bytes)?.to_model(&device)?)
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
