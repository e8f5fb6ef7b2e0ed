//! A site around the page: what it wishes is done when everything is there, and it is told each thing once.

use super::*;
use crate::{
    message::ModelChoice,
    page::embedding::{RunWish, Told, Wish},
};

const SITE: &str = "https://site.example";

fn told(effects: &[Effect]) -> Vec<Told> {
    let told = |effect: &Effect| match effect {
        Effect::Tell { told, .. } => Some(told.clone()),
        _ => None,
    };
    effects.iter().filter_map(told).collect()
}

fn wish(state: &mut State, wish: Wish) -> Vec<Effect> {
    update(state, Event::Wished { origin: SITE.to_owned(), wish })
}

fn open() -> Wish {
    Wish::Open { picture: Handle(50), name: "theirs.png".to_owned(), mask: Some(Handle(51)) }
}

/// A page in a frame, before its model is there.
fn embedded() -> State {
    let mut state = State::new(String::new(), ModelChoice::default());
    update(&mut state, Event::Embedded);
    let effects = update(&mut state, Event::Started);
    assert!(!effects.contains(&Effect::LookForWork), "the site keeps what it wants");
    update(&mut state, Event::Resized { canvas: (400.0, 300.0), density: 1.0 });
    said(&mut state, FromWorker::Ready);
    state
}

#[test]
fn a_run_waits_for_picture_mask_and_model() {
    let mut state = embedded();
    wish(&mut state, open());
    assert_eq!(told(&wish(&mut state, Wish::Run(RunWish { seed: Some(9), ..RunWish::default() }))), []);
    let load = state.load;
    decoded(&mut state, load, 7);
    let held: Vec<Handle> = state.handles().collect();
    assert!(held.contains(&Handle(50)) && held.contains(&Handle(51)), "{held:?}");
    let mut mask = vec![0; WIDTH * HEIGHT];
    mask[..100].fill(255);
    let values = Attached { pixels: Some(Rc::new(mask)), ..Attached::default() };
    let read = FromWorker::Mask { load, width: WIDTH, height: HEIGHT, doubt: None };
    assert_eq!(requested(&said_with(&mut state, read, values)), None, "there is no model yet");
    let wanted = state.models.wanted;
    let effects = said(&mut state, model(wanted, "ours", false));
    let request = requested(&effects).expect("a run");
    assert_eq!((request.seed, request.task), (9, TaskKind::Inpaint));
    assert!(told(&effects).contains(&Told::Ready { tasks: TaskKind::ALL.to_vec() }), "{effects:?}");
    assert_eq!(marked(&state), 100.0);

    let progressed = said(&mut state, FromWorker::Progress { id: request.id, done: 1, total: 4, pace: 5.0, left: 15.0 });
    assert_eq!(told(&progressed), [Told::Progress(0.25)]);
    let pixels = Some(Rc::new(vec![3; 4 * WIDTH * HEIGHT]));
    let message = FromWorker::Done { id: request.id, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    let effects = said_with(&mut state, message, Attached { pixels, held: vec![Handle(60)], ..Attached::default() });
    assert_eq!(told(&effects), [Told::Result { file: Handle(60), width: WIDTH, height: HEIGHT, seed: 9 }, Told::Ended]);
    assert!(!state.has_unsaved_work(), "the site has the answer");
    assert_eq!(told(&update(&mut state, Event::Fit)), [], "nothing is told twice");
}

#[test]
fn work_that_the_site_has_not_asks_and_what_is_wrong_is_told() {
    let mut state = embedded();
    let wanted = state.models.wanted;
    said(&mut state, model(wanted, "ours", false));
    wish(&mut state, Wish::Open { picture: Handle(50), name: "theirs.png".to_owned(), mask: None });
    let load = state.load;
    decoded(&mut state, load, 7);
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    let effects = wish(&mut state, Wish::Open { picture: Handle(52), name: "other.png".to_owned(), mask: None });
    assert!(matches!(told(&effects)[..], [Told::Problem(ref text)] if text.contains("other.png")), "{effects:?}");
    // What was for it is not done to the picture that stays.
    assert_eq!(requested(&wish(&mut state, Wish::Run(RunWish::default()))), None);
    assert_eq!(requested(&update(&mut state, Event::Dismiss)), None);
    assert!(requested(&wish(&mut state, Wish::Run(RunWish::default()))).is_some());
    assert_eq!(told(&wish(&mut state, Wish::Unknown("no such message".to_owned()))), [Told::Problem("no such message".to_owned())]);
}

#[test]
fn without_a_site_nothing_is_heard_or_told() {
    let mut state = opened();
    let effects = wish(&mut state, open());
    assert_eq!((told(&effects), state.opening.is_none()), (Vec::new(), true));
}
