//! The worker: owns the device and the model, answers the page's messages, one run at a time.

#[cfg(feature = "bench")]
mod bench;
mod device;
mod digest;
mod download;
mod fetch_model;
mod file;
mod floats;
mod helpers;
mod import;
mod lossy_webp;
mod mask_file;
mod own_model;
mod readback;
mod rescue;
mod run;
mod scope;
mod state;
mod store;
mod warm;

use std::rc::Rc;

use infill::{
    edit::EditModel,
    unet::{Unet, parameters},
};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, prelude::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use fetch_model::Fetched;
use own_model::{ModelBytes, OwnModelError};
use scope::{say, scope};
use state::State;

use crate::{
    decode::{self, Decoded},
    envelope,
    message::{About, Assumed, Failure, FromWorker, ModelChoice, ModelReport, ToWorker},
    slot::Slot,
};

/// What answers the page's messages.
type Handler = Closure<dyn Fn(MessageEvent)>;

thread_local! {
    /// The handlers live as long as the worker.
    static HANDLERS: Slot<[Handler; 2]> = const { Slot::empty() };
}

/// A worker of the page, or a helper of one.
pub fn start() {
    match scope().name() == helpers::NAME {
        true => helpers::start(),
        false => start_worker(),
    }
}

/// Listens to the page and says that it does.
fn start_worker() {
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
        Err(error) => say(&FromWorker::failed(About::Worker, Failure::Request { detail: error.to_string() }), &[]),
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
    HANDLERS.with(|slot| slot.put([handler, lost]));
    say(&FromWorker::Ready, &[]);
}

fn handle(state: Rc<State>, message: ToWorker, buffers: Vec<Uint8Array>) {
    match message {
        ToWorker::Cancel => state.cancelled.set(true),
        ToWorker::Start { device: wanted_device, base, wanted, model, workers } => {
            state.workers.set(workers);
            state.base.put(base);
            spawn_local(async move {
                // Nothing is downloaded before it is known what there is to run it on.
                let (device, report) = device::choose(wanted_device).await;
                state.device.put(device);
                state.on_gpu.set(report.webgpu);
                say(&FromWorker::Device(report), &[]);
                fetch(&state, wanted, &model).await;
            });
        }
        ToWorker::FetchModel { wanted, model } => spawn_local(async move { fetch(&state, wanted, &model).await }),
        // Of two files that were given, the one that took longer to read may be the earlier one.
        ToWorker::UseModel { wanted, .. } if !state.want(wanted) => {}
        ToWorker::UseModel { wanted, name } => match own_model(&state, wanted, &name, buffers) {
            Ok((fetched, assumed)) => use_model(&state, wanted, fetched, Some(assumed)),
            Err(error) => say(&FromWorker::failed(About::Model(wanted), Failure::ModelFile { name, detail: error.to_string() }), &[]),
        },
        ToWorker::Decode { load } => decode_picture(load, buffers),
        ToWorker::ReadMask { load } => mask_file::read(load, &buffers),
        ToWorker::GrowMask { load, width, height, pixels } => mask_file::grow(load, (width, height), pixels, &buffers),
        ToWorker::WriteMask { width, height } => mask_file::write(width, height, &buffers),
        ToWorker::WriteFile(request) => spawn_local(file::write(request, buffers)),
        ToWorker::Run(request) => spawn_local(async move {
            let id = request.id;
            state.cancelled.set(false);
            state.runs.set(state.runs.get() + 1);
            match run::run(&request, buffers, &state).await {
                Ok(()) => {}
                Err(failure) if failure.ends_worker() => rescue::fail(failure),
                Err(failure) => say(&FromWorker::failed(About::Run(id), failure), &[]),
            }
        }),
    }
}

/// Fetches a model, once there is a device for it.
async fn fetch(state: &Rc<State>, wanted: u32, choice: &ModelChoice) {
    let (Some(device), Some(base)) = (state.device.using(|device| device.clone()), state.base.using(|base| base.clone())) else { return };
    if !state.want(wanted) {
        return;
    }
    match fetch_model::fetch(&base, wanted, choice, &device).await {
        Ok(None) => {}
        _ if state.wanted.get() != wanted => {}
        Ok(Some(fetched)) => {
            let has_room = fetched.kept;
            use_model(state, wanted, fetched, None);
            // Else it would be fetched for nothing, with every model anew.
            if has_room {
                fetch_model::keep_small(&base).await;
            }
        }
        Err(failure) => say(&FromWorker::failed(About::Model(wanted), failure), &[]),
    }
}

/// Says the pixels of a picture file, or why there are none.
fn decode_picture(load: u32, buffers: Vec<Uint8Array>) {
    let bytes = buffers.first().map(Uint8Array::to_vec).unwrap_or_default();
    drop(buffers);
    match decode::decode(&bytes) {
        Ok(Decoded { samples, notes, profile, chunks, exif, kind }) => {
            drop(bytes);
            let (width, height) = samples.size();
            let message = FromWorker::Decoded { load, width, height, kind, notes };
            // A row at a time into the browser's memory: memory of this program is never given back.
            let rgba = Uint8Array::new_with_length((4 * width * height) as u32);
            let mut row = Vec::with_capacity(4 * width);
            for y in 0..height {
                row.clear();
                samples.append_row(y, &mut row);
                let start = (4 * width * y) as u32;
                rgba.subarray(start, start + row.len() as u32).copy_from(&row);
            }
            let [profile, chunks, exif] = [profile, chunks, exif].map(|bytes| Uint8Array::from(bytes.as_slice()));
            say(&message, &[rgba, profile, chunks, exif]);
        }
        Err(cause) => say(&FromWorker::NotDecoded { load, cause }, &[]),
    }
}

/// `own`: that it is a file of the visitor's, with what was assumed of it.
fn use_model(state: &Rc<State>, wanted: u32, Fetched { name, model, bytes, kept }: Fetched, own: Option<Option<Assumed>>) {
    state.bytes.put(ModelBytes { name: name.clone(), bytes });
    let report = ModelReport {
        wanted,
        name,
        size: model.config.size,
        tasks: model.config.tasks.clone(),
        steps: model.config.tasks.iter().map(|task| model.config.prediction.evaluations(model.config.leading(*task, None).steps)).collect(),
        varies: model.config.tasks.iter().copied().filter(|task| model.config.varies(*task)).collect(),
        // Of the net as it was trained: on the device weights may have another form.
        parameters: parameters::count(&Unet::new(&model.config, &model.device())),
        kept,
        own: own.is_some(),
        assumed: own.flatten(),
    };
    let model = Rc::new(model);
    state.model.put(model.clone());
    say(&FromWorker::Model(report), &[]);
    let state = state.clone();
    spawn_local(async move { warm::warm(&state, &model).await });
}

/// The visitor's own model on the device, from the file's bytes, and what was assumed of it.
fn own_model(state: &State, wanted: u32, name: &str, buffers: Vec<Uint8Array>) -> Result<(Fetched, Option<Assumed>), OwnModelError> {
    let bytes = buffers.into_iter().next().ok_or(OwnModelError::Empty)?;
    let device = state.device.using(|device| device.clone()).ok_or(OwnModelError::NoDevice)?;
    let report = |done, total| say(&FromWorker::Importing { wanted, done, total }, &[]);
    let (model, assumed) = own_model::read(name, &bytes, report, &device)?;
    Ok((Fetched { name: name.to_owned(), model, bytes, kept: true }, assumed))
}
