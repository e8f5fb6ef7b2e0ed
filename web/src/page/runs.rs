//! Runs and the worker's messages: start, progress, previews, results, failures, and another worker
//! when one is gone.

use std::rc::Rc;

use infill::task::TaskKind;
use js_sys::Uint8Array;
use web_sys::{HtmlAnchorElement, HtmlSelectElement};

use super::{
    app::{App, PreviewPicture},
    document::{Document, ResultPicture, put},
    dom, words,
    worker_client::{WorkerClient, base},
};
use crate::message::{Failure, FromWorker, RunRequest, ToWorker};

impl App {
    /// Starts a worker; what it says comes to `hear`.
    pub fn start_worker(self: &Rc<Self>) {
        let app = self.clone();
        dom::set_state("loading");
        match WorkerClient::start(move |message, buffers| app.hear(message, &buffers)) {
            Ok(worker) => self.change().worker = Some(worker),
            Err(failure) => self.fail(&failure),
        }
    }

    /// Ends the worker, and starts another.
    pub fn restart_worker(self: &Rc<Self>) {
        let mut state = self.change();
        (state.worker, state.model, state.running, state.preview) = (None, None, false, None);
        drop(state);
        self.hide_message();
        self.start_worker();
        self.refresh();
    }

    /// After a failure: the model again if only that is missing, else a new worker. A run that was
    /// interrupted is made again when the model is there.
    pub fn retry(self: &Rc<Self>) {
        self.hide_message();
        if self.state().model.is_none() && self.state().worker.is_some() {
            dom::set_state("loading");
            self.say(&ToWorker::FetchModel, &[]);
        } else {
            self.restart_worker();
        }
    }

    /// Gives the worker a model file of the visitor's own.
    pub fn use_model(&self, name: &str, bytes: &Uint8Array) {
        self.say(&ToWorker::UseModel { name: name.to_owned() }, std::slice::from_ref(bytes));
    }

    fn say(&self, message: &ToWorker, buffers: &[Uint8Array]) {
        if let Some(worker) = &self.state().worker {
            worker.say(message, buffers);
        }
    }

    /// Sends the picture off.
    pub fn run(&self) {
        self.hide_message();
        let mut state = self.change();
        if state.running || state.model.is_none() {
            return;
        }
        let (run, task) = (state.run + 1, state.task);
        let Some(document) = &state.document else { return };
        let mut buffers = vec![Uint8Array::from(document.pixels.as_slice())];
        if task == TaskKind::Inpaint {
            buffers.push(Uint8Array::from(document.mask.values()));
        }
        let sampler: HtmlSelectElement = dom::element("sampler");
        let request = RunRequest {
            id: run,
            task,
            width: document.width,
            height: document.height,
            extend: if task == TaskKind::Uncrop { document.extend } else { [0; 4] },
            sampler: sampler.value().parse().unwrap_or(infill::sampler::SamplerKind::DpmSolver),
            steps: dom::number("steps").unwrap_or(20.0).clamp(1.0, 1000.0) as usize,
            seed: dom::number("seed").unwrap_or(0.0).max(0.0) as u64,
        };
        (state.run, state.running) = (run, true);
        drop(state);
        dom::attribute("progress", "value", "0");
        dom::text("status", "Working…");
        dom::set_state("running");
        self.say(&ToWorker::Run(request), &buffers);
        self.refresh();
    }

    /// Asks the worker to stop after the step under way.
    pub fn cancel(&self) {
        self.say(&ToWorker::Cancel, &[]);
    }

    /// Makes the result the picture to be edited.
    pub fn keep_result(&self) {
        let mut state = self.change();
        let (Some(result), Some(before)) = (state.result.take(), state.document.take()) else { return };
        let document = Document::new(before.name.clone(), result.width, result.height, result.pixels);
        state.remember(before);
        drop(state);
        match document {
            Ok(document) => self.set_document(document),
            Err(error) => self.fail(&Failure::Request { detail: format!("the result cannot be edited ({error:?})") }),
        }
        dom::set_state("ready");
    }

    /// Goes back to the picture before the last "Keep editing"; whether there was one.
    pub fn return_to_earlier(&self) -> bool {
        let mut state = self.change();
        if state.running || state.result.is_some() {
            return false;
        }
        let Some(document) = state.earlier.pop() else { return false };
        state.document = Some(document);
        drop(state);
        self.show_extension();
        self.fit();
        self.refresh();
        true
    }

    /// Goes back to before the run.
    pub fn discard_result(&self) {
        self.change().result = None;
        dom::set_state("ready");
        self.fit();
        self.refresh();
    }

    fn hear(self: &Rc<Self>, message: FromWorker, buffers: &[Uint8Array]) {
        let current = self.state().run;
        match message {
            FromWorker::Ready => {
                let force_cpu = self.state().force_cpu;
                self.say(&ToWorker::Start { force_cpu, base: base() }, &[]);
            }
            FromWorker::Device(report) => dom::text("device", &words::device(&report)),
            FromWorker::Fetching { done, total } => {
                dom::text("status", &format!("Fetching the model: {:.1} of {:.1} MB", done as f64 / 1e6, total as f64 / 1e6));
            }
            FromWorker::Model(report) => {
                dom::text("status", &words::model(&report));
                self.change().model = Some(report);
                dom::set_state("ready");
                self.refresh();
                if std::mem::take(&mut self.change().interrupted) {
                    self.run();
                }
            }
            FromWorker::Progress { id, done, total } if id == current => {
                dom::attribute("progress", "value", &(done as f64 / total.max(1) as f64).to_string());
                // Said aloud at every tenth, not at every step.
                let tenth = |done: usize| done * 10 / total.max(1);
                if done == 1 || tenth(done) != tenth(done.saturating_sub(1)) {
                    dom::text("status", &format!("Step {done} of {total}"));
                }
            }
            FromWorker::Preview { id, place, width, height } if id == current => self.show_preview(place, width, height, buffers),
            FromWorker::Done { id, width, height, milliseconds } if id == current => self.finish(width, height, milliseconds, buffers),
            FromWorker::Cancelled { id } if id == current => {
                self.end_run("ready");
                dom::text("status", "Cancelled; picture and mask are as before.");
            }
            FromWorker::Failed { failure: failure @ Failure::ModelFile { .. }, .. } => self.show_message(&words::failure(&failure)),
            FromWorker::Failed { id, failure } if id.is_none_or(|id| id == current) => self.fail(&failure),
            // Of a run that is over.
            FromWorker::Progress { .. } | FromWorker::Preview { .. } | FromWorker::Done { .. } => {}
            FromWorker::Cancelled { .. } | FromWorker::Failed { .. } | FromWorker::Kernels { .. } => {}
        }
    }

    fn end_run(&self, page_state: &str) {
        let mut state = self.change();
        (state.running, state.preview) = (false, None);
        drop(state);
        dom::set_state(page_state);
        self.refresh();
    }

    fn fail(&self, failure: &Failure) {
        if matches!(failure, Failure::Start { .. } | Failure::DeviceLost { .. } | Failure::Panic { .. }) {
            // Nothing more is to be expected of this worker, nor of the model in it.
            let mut state = self.change();
            (state.worker, state.model, state.interrupted) = (None, None, state.running);
        }
        self.end_run("failed");
        dom::text("status", "");
        self.show_message(&words::failure(failure));
    }

    fn show_preview(&self, place: [i64; 4], width: usize, height: usize, buffers: &[Uint8Array]) {
        let Some(pixels) = buffers.first() else { return };
        let canvas = dom::new_canvas(width, height);
        if put(&canvas, &pixels.to_vec(), width, height, (0, 0)).is_ok() {
            self.change().preview = Some(PreviewPicture { canvas, place: place.map(|number| number as f64) });
            self.draw();
        }
    }

    fn finish(&self, width: usize, height: usize, milliseconds: f64, buffers: &[Uint8Array]) {
        let mut state = self.change();
        let task = state.task;
        let (Some(document), [rgba, png]) = (&state.document, buffers) else { return };
        let origin = if task == TaskKind::Uncrop { (document.extend[0], document.extend[1]) } else { (0, 0) };
        let ending = match task {
            TaskKind::Inpaint => "filled",
            TaskKind::Uncrop => "extended",
            TaskKind::Colorize => "coloured",
            TaskKind::Restore => "repaired",
        };
        let name = format!("{}-{ending}.png", document.name);
        match ResultPicture::new(width, height, origin, rgba, png) {
            Ok(result) => {
                let link: HtmlAnchorElement = dom::element("download");
                link.set_href(&result.file.0);
                link.set_download(&name);
                state.result = Some(result);
                drop(state);
                self.end_run("done");
                dom::text("status", &format!("Done in {:.1} s: {width} × {height} pixels", milliseconds / 1000.0));
            }
            Err(error) => {
                drop(state);
                self.fail(&Failure::Request { detail: format!("the result cannot be shown ({error:?})") });
            }
        }
    }
}
