//! The frame by its sides and by numbers, and the fields for numbers.

use super::*;
use crate::page::{field::Field, gesture::Gesture};

fn extending() -> State {
    let mut state = opened();
    update(&mut state, Event::Task(TaskKind::Uncrop));
    state
}

#[test]
fn each_task_undoes_its_own_steps() {
    let mut state = opened();
    drag(&mut state, (5.0, 5.0), (10.0, 5.0));
    let strokes = marked(&state);
    update(&mut state, Event::Task(TaskKind::Uncrop));
    assert_eq!(state.travels(), (false, false), "strokes are not seen here");
    drag(&mut state, (20.0, 0.0), (20.0, -6.0));
    assert_eq!(extend(&state), [0, 6, 0, 0]);
    update(&mut state, Event::Task(TaskKind::Colorize));
    update(&mut state, Event::Undo);
    assert_eq!((marked(&state), extend(&state), state.travels()), (strokes, [0, 6, 0, 0], (false, false)));
    update(&mut state, Event::Task(TaskKind::Inpaint));
    update(&mut state, Event::Undo);
    assert_eq!((marked(&state), extend(&state)), (0.0, [0, 6, 0, 0]));
    update(&mut state, Event::Task(TaskKind::Uncrop));
    update(&mut state, Event::Undo);
    assert_eq!(extend(&state), [0; 4]);
    update(&mut state, Event::Redo);
    assert_eq!(extend(&state), [0, 6, 0, 0]);
}

#[test]
fn a_cancelled_pull_leaves_the_frame_as_it_was() {
    let mut state = extending();
    let (down, far) = (mouse(&state, 40.0, 15.0), mouse(&state, 55.0, 15.0));
    update(&mut state, Event::PointerDown(down));
    update(&mut state, Event::PointerMoved(vec![far]));
    assert_eq!(extend(&state), [0, 0, 15, 0]);
    update(&mut state, Event::PointerCancelled(far));
    assert_eq!((extend(&state), &state.hand.gesture, state.travels()), ([0; 4], &Gesture::None, (false, false)));
}

#[test]
fn numbers_that_are_entered_are_used_within_their_limits_and_are_one_step() {
    let mut state = extending();
    for (digits, used) in [(9.0, 9), (99.0, 99), (99_999.0, 10_000)] {
        update(&mut state, Event::Typed(Field::Side(2), Some(digits)));
        assert_eq!(extend(&state), [0, 0, used, 0]);
    }
    assert_eq!(state.typing.map(|typing| typing.field), Some(Field::Side(2)), "the field is left alone meanwhile");
    update(&mut state, Event::Typed(Field::Side(0), Some(-50.0)));
    update(&mut state, Event::Entered);
    assert_eq!((extend(&state), state.typing), ([0, 0, 10_000, 0], None));
    update(&mut state, Event::Undo);
    assert_eq!((extend(&state), state.travels()), ([0; 4], (false, true)));
    assert!(state.look.viewport.scale > 5.0, "what is shown whole stays so");
    update(&mut state, Event::Typed(Field::Seed, Some(-3.0)));
    update(&mut state, Event::Typed(Field::Steps, Some(0.0)));
    update(&mut state, Event::Typed(Field::Temperature, Some(7.0)));
    assert_eq!((state.settings.seed, state.settings.steps, state.settings.temperature), (0, Some(1), Some(1.0)));
    update(&mut state, Event::Typed(Field::Steps, None));
    update(&mut state, Event::Typed(Field::Temperature, None));
    assert_eq!((state.settings.steps, state.settings.temperature), (None, None), "the model's own");
}

#[test]
fn a_picture_is_shown_whole_with_its_frame_only_where_that_is_the_task() {
    let mut state = extending();
    update(&mut state, Event::Typed(Field::Side(0), Some(400.0)));
    let small = state.look.viewport.scale;
    update(&mut state, Event::Task(TaskKind::Inpaint));
    update(&mut state, Event::Fit);
    assert!((state.look.viewport.scale - 10.0).abs() < 1e-9 && small < 1.0);
    update(&mut state, Event::Resized { canvas: (200.0, 200.0), density: 2.0 });
    assert!((state.look.viewport.scale - 4.7).abs() < 1e-9, "it stays whole");
    update(&mut state, Event::Zoom { factor: 2.0, at: None });
    let viewport = state.look.viewport;
    update(&mut state, Event::Resized { canvas: (300.0, 200.0), density: 2.0 });
    assert_eq!(state.look.viewport, viewport, "what was zoomed stays as it is");
}

#[test]
fn a_corner_moves_both_of_its_sides() {
    let mut state = extending();
    let before = at(&state, 0.0, 0.0);
    drag(&mut state, (40.0, 30.0), (52.0, 37.0));
    assert_eq!(extend(&state), [0, 0, 12, 7]);
    assert_eq!(at(&state, 0.0, 0.0), before, "nothing moves under the pointer");
    update(&mut state, Event::Undo);
    assert_eq!((extend(&state), state.travels().0), ([0; 4], false), "both are one step");
}

#[test]
fn percent_are_of_the_picture_s_width_and_height() {
    let mut state = extending();
    update(&mut state, Event::Percent(true));
    update(&mut state, Event::Typed(Field::Side(2), Some(25.0)));
    update(&mut state, Event::Typed(Field::Side(3), Some(50.0)));
    assert_eq!(extend(&state), [0, 0, 10, 15]);
    assert_eq!((field::to_percent(2, (WIDTH, HEIGHT), 10), field::to_percent(3, (WIDTH, HEIGHT), 1)), (25.0, 3.3));
    update(&mut state, Event::Typed(Field::Side(0), Some(1e9)));
    assert_eq!(extend(&state)[0], 10_000, "the limit is one of pixels");
    update(&mut state, Event::Percent(false));
    update(&mut state, Event::Typed(Field::Side(0), Some(7.0)));
    assert_eq!(extend(&state), [7, 0, 10, 15]);
}

#[test]
fn a_panorama_goes_on_from_its_answer() {
    let mut state = extending();
    update(&mut state, Event::Panorama);
    for width in [2 * WIDTH, 4 * WIDTH] {
        let effects = if width == 2 * WIDTH { update(&mut state, Event::Run) } else { update(&mut state, Event::Further) };
        let asked = requested(&fit(&mut state, &effects)).expect("a run");
        assert_eq!((asked.width + asked.extend[0] + asked.extend[2], asked.height), (width, HEIGHT));
        let attached =
            Attached { pixels: Some(Rc::new(vec![7; 4 * width * HEIGHT])), held: vec![Handle(60 + width as u32)], ..Attached::default() };
        said_with(&mut state, FromWorker::Done { id: asked.id, width, height: HEIGHT, milliseconds: 1.0 }, attached);
    }
    assert_eq!(state.document.as_ref().map(|document| document.picture.width), Some(2 * WIDTH), "the first answer was kept");
    assert_eq!(state.answer().map(|answer| answer.width), Some(4 * WIDTH));
}

#[test]
fn a_shape_and_a_panorama_are_steps_that_add_to_both_sides() {
    let mut state = extending();
    update(&mut state, Event::Aspect(16, 9));
    assert_eq!(extend(&state), [7, 0, 7, 0]);
    update(&mut state, Event::Aspect(1, 1));
    assert_eq!(extend(&state), [0, 5, 0, 5]);
    update(&mut state, Event::Panorama);
    assert_eq!(extend(&state), [20, 5, 20, 5]);
    for before in [[0, 5, 0, 5], [7, 0, 7, 0], [0; 4]] {
        update(&mut state, Event::Undo);
        assert_eq!(extend(&state), before);
    }
    update(&mut state, Event::Task(TaskKind::Inpaint));
    update(&mut state, Event::Panorama);
    assert_eq!(extend(&state), [0; 4], "nobody sees the frame");
}
