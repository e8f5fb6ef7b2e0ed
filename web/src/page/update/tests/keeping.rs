//! Nothing is lost: one history of strokes, frames and runs, and the work as the browser keeps it.

use super::*;
use crate::page::{
    keeping::{Keeping, Replacement},
    notice::{Notice, Status},
    session::Session,
};

fn done(state: &mut State, grey: u8) {
    let pixels = Some(Rc::new(vec![grey; 4 * WIDTH * HEIGHT]));
    let (id, held) = (state.runs.id, vec![Handle(100 + u32::from(grey))]);
    let message = FromWorker::Done { id, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    said_with(state, message, Attached { pixels, held, ..Attached::default() });
}

fn shown(state: &State) -> Option<u8> {
    state.answer().map(|answer| answer.pixels[0])
}

/// A stroke, two runs, another stroke; the browser keeps what is done.
fn worked() -> State {
    let mut state = opened();
    state.kept.keeping = Keeping::On;
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    update(&mut state, Event::Run);
    done(&mut state, 1);
    update(&mut state, Event::Another);
    done(&mut state, 2);
    update(&mut state, Event::ChangeArea);
    drag(&mut state, (10.0, 25.0), (20.0, 25.0));
    state
}

#[test]
fn undo_and_redo_walk_through_strokes_runs_and_answers_that_were_kept() {
    let mut state = worked();
    let both = marked(&state);
    update(&mut state, Event::ShowAnswer(1));
    update(&mut state, Event::Keep);
    let mut seen = Vec::new();
    let look = |state: &State| {
        let picture = state.document.as_ref().map_or(0, |document| document.picture.pixels[0]);
        (picture, shown(state), marked(state))
    };
    while state.travels().0 {
        seen.push(look(&state));
        update(&mut state, Event::Undo);
    }
    seen.push(look(&state));
    let one = seen[3].2;
    assert!(one > 0.0 && both > one);
    assert_eq!(
        seen,
        [(2, None, 0.0), (9, Some(2), both), (9, None, one), (9, Some(1), one), (9, None, one), (9, None, 0.0)],
        "the answer that was kept, the stroke, the second run, the first, the first stroke"
    );
    let mut again = vec![look(&state)];
    while state.travels().1 {
        update(&mut state, Event::Redo);
        again.push(look(&state));
    }
    let redone = [(9, None, 0.0), (9, None, one), (9, Some(1), one), (9, Some(2), one), (9, None, both), (2, None, 0.0)];
    assert_eq!(again, redone);
}

#[test]
fn answers_that_were_put_away_come_back_by_redo_and_a_new_run_forgets_them() {
    let mut state = worked();
    update(&mut state, Event::ShowAnswer(0));
    update(&mut state, Event::Discard);
    assert_eq!((shown(&state), state.document.as_ref().map(|document| document.answers.list().len())), (None, Some(0)));
    assert!(state.handles().any(|handle| handle == Handle(101)), "its file is needed again");
    update(&mut state, Event::Redo);
    assert_eq!(shown(&state), Some(1));
    update(&mut state, Event::Another);
    done(&mut state, 3);
    assert_eq!((shown(&state), state.travels().1), (Some(3), false));
    // Other tasks see nothing of it.
    update(&mut state, Event::ChangeArea);
    update(&mut state, Event::Task(TaskKind::Colorize));
    assert_eq!(state.travels(), (false, false));
}

/// What is to be kept.
pub(super) fn kept(effects: Vec<Effect>) -> Option<Session> {
    effects.into_iter().find_map(|effect| if let Effect::Keep(session) = effect { session.map(|session| *session) } else { None })
}

/// The session as another page finds it, its files under other numbers.
pub(super) fn found(session: Session) -> Session {
    let text = serde_json::to_string(&session).expect("plain numbers");
    let mut found: Session = serde_json::from_str(&text).expect("what was written");
    found.files = session.files.iter().map(|handle| Handle(handle.0 + 1000)).collect();
    found.parts = session.parts;
    found
}

#[test]
fn the_work_is_kept_soon_after_a_change_and_comes_back_as_it_was() {
    let mut state = worked();
    assert!(state.kept.due);
    update(&mut state, Event::ShowAnswer(0));
    let session = kept(update(&mut state, Event::Remind)).expect("something to keep");
    assert_eq!(update(&mut state, Event::Remind), [], "nothing is new");
    assert_eq!(update(&mut state, Event::Undo), [Effect::Remind], "the run is undone");
    update(&mut state, Event::Redo);

    let mut other = State::new("http://here/".to_owned(), ModelChoice::default());
    update(&mut other, Event::Started);
    let (file, name) = (Handle(1), "early.png".to_owned());
    assert_eq!(update(&mut other, Event::File { file, name: name.clone() }), [], "what was kept comes before");
    update(&mut other, Event::Found(Found::Session(Box::new(found(session)))));
    assert_eq!((other.phase(), &other.status), ("loading", &Status::Restoring { name: "photo".to_owned() }));
    prepare_worker(&mut other, true);
    for grey in [9, 1, 2] {
        let load = other.load;
        decoded(&mut other, load, grey);
    }
    assert_eq!(other.status, Status::Restored { name: "photo".to_owned() });
    assert_eq!((shown(&other), marked(&other), other.phase()), (Some(1), marked(&state), "done"));
    assert_eq!(other.document.as_ref().map(|document| document.picture.name.as_str()), Some("photo"));
    assert_eq!(other.notice, Some(Notice::Replace { name: Some(name) }), "the file that came early waits for a word");
    update(&mut other, Event::Dismiss);
    for (undo, expected) in [(true, None), (true, Some(1)), (true, None), (true, None), (false, None), (false, Some(1))] {
        update(&mut other, if undo { Event::Undo } else { Event::Redo });
        assert_eq!(shown(&other), expected);
    }
}

#[test]
fn what_does_not_fit_together_is_not_brought_back_and_the_page_works() {
    for fault in ["picture", "part"] {
        let mut state = worked();
        let mut session = found(kept(update(&mut state, Event::Remind)).expect("something to keep"));
        if fault == "part" {
            session.parts[0] = vec![0, 5];
        }
        let mut other = State::new("http://here/".to_owned(), ModelChoice::default());
        update(&mut other, Event::Started);
        update(&mut other, Event::Found(Found::Session(Box::new(session))));
        prepare_worker(&mut other, true);
        while let Some(load) = other.opening.as_ref().map(|opening| opening.load) {
            match fault {
                "picture" => drop(said(
                    &mut other,
                    FromWorker::NotDecoded { load, cause: crate::message::Undecoded::Damaged { detail: "cut".to_owned() } },
                )),
                _ => decoded(&mut other, load, 9),
            }
        }
        assert_eq!((&other.notice, &other.document), (&Some(Notice::NotRestored { name: "photo".to_owned() }), &None), "{fault}");
        open(&mut other, "next.png", 4);
        assert!(other.document.is_some() && other.phase() == "ready");
    }
}

#[test]
fn what_takes_the_place_of_unsaved_work_asks_and_what_is_saved_does_not() {
    let mut state = worked();
    let (file, name) = (Handle(7), "other.png".to_owned());
    assert_eq!(update(&mut state, Event::File { file, name: name.clone() }), []);
    assert_eq!(state.notice, Some(Notice::Replace { name: Some(name.clone()) }));
    update(&mut state, Event::Dismiss);
    assert_eq!((&state.kept.replacement, state.handles().any(|handle| handle == file)), (&None, true), "it is the file of the picture");
    update(&mut state, Event::BeginAnew);
    assert_eq!(state.kept.replacement, Some(Replacement::Nothing));
    update(&mut state, Event::Dismiss);
    assert_eq!(update(&mut state, Event::Replace), [], "nothing waits");
    assert!(state.document.is_some());
    update(&mut state, Event::ShowAnswer(0));
    update(&mut state, Event::Download);
    update(&mut state, Event::ChangeArea);
    let effects = update(&mut state, Event::File { file, name });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Decode { .. })), "{effects:?}");
    state.opening = None;
    drag(&mut state, (1.0, 1.0), (5.0, 1.0));
    update(&mut state, Event::BeginAnew);
    update(&mut state, Event::Replace);
    assert_eq!((&state.document, state.phase()), (&None, "ready"));
    let effects = update(&mut state, Event::Remind);
    assert_eq!(effects, [Effect::Keep(None)], "nothing is to come back");
}

#[test]
fn a_browser_without_room_is_told_of_once() {
    let mut state = worked();
    update(&mut state, Event::NotKept("full".to_owned()));
    assert_eq!(state.notice, Some(Notice::NotKept { detail: "full".to_owned() }));
    update(&mut state, Event::Dismiss);
    update(&mut state, Event::NotKept("full".to_owned()));
    assert_eq!(state.notice, None);
    assert_eq!(update(&mut state, Event::Remind), []);
    assert!(state.has_unsaved_work());
}
