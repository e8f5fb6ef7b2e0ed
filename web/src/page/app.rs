//! The page's loop: events are queued, the state changes, and only then effects are carried out and the document is
//! brought in line, so that nothing is borrowed while the browser is at work and may call back.

use std::{
    cell::{Cell, OnceCell},
    collections::VecDeque,
    rc::Rc,
};

use wasm_bindgen::{JsCast, prelude::Closure};

use super::{
    dom,
    effects::{Effects, storage},
    event::{Event, Sink},
    held::Held,
    language::Language,
    listen::{self, Listening},
    state::State,
    update::update,
    view::View,
    workers,
};

/// The page at work.
struct Inside {
    state: State,
    effects: Effects,
    view: View,
}

/// Starts the page.
pub fn start() {
    console_error_panic_hook::set_once();
    App::start();
}

/// The page.
struct App {
    queue: Cell<VecDeque<Event>>,
    /// Taken out while it works: what happens meanwhile waits in the queue.
    inside: Cell<Option<Box<Inside>>>,
    held: Held,
    /// Draws in the browser's next frame, which may have been asked for already.
    frame: OnceCell<Closure<dyn Fn()>>,
    frame_is_near: Cell<bool>,
    listening: OnceCell<Listening>,
}

impl App {
    /// Makes the page work.
    fn start() {
        let held = Held::default();
        let app = Rc::new(Self {
            queue: Cell::default(),
            inside: Cell::new(None),
            held: held.clone(),
            frame: OnceCell::new(),
            frame_is_near: Cell::new(false),
            listening: OnceCell::new(),
        });
        let speaker = app.clone();
        let sink: Sink = Rc::new(move |event| speaker.say(event));
        let drawer = app.clone();
        app.frame.get_or_init(|| Closure::new(move || drawer.draw()));
        let mut state = State::new(dom::base(), storage::remembered_model());
        state.models.computes_on = storage::remembered_device();
        let wanted: Vec<String> = storage::remembered_language().into_iter().chain(dom::languages()).collect();
        state.language = Language::suited(wanted.iter().map(String::as_str));
        state.models.workers = workers::count(dom::processors(), dom::gigabytes());
        (state.palette, state.output) = (storage::remembered_colours(), storage::remembered_output());
        let (effects, view) = (Effects::new(sink.clone(), held.clone()), View::new(sink.clone()));
        app.inside.set(Some(Box::new(Inside { state, effects, view })));
        app.listening.get_or_init(|| listen::listen(&sink, &held));
        app.say(Event::Started);
    }

    /// Something happened.
    fn say(&self, event: Event) {
        self.queued(|queue| queue.push_back(event));
        self.work();
    }

    /// Looks at the queue, which is out meanwhile.
    fn queued<R>(&self, look: impl FnOnce(&mut VecDeque<Event>) -> R) -> R {
        let mut queue = self.queue.take();
        let result = look(&mut queue);
        self.queue.set(queue);
        result
    }

    fn work(&self) {
        let Some(mut inside) = self.inside.take() else { return };
        while let Some(event) = self.queued(VecDeque::pop_front) {
            for effect in update(&mut inside.state, event) {
                inside.effects.carry_out(effect);
            }
            if self.queued(|queue| queue.is_empty()) {
                // The browser may say something of this, which is heard in the next round.
                inside.view.show(&inside.state);
            }
        }
        self.held.keep_only(inside.state.handles());
        self.inside.set(Some(inside));
        self.ask_for_frame();
    }

    fn ask_for_frame(&self) {
        if self.frame_is_near.replace(true) {
            return;
        }
        if let Some(frame) = self.frame.get() {
            let _ = dom::window().request_animation_frame(frame.as_ref().unchecked_ref());
        }
    }

    fn draw(&self) {
        self.frame_is_near.set(false);
        if let Some(mut inside) = self.inside.take() {
            let more = inside.view.draw(&inside.state);
            self.inside.set(Some(inside));
            if more {
                self.ask_for_frame();
            }
            if !self.queued(|queue| queue.is_empty()) {
                self.work();
            }
        }
    }
}
