//! The list of all that was done, across tasks and pictures.

use super::*;
use crate::page::{
    history::{Line, Step},
    keeping::Keeping,
    steps,
};

/// The list in short, and where the present is.
fn list(state: &State) -> (String, usize) {
    let (lines, present) = steps::list(state);
    let short = |line: &Line<'_>| match line {
        Line::Opened => 'o',
        Line::Kept(Some(1)) => 'k',
        Line::Kept(_) => '?',
        Line::Done(Step::Marks { .. }) => 'm',
        Line::Done(Step::Frame { .. }) => 'f',
        Line::Done(Step::Dabs { .. }) => 'd',
        Line::Done(Step::Run { .. }) => 'r',
    };
    (lines.iter().map(short).collect(), present)
}

/// A stroke, a frame, a dab, a run, its answer kept, and a stroke on that.
fn worked() -> State {
    let mut state = opened();
    state.kept.keeping = Keeping::On;
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    update(&mut state, Event::Task(TaskKind::Uncrop));
    update(&mut state, Event::Typed(Field::Side(0), Some(7.0)));
    update(&mut state, Event::Entered);
    update(&mut state, Event::Task(TaskKind::Colorize));
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    update(&mut state, Event::Run);
    let pixels = Some(Rc::new(vec![5; 4 * WIDTH * HEIGHT]));
    let done = FromWorker::Done { id: 1, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    said_with(&mut state, done, Attached { pixels, held: vec![Handle(20)], ..Attached::default() });
    update(&mut state, Event::Keep);
    update(&mut state, Event::Task(TaskKind::Inpaint));
    drag(&mut state, (10.0, 25.0), (20.0, 25.0));
    state
}

#[test]
fn one_list_shows_every_step_and_going_to_one_undoes_and_redoes_across_tasks_and_pictures() {
    let mut state = worked();
    assert_eq!(list(&state), ("omfdrkm".to_owned(), 6));
    let after = (marked(&state), extend(&state));
    update(&mut state, Event::WalkTo(2));
    assert_eq!(list(&state), ("omfdrkm".to_owned(), 2));
    assert_eq!((state.task, extend(&state)), (TaskKind::Uncrop, [7, 0, 0, 0]));
    assert!(state.document.as_ref().is_some_and(|document| document.dabs.list().is_empty()) && marked(&state) > 0.0);
    update(&mut state, Event::Walk(2));
    assert_eq!((list(&state).1, state.answer().map(|answer| answer.pixels[0])), (4, Some(5)), "the run's answer is looked at");
    update(&mut state, Event::Walk(-4));
    assert_eq!((list(&state).1, marked(&state), extend(&state)), (0, 0.0, [0; 4]));
    update(&mut state, Event::Walk(-1));
    assert_eq!(list(&state).1, 0, "there is nothing before the picture");
    update(&mut state, Event::WalkTo(99));
    assert_eq!((list(&state), marked(&state), extend(&state)), (("omfdrkm".to_owned(), 6), after.0, after.1));
    update(&mut state, Event::WalkTo(1));
    drag(&mut state, (30.0, 25.0), (35.0, 25.0));
    assert_eq!(list(&state).1, 2, "a new step goes on from there");
    assert_eq!(steps::list(&State::new(String::new(), ModelChoice::default())), (Vec::new(), 0));
}
