//! Runs and the worker's messages: start, progress, previews, results. What follows from a failure is in
//! `recovery`.

use std::rc::Rc;

use infill::task::TaskKind;
use js_sys::Uint8Array;
use web_sys::{HtmlAnchorElement, HtmlSelectElement};

use super::{
    app::{App, PreviewPicture, State},
    document::{Document, ResultPicture, put},
    dom, offline,
    recovery::Asked,
    words,
    worker_client::{WorkerClient, base},
};
use crate::message::{Failure, FromWorker, ModelChoice, ModelReport, RunRequest, ToWorker};

impl App {
    /// Starts a worker; what it says comes to `hear`.
    pub fn start_worker(self: &Rc<Self>) {
        let app = self.clone();
        dom::set_state(if self.state().running { "running" } else { "loading" });
        match WorkerClient::start(move |message, buffers| app.hear(message, &buffers)) {
            Ok(worker) => self.change().worker = Some(worker),
            Err(failure) => self.fail(&failure, None),
        }
    }

    /// Says something to the worker, if there is one.
    pub fn say(&self, message: &ToWorker, buffers: &[Uint8Array]) {
        if let Some(worker) = &self.state().worker {
            worker.say(message, buffers);
        }
    }

    /// Sends the picture off. A run of the same that was broken off goes on from where it was.
    pub fn run(&self) {
        self.hide_message();
        let mut state = self.change();
        if state.running {
            return;
        }
        let Some(asked) = asked(&state) else { return };
        let Some(document) = &state.document else { return };
        let mut buffers = vec![Uint8Array::from(document.pixels.as_slice())];
        if asked.request.task == TaskKind::Inpaint {
            buffers.push(Uint8Array::from(document.mask.values()));
        }
        let mut request = asked.request.clone();
        request.id = state.run + 1;
        match state.interrupted.take() {
            Some(interrupted) => {
                if let Some((saved, kept)) = interrupted.saved_of(&asked) {
                    request.resume = Some(saved);
                    buffers.extend(kept);
                }
            }
            // Devices are counted by run.
            None => state.losses = 0,
        }
        (state.run, state.running, state.asked) = (request.id, true, Some(asked));
        drop(state);
        if request.resume.is_none() {
            dom::attribute("progress", "value", "0");
        }
        dom::text("status", "Working…");
        dom::set_state("running");
        self.say(&ToWorker::Run(request), &buffers);
        self.refresh();
        offline::keep();
    }

    /// Makes the result the picture to be edited.
    pub fn keep_result(self: &Rc<Self>) {
        let mut state = self.change();
        let (Some(result), Some(before)) = (state.result.take(), state.document.take()) else { return };
        let document = Document::new(before.name.clone(), result.width, result.height, result.pixels);
        state.remember(before);
        drop(state);
        match document {
            Ok(document) => self.set_document(document),
            Err(error) => self.fail(&Failure::Request { detail: format!("the result cannot be edited ({error:?})") }, None),
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
                let (force_cpu, model) = (self.state().force_cpu, self.state().model_choice.clone());
                self.say(&ToWorker::Start { force_cpu, base: base(), model }, &[]);
                offline::register();
            }
            FromWorker::Device(report) => {
                dom::text("device", &words::device(&report));
                self.change().on_gpu = report.webgpu;
                if self.state().model_choice == ModelChoice::Own {
                    self.send_own_model();
                }
            }
            FromWorker::Models { listed } => self.list_models(listed),
            FromWorker::Fetching { done, total } => {
                dom::text("status", &format!("Fetching the model: {:.1} of {:.1} MB", done as f64 / 1e6, total as f64 / 1e6));
            }
            FromWorker::Model(report) => self.use_model(report),
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
                self.change().asked = None;
                self.end_run("ready");
                dom::text("status", words::CANCELLED);
            }
            FromWorker::Failed { failure: failure @ Failure::ModelFile { .. }, .. } => self.refuse_model(&failure),
            FromWorker::Failed { id, failure, saved } if id.is_none_or(|id| id == current) => {
                self.fail(&failure, saved.map(|saved| (saved, buffers.to_vec())));
            }
            // Of a run that is over.
            FromWorker::Progress { .. } | FromWorker::Preview { .. } | FromWorker::Done { .. } => {}
            FromWorker::Cancelled { .. } | FromWorker::Failed { .. } => {}
        }
    }

    /// Puts the page into a state in which nothing runs.
    pub fn end_run(&self, page_state: &str) {
        let mut state = self.change();
        (state.running, state.preview) = (false, None);
        drop(state);
        dom::set_state(page_state);
        self.refresh();
    }

    fn use_model(self: &Rc<Self>, report: ModelReport) {
        dom::text("status", &words::model(&report));
        let mut state = self.change();
        if report.own {
            if let Some(offered) = state.offered_model.take() {
                state.own_model = Some(offered);
            }
            state.model_choice = ModelChoice::Own;
        }
        state.model = Some(report);
        drop(state);
        dom::set_state("ready");
        self.show_models();
        self.refresh();
        self.go_on();
    }

    fn show_preview(&self, place: [i64; 4], width: usize, height: usize, buffers: &[Uint8Array]) {
        let Some(pixels) = buffers.first() else { return };
        let canvas = dom::new_canvas(width, height);
        if put(&canvas, &pixels.to_vec(), width, height, (0, 0)).is_ok() {
            self.change().preview = Some(PreviewPicture { canvas, place: place.map(|number| number as f64) });
            self.draw();
        }
    }

    fn finish(self: &Rc<Self>, width: usize, height: usize, milliseconds: f64, buffers: &[Uint8Array]) {
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
                (state.asked, state.losses) = (None, 0);
                drop(state);
                self.end_run("done");
                dom::text("status", &format!("Done in {:.1} s: {width} × {height} pixels", milliseconds / 1000.0));
            }
            Err(error) => {
                drop(state);
                self.fail(&Failure::Request { detail: format!("the result cannot be shown ({error:?})") }, None);
            }
        }
    }
}

/// The run that the controls and the picture ask for, once there are a picture and a model.
fn asked(state: &State) -> Option<Asked> {
    let (document, model) = (state.document.as_ref()?, state.model.as_ref()?);
    let sampler: HtmlSelectElement = dom::element("sampler");
    let request = RunRequest {
        id: 0,
        task: state.task,
        width: document.width,
        height: document.height,
        extend: if state.task == TaskKind::Uncrop { document.extend } else { [0; 4] },
        sampler: sampler.value().parse().unwrap_or(infill::sampler::SamplerKind::DpmSolver),
        steps: dom::number("steps").map(|steps| steps.clamp(1.0, 1000.0) as usize),
        temperature: dom::number("temperature").map(|temperature| temperature.clamp(0.0, 1.0)),
        seed: dom::number("seed").unwrap_or(0.0).max(0.0) as u64,
        resume: None,
    };
    let mask = (state.task == TaskKind::Inpaint).then(|| document.mask.clone());
    Some(Asked { request, mask, model: model.name.clone() })
}
