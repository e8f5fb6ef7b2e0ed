//! The state of the page, and what follows from a change of it. Who changes it is elsewhere:
//! `wiring` (buttons), `editor` (pointer and keys on the canvas), `runs` (the worker's messages).

use std::{
    cell::{Ref, RefCell, RefMut},
    rc::Rc,
};

use infill::task::TaskKind;
use web_sys::{Element, File, HtmlCanvasElement};

use super::{
    document::{Document, ResultPicture},
    dom,
    editor::Gesture,
    listener::Listener,
    models,
    recovery::{Asked, Interrupted},
    view,
    viewport::Viewport,
    words::Advice,
    worker_client::WorkerClient,
};
use crate::message::{ListedModel, ModelChoice, ModelReport};

/// What the pointer does to the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Marks.
    Brush,
    /// Takes marks away.
    Eraser,
    /// Marks a rectangle.
    Rectangle,
}

/// A part of the result as it comes about.
pub struct PreviewPicture {
    /// What to draw.
    pub canvas: HtmlCanvasElement,
    /// Where, on the result: x, y, width, height.
    pub place: [f64; 4],
}

/// Everything the page knows.
pub struct State {
    pub document: Option<Document>,
    pub result: Option<ResultPicture>,
    pub preview: Option<PreviewPicture>,
    pub task: TaskKind,
    pub tool: Tool,
    /// Brush width in pixels of the picture.
    pub brush: f64,
    pub viewport: Viewport,
    /// Share of the picture's width that shows the result, from the right.
    pub compare: f64,
    /// The ring that the keyboard moves, on the picture.
    pub cursor: Option<(f64, f64)>,
    /// The pointer, on the canvas.
    pub hover: Option<(f64, f64)>,
    pub gesture: Gesture,
    pub worker: Option<WorkerClient>,
    pub model: Option<ModelReport>,
    /// Which model is fetched for a new worker.
    pub model_choice: ModelChoice,
    /// The models that can be chosen.
    pub listed: Vec<ListedModel>,
    /// The visitor's model file that is used or was, and one that is not known yet to be any good.
    pub own_model: Option<(String, File)>,
    pub offered_model: Option<(String, File)>,
    pub run: u32,
    pub running: bool,
    pub force_cpu: bool,
    /// The worker computes on a GPU.
    pub on_gpu: bool,
    /// The run under way.
    pub asked: Option<Asked>,
    /// A run was under way when the worker failed: it goes on when there is a model again.
    pub interrupted: Option<Interrupted>,
    /// Devices lost during this run.
    pub losses: usize,
    /// The pictures before each "Keep editing", the latest last.
    pub earlier: Vec<Document>,
    /// The space bar is down: dragging moves the picture.
    pub space: bool,
    /// The picture is shown whole, and stays so when the window changes.
    pub fitted: bool,
}

impl State {
    /// Keeps a picture to go back to. The oldest are forgotten when all take too much.
    pub fn remember(&mut self, document: Document) {
        self.earlier.push(document);
        let size = |documents: &[Document]| documents.iter().map(|document| document.pixels.len()).sum::<usize>();
        while self.earlier.len() > 1 && size(&self.earlier) > EARLIER_LIMIT {
            self.earlier.remove(0);
        }
    }
}

/// Bytes that the pixels of pictures to go back to may take; their canvases take twice that again.
const EARLIER_LIMIT: usize = 256 << 20;

/// The page.
pub struct App {
    state: RefCell<State>,
    listeners: RefCell<Vec<Listener>>,
}

impl App {
    /// Makes the page work.
    pub fn start() {
        let state = State {
            document: None,
            result: None,
            preview: None,
            task: TaskKind::Inpaint,
            tool: Tool::Brush,
            brush: 40.0,
            viewport: Viewport { scale: 1.0, left: 0.0, top: 0.0 },
            compare: 0.5,
            cursor: None,
            hover: None,
            gesture: Gesture::None,
            worker: None,
            model: None,
            model_choice: models::remembered(),
            listed: Vec::new(),
            own_model: None,
            offered_model: None,
            run: 0,
            running: false,
            force_cpu: false,
            on_gpu: false,
            asked: None,
            interrupted: None,
            losses: 0,
            earlier: Vec::new(),
            space: false,
            fitted: true,
        };
        let app = Rc::new(Self { state: RefCell::new(state), listeners: RefCell::new(Vec::new()) });
        super::wiring::wire(&app);
        super::editor::wire(&app);
        super::keys::wire(&app);
        models::wire(&app);
        dom::show("starting", false);
        app.start_worker();
        app.refresh();
    }

    /// Keeps a listener as long as the page.
    pub fn keep(&self, listener: Listener) {
        self.listeners.borrow_mut().push(listener);
    }

    /// The state, to look at.
    pub fn state(&self) -> Ref<'_, State> {
        self.state.borrow()
    }

    /// The state, to change.
    pub fn change(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    /// Puts a document in place of the one before.
    pub fn set_document(&self, document: Document) {
        let mut state = self.change();
        state.brush = (document.width.min(document.height) as f64 / 8.0).clamp(2.0, 400.0).round();
        state.document = Some(document);
        (state.result, state.preview, state.cursor, state.interrupted) = (None, None, None, None);
        dom::set_value("size", &state.brush.to_string());
        drop(state);
        self.show_extension();
        dom::show("empty", false);
        dom::show("work", true);
        self.hide_message();
        self.fit();
        self.refresh();
    }

    /// Writes the frame's sides into their inputs.
    pub fn show_extension(&self) {
        let state = self.state();
        let extend = state.document.as_ref().map_or([0; 4], |document| document.extend);
        for (id, side) in SIDES {
            dom::set_value(id, &extend[side].to_string());
        }
    }

    /// Shows the whole picture.
    pub fn fit(&self) {
        let canvas = canvas_size();
        let mut state = self.change();
        if let Some(document) = &state.document {
            let mut shown = document.frame();
            if state.task == TaskKind::Uncrop {
                // Room for pulling the frame outwards.
                let room = 0.25 * shown[2].max(shown[3]);
                shown = [shown[0] - room, shown[1] - room, shown[2] + 2.0 * room, shown[3] + 2.0 * room];
            }
            state.viewport = Viewport::fit(canvas, shown);
        }
        state.fitted = true;
        drop(state);
        self.draw();
    }

    /// Draws the canvas.
    pub fn draw(&self) {
        view::draw(&self.state());
    }

    /// Brings all controls in line with the state, and draws.
    pub fn refresh(&self) {
        let focused = dom::focused();
        let state = self.state();
        let (document, done) = (state.document.is_some(), state.result.is_some());
        dom::show("empty", !document);
        dom::show("work", document);
        for (task, id, name) in TASKS {
            dom::choose(id, state.task == task);
            let known = state.model.as_ref().is_none_or(|model| model.tasks.contains(&task));
            // A result is looked at as what it is; it is kept or discarded before the next task.
            dom::enable(id, known && !state.running && !done);
            if state.task == task {
                dom::text("run", name);
                dom::text("hint", hint(task, done));
            }
        }
        for (tool, id) in TOOLS {
            dom::choose(id, state.tool == tool);
        }
        dom::show("mask-tools", state.task == TaskKind::Inpaint && !done);
        dom::show("extend-tools", state.task == TaskKind::Uncrop && !done);
        let (stroke, redo) = state.document.as_ref().map_or((false, false), |document| document.history.available());
        let free = !state.running;
        let undo = !done && (stroke || !state.earlier.is_empty());
        for (id, _) in SIDES {
            dom::enable(id, free);
        }
        for (id, enabled) in [("undo", undo && free), ("redo", redo && free && !done), ("clear", free), ("invert", free)] {
            dom::enable(id, enabled);
        }
        dom::text("size-value", &format!("{:.0}", state.brush));
        dom::enable("run", free && state.model.is_some() && document);
        dom::show("run", !done);
        for id in ["download", "keep", "discard", "compare-row"] {
            dom::show(id, done);
        }
        dom::show("progress-row", state.running);
        dom::enable("open-other", free);
        dom::enable("model", free);
        // Whoever pressed a button that is gone now goes on at the one that took its place.
        dom::keep_focus(
            &focused,
            if state.running {
                "cancel"
            } else if done {
                "download"
            } else {
                "run"
            },
        );
        drop(state);
        self.draw();
    }

    /// Shows what went wrong, and the ways on that fit.
    pub fn show_message(&self, advice: &Advice) {
        dom::text("message-text", &advice.text);
        dom::show("retry", advice.retry);
        dom::show("use-cpu", advice.use_cpu);
        dom::show("choose-other", advice.choose_other);
        dom::show("message", true);
    }

    /// Takes the message away.
    pub fn hide_message(&self) {
        dom::show("message", false);
    }
}

/// The tasks with their buttons, and what the run button says.
pub const TASKS: [(TaskKind, &str, &str); 4] = [
    (TaskKind::Inpaint, "task-inpaint", "Fill"),
    (TaskKind::Uncrop, "task-uncrop", "Extend"),
    (TaskKind::Colorize, "task-colorize", "Colour"),
    (TaskKind::Restore, "task-restore", "Repair"),
];

/// The tools with their buttons.
pub const TOOLS: [(Tool, &str); 3] = [(Tool::Brush, "brush"), (Tool::Eraser, "eraser"), (Tool::Rectangle, "rectangle")];

/// The inputs of the frame's sides, with their places in `extend`.
pub const SIDES: [(&str, usize); 4] = [("extend-left", 0), ("extend-top", 1), ("extend-right", 2), ("extend-bottom", 3)];

fn hint(task: TaskKind, done: bool) -> &'static str {
    match (done, task) {
        (true, _) => "Compare with the slider; download, or keep editing.",
        (_, TaskKind::Inpaint) => "Paint over what is to be replaced. Everything else stays exactly as it is.",
        (_, TaskKind::Uncrop) => "Pull the frame outwards by its sides, or enter pixels.",
        (_, TaskKind::Colorize) => "Gives the picture new colours; its brightness stays.",
        (_, TaskKind::Restore) => "Removes the blocks and ringing of JPEG compression.",
    }
}

/// Size of the canvas in CSS pixels.
pub fn canvas_size() -> (f64, f64) {
    let place = dom::element::<Element>("stage").get_bounding_client_rect();
    (place.width().max(1.0), place.height().max(1.0))
}
