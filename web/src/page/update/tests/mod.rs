//! The page without a browser: events go in, and the state and what is to be done are looked at.

mod answers;
mod areas;
mod colouring;
mod embedding;
mod files;
mod framing;
mod keeping;
mod marks;
mod runs;
mod saving;
mod screen;
mod walking;

use std::rc::Rc;

use infill::task::TaskKind;

use super::update;
use crate::{
    message::{DeviceReport, FileKind, FromWorker, ModelChoice, ModelReport, ToWorker},
    page::{
        effect::Effect,
        event::{Attached, Event},
        field::{self, Field},
        gesture::{Pointer, PointerKind},
        handle::Handle,
        keeping::Found,
        opening,
        picture::Picture,
        state::State,
    },
};

const WIDTH: usize = 40;
const HEIGHT: usize = 30;

/// A picture of one grey.
fn picture(name: &str, grey: u8) -> Picture {
    Picture::plain(name.to_owned(), WIDTH, HEIGHT, Rc::new(vec![grey; 4 * WIDTH * HEIGHT]))
}

/// A message of the worker that is in use.
fn said(state: &mut State, message: FromWorker) -> Vec<Effect> {
    said_with(state, message, Attached::default())
}

fn said_with(state: &mut State, message: FromWorker, attached: Attached) -> Vec<Effect> {
    let worker = state.models.worker;
    update(state, Event::Worker { worker, message, attached })
}

/// The model that was asked for with a number.
fn model(wanted: u32, name: &str, own: bool) -> FromWorker {
    let tasks = TaskKind::ALL.to_vec();
    FromWorker::Model(ModelReport {
        assumed: None,
        wanted,
        name: name.to_owned(),
        size: 16,
        tasks,
        steps: vec![20; 4],
        varies: TaskKind::ALL.to_vec(),
        parameters: 200_000,
        kept: true,
        own,
    })
}

/// A worker listens, has a device and has its model.
fn prepare_worker(state: &mut State, webgpu: bool) -> Vec<Effect> {
    said(state, FromWorker::Ready);
    said(state, FromWorker::Device(DeviceReport { webgpu, adapter: String::new(), reason: None }));
    let wanted = state.models.wanted;
    said(state, model(wanted, "tiny", false))
}

/// A page with a model, and a picture of 40×30 pixels on a canvas where it is ten times as large.
fn opened() -> State {
    let mut state = State::new("http://here/".to_owned(), ModelChoice::default());
    start(&mut state);
    prepare_worker(&mut state, true);
    let canvas = (10.0 * WIDTH as f64 / 0.94, 10.0 * HEIGHT as f64 / 0.94);
    update(&mut state, Event::Resized { canvas, density: 1.0 });
    open(&mut state, "photo.png", 9);
    state
}

/// The page begins, and the browser keeps nothing.
fn start(state: &mut State) -> Vec<Effect> {
    let effects = update(state, Event::Started);
    update(state, Event::Found(Found::Refused("a test".to_owned())));
    effects
}

/// Opens a picture, in place of whatever is there.
fn open(state: &mut State, name: &str, grey: u8) {
    update(state, Event::File { file: Handle(7), name: name.to_owned() });
    update(state, Event::Replace);
    let load = state.load;
    if state.models.alive {
        return decoded(state, load, grey);
    }
    let name = opening::stem(name);
    let effects = update(state, Event::Decoded { load, result: Ok(picture(&name, grey)) });
    fit(state, &effects);
}

/// The worker has decoded a picture of one grey, which the browser can show.
fn decoded(state: &mut State, load: u32, grey: u8) {
    let pixels = Some(Rc::new(vec![grey; 4 * WIDTH * HEIGHT]));
    let message = FromWorker::Decoded { load, width: WIDTH, height: HEIGHT, kind: FileKind::Png, notes: Vec::new() };
    let effects = said_with(state, message, Attached { pixels, ..Attached::default() });
    fit(state, &effects);
}

/// The browser has canvases of every size that it is asked for.
fn fit(state: &mut State, effects: &[Effect]) -> Vec<Effect> {
    let mut more = Vec::new();
    for effect in effects {
        if let Effect::Probe { purpose, size } = effect {
            more.extend(update(state, Event::Probed { purpose: *purpose, size: *size, fits: true }));
        }
    }
    more
}

/// Takes a brush of so many pixels of the picture.
fn brush(state: &mut State, pixels: f64) {
    let place = field::place_of_brush(pixels * state.look.viewport.scale);
    update(state, Event::Typed(Field::Brush, Some(place)));
}

/// A point of the picture on the canvas.
fn at(state: &State, x: f64, y: f64) -> (f64, f64) {
    state.look.viewport.to_canvas(x, y)
}

fn mouse(state: &State, x: f64, y: f64) -> Pointer {
    Pointer { id: 1, kind: PointerKind::Mouse, primary: true, at: at(state, x, y), pressure: 0.5, button: 0, shift: false }
}

fn finger(state: &State, id: i32, x: f64, y: f64) -> Pointer {
    Pointer { id, kind: PointerKind::Touch, primary: id == 10, ..mouse(state, x, y) }
}

fn pen(state: &State, pressure: f64, x: f64, y: f64) -> Pointer {
    Pointer { id: 2, kind: PointerKind::Pen, pressure, ..mouse(state, x, y) }
}

/// From one point of the picture to another with the main button down.
fn drag(state: &mut State, from: (f64, f64), to: (f64, f64)) {
    let (down, up) = (mouse(state, from.0, from.1), mouse(state, to.0, to.1));
    update(state, Event::PointerDown(down));
    update(state, Event::PointerMoved(vec![up]));
    update(state, Event::PointerUp(up));
}

fn marked(state: &State) -> f64 {
    state.document.as_ref().expect("a picture").marks.mask().area() * (WIDTH * HEIGHT) as f64
}

fn extend(state: &State) -> [usize; 4] {
    state.document.as_ref().expect("a picture").extend
}

/// The request for a run among effects.
fn requested(effects: &[Effect]) -> Option<crate::message::RunRequest> {
    effects.iter().find_map(|effect| match effect {
        Effect::Say(ToWorker::Run(request), _) => Some(request.clone()),
        _ => None,
    })
}
