//! Answers side by side: another, the area changed, one chosen, one kept.

use super::*;
use crate::page::{gesture::Gesture, notice::Status, tool::Tool};

fn done(state: &mut State, grey: u8) {
    let pixels = Some(Rc::new(vec![grey; 4 * WIDTH * HEIGHT]));
    let (id, held) = (state.runs.id, vec![Handle(100 + u32::from(grey))]);
    let message = FromWorker::Done { id, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    said_with(state, message, Attached { pixels, held, ..Attached::default() });
}

/// A page that shows the second of two answers.
fn answered() -> State {
    let mut state = opened();
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    update(&mut state, Event::Run);
    done(&mut state, 1);
    assert!(requested(&update(&mut state, Event::Another)).is_some_and(|request| request.seed == 1));
    assert_eq!((state.phase(), state.answer()), ("running", None));
    done(&mut state, 2);
    state
}

fn shown(state: &State) -> Option<u8> {
    state.answer().map(|answer| answer.pixels[0])
}

fn count(state: &State) -> usize {
    state.document.as_ref().map_or(0, |document| document.answers.list().len())
}

#[test]
fn another_has_another_seed_and_a_cancelled_one_leaves_the_answer_before() {
    let mut state = answered();
    assert_eq!((shown(&state), count(&state), state.settings.seed), (Some(2), 2, 1));
    update(&mut state, Event::ShowAnswer(0));
    assert!(requested(&update(&mut state, Event::Another)).is_some_and(|request| request.seed == 2), "a seed that no answer has");
    update(&mut state, Event::Cancel);
    let id = state.runs.id;
    said(&mut state, FromWorker::Cancelled { id });
    assert_eq!((state.phase(), shown(&state), &state.status), ("done", Some(1), &Status::Cancelled));
    update(&mut state, Event::TurnAnswer(false));
    assert_eq!(shown(&state), Some(2), "round and round");
    assert_eq!(requested(&update(&mut state, Event::Run)), None, "who looks at an answer asks for another one");
}

#[test]
fn the_area_is_changed_with_the_answers_kept() {
    let mut state = answered();
    let before = marked(&state);
    for change in [Event::ChangeArea, Event::Tool(Tool::Eraser)] {
        update(&mut state, Event::ShowAnswer(1));
        assert!(!state.is_editable());
        update(&mut state, change);
        assert!(state.is_editable() && marked(&state) == before && count(&state) == 2);
    }
    update(&mut state, Event::Tool(Tool::Brush));
    drag(&mut state, (10.0, 20.0), (20.0, 20.0));
    update(&mut state, Event::Run);
    done(&mut state, 3);
    assert_eq!((shown(&state), count(&state)), (Some(3), 3));
    update(&mut state, Event::ChangeArea);
    update(&mut state, Event::Task(TaskKind::Colorize));
    update(&mut state, Event::ShowAnswer(0));
    assert_eq!((state.task, shown(&state)), (TaskKind::Inpaint, Some(1)), "it is looked at as what it is");
    update(&mut state, Event::Discard);
    assert_eq!((count(&state), state.phase(), state.handles().count()), (0, "ready", 4), "the files are there for redo");
}

#[test]
fn a_kept_answer_is_edited_and_undo_brings_back_all_of_them() {
    let mut state = answered();
    update(&mut state, Event::ShowAnswer(0));
    update(&mut state, Event::Keep);
    let grey = |state: &State| state.document.as_ref().map(|document| document.picture.pixels[0]);
    assert_eq!((grey(&state), count(&state), state.phase()), (Some(1), 0, "ready"));
    update(&mut state, Event::Undo);
    assert_eq!((grey(&state), count(&state), shown(&state)), (Some(9), 2, Some(1)));
    update(&mut state, Event::ShowAnswer(1));
    assert_eq!(shown(&state), Some(2));
    open(&mut state, "other.png", 3);
    assert_eq!((count(&state), state.handles().count()), (0, 1));
}

#[test]
fn filling_as_one_paints_begins_with_each_stroke() {
    let mut state = opened();
    update(&mut state, Event::AsIPaint(true));
    let stroke = |state: &mut State, y: f64| {
        let (down, up) = (mouse(state, 10.0, y), mouse(state, 20.0, y));
        update(state, Event::PointerDown(down));
        update(state, Event::PointerMoved(vec![up]));
        requested(&update(state, Event::PointerUp(up)))
    };
    assert!(stroke(&mut state, 10.0).is_some());
    done(&mut state, 1);
    let one = marked(&state);
    assert!(stroke(&mut state, 20.0).is_some() && marked(&state) > one, "on the answer as on the picture");
    done(&mut state, 2);
    assert_eq!((count(&state), &state.hand.gesture), (2, &Gesture::None));
    update(&mut state, Event::Tool(Tool::Eraser));
    brush(&mut state, 15.0);
    assert_eq!(stroke(&mut state, 15.0), None, "nothing is marked any more");
}
