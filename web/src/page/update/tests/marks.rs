//! Painting, undo and redo, fingers, pens, keys.

use infill::task::TaskKind;

use super::*;
use crate::page::{gesture::Gesture, notice::Status, tool::Tool};

#[test]
fn a_stroke_is_one_step_that_can_be_undone_and_redone() {
    let mut state = opened();
    assert_eq!(state.travels(), (false, false));
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    let first = marked(&state);
    drag(&mut state, (10.0, 25.0), (30.0, 25.0));
    let both = marked(&state);
    assert!(first > 30.0 && both > first + 60.0, "{first}, {both}");
    update(&mut state, Event::Undo);
    assert_eq!((marked(&state), state.travels()), (first, (true, true)));
    update(&mut state, Event::Undo);
    assert_eq!((marked(&state), state.travels()), (0.0, (false, true)));
    update(&mut state, Event::Redo);
    update(&mut state, Event::Redo);
    assert_eq!(marked(&state), both);
    update(&mut state, Event::Tool(Tool::Eraser));
    drag(&mut state, (0.0, 15.0), (40.0, 15.0));
    assert!(marked(&state) < both);
    update(&mut state, Event::Undo);
    update(&mut state, Event::Tool(Tool::Brush));
    drag(&mut state, (5.0, 5.0), (6.0, 5.0));
    assert_eq!(state.travels(), (true, false), "another stroke forgets what was undone");
}

#[test]
fn what_the_browser_cancels_leaves_nothing() {
    for tool in Tool::ALL {
        let mut state = opened();
        update(&mut state, Event::Tool(Tool::Rectangle));
        drag(&mut state, (2.0, 2.0), (12.0, 12.0));
        let before = marked(&state);
        update(&mut state, Event::Tool(tool));
        let (down, far) = (finger(&state, 10, 5.0, 5.0), finger(&state, 10, 30.0, 20.0));
        update(&mut state, Event::PointerDown(down));
        update(&mut state, Event::PointerMoved(vec![far]));
        update(&mut state, Event::PointerCancelled(far));
        assert_eq!((marked(&state), &state.hand.gesture), (before, &Gesture::None), "{tool:?}");
        update(&mut state, Event::Undo);
        assert_eq!((marked(&state), state.travels()), (0.0, (false, true)), "only the rectangle was a step");
    }
}

#[test]
fn a_second_finger_zooms_and_what_the_first_painted_goes() {
    let mut state = opened();
    let before = state.look.viewport;
    let (one, two) = (finger(&state, 10, 10.0, 15.0), finger(&state, 11, 20.0, 15.0));
    let far = finger(&state, 11, 30.0, 15.0);
    update(&mut state, Event::PointerDown(one));
    assert!(marked(&state) > 0.0);
    update(&mut state, Event::PointerDown(two));
    assert_eq!((marked(&state), state.travels()), (0.0, (false, false)));
    update(&mut state, Event::PointerMoved(vec![far]));
    assert!((state.look.viewport.scale / before.scale - 2.0).abs() < 1e-9 && !state.look.fitted);
    // The point under the first finger stays under it.
    let under = state.look.viewport.to_picture(one.at.0, one.at.1);
    assert!((under.0 - 10.0).abs() < 1e-9 && (under.1 - 15.0).abs() < 1e-9, "{under:?}");
    update(&mut state, Event::PointerUp(far));
    update(&mut state, Event::PointerMoved(vec![Pointer { at: (0.0, 0.0), ..one }]));
    assert_eq!(marked(&state), 0.0, "the finger that is left paints nothing");
    update(&mut state, Event::PointerUp(one));
    let again = finger(&state, 10, 10.0, 15.0);
    update(&mut state, Event::PointerDown(again));
    update(&mut state, Event::PointerUp(again));
    assert!(marked(&state) > 0.0 && state.hand.touches.is_empty());
}

#[test]
fn a_palm_beside_a_pen_is_nothing_and_a_pen_takes_over_from_a_palm() {
    let mut state = opened();
    let (palm, tip) = (finger(&state, 10, 35.0, 25.0), pen(&state, 1.0, 10.0, 10.0));
    update(&mut state, Event::PointerDown(tip));
    update(&mut state, Event::PointerDown(palm));
    let moved = finger(&state, 10, 5.0, 25.0);
    update(&mut state, Event::PointerMoved(vec![moved]));
    update(&mut state, Event::PointerUp(moved));
    let one = marked(&state);
    update(&mut state, Event::PointerUp(tip));
    assert_eq!((marked(&state), state.travels().0), (one, true));
    update(&mut state, Event::Undo);
    update(&mut state, Event::PointerDown(palm));
    update(&mut state, Event::PointerDown(tip));
    update(&mut state, Event::PointerUp(tip));
    assert_eq!(marked(&state), one, "the palm left something");
}

#[test]
fn pressure_makes_the_brush_thinner() {
    let mut widths = Vec::new();
    for pressure in [0.1, 0.5, 1.0] {
        let mut state = opened();
        let tip = pen(&state, pressure, 20.0, 15.0);
        brush(&mut state, 12.0);
        update(&mut state, Event::PointerDown(tip));
        update(&mut state, Event::PointerUp(tip));
        widths.push(marked(&state));
    }
    assert!(widths.is_sorted() && widths[0] < 0.5 * widths[2], "{widths:?}");
}

#[test]
fn other_buttons_shift_and_space_do_not_paint() {
    let mut state = opened();
    let place = mouse(&state, 10.0, 10.0);
    update(&mut state, Event::PointerDown(Pointer { button: 2, ..place }));
    assert_eq!(state.hand.gesture, Gesture::None);
    update(&mut state, Event::PointerMoved(vec![place]));
    update(&mut state, Event::Space(true));
    for pointer in [Pointer { button: 1, ..place }, Pointer { shift: true, ..place }, place] {
        let left = state.look.viewport.left;
        update(&mut state, Event::PointerDown(pointer));
        update(&mut state, Event::PointerMoved(vec![Pointer { at: (place.at.0 + 7.0, place.at.1), ..pointer }]));
        update(&mut state, Event::PointerUp(pointer));
        assert!((state.look.viewport.left - left - 7.0).abs() < 1e-9);
    }
    update(&mut state, Event::Space(false));
    assert_eq!(marked(&state), 0.0);
}

#[test]
fn keys_paint_where_the_ring_is() {
    let mut state = opened();
    update(&mut state, Event::Space(true));
    assert_eq!((state.hand.cursor, marked(&state)), (Some((20.0, 15.0)), 0.0), "the first press shows the ring");
    update(&mut state, Event::CursorMoved(-4.0, 0.0));
    update(&mut state, Event::Space(true));
    assert_eq!(state.hand.cursor, Some((16.0, 15.0)));
    assert!(marked(&state) > 0.0 && state.travels().0);
    update(&mut state, Event::CursorMoved(-1e6, 1e6));
    assert_eq!(state.hand.cursor, Some((0.0, 30.0)), "the ring stays on the picture");
}

#[test]
fn a_stroke_under_way_is_not_undone_from_below() {
    let mut state = opened();
    drag(&mut state, (5.0, 5.0), (10.0, 5.0));
    let one = marked(&state);
    let (down, up) = (mouse(&state, 5.0, 20.0), mouse(&state, 30.0, 20.0));
    update(&mut state, Event::PointerDown(down));
    for event in [Event::Undo, Event::Clear, Event::Invert] {
        update(&mut state, event);
    }
    update(&mut state, Event::PointerMoved(vec![up]));
    update(&mut state, Event::PointerUp(up));
    let both = marked(&state);
    assert!(both > one);
    update(&mut state, Event::Undo);
    assert_eq!(marked(&state), one);
    // A run takes what was drawn so far.
    update(&mut state, Event::PointerDown(down));
    assert!(requested(&update(&mut state, Event::Run)).is_some());
    assert_eq!(state.hand.gesture, Gesture::None);
}

#[test]
fn inverting_nothing_says_that_all_is_marked() {
    let mut state = opened();
    update(&mut state, Event::Invert);
    assert_eq!((marked(&state), &state.status), ((WIDTH * HEIGHT) as f64, &Status::AllMarked));
    update(&mut state, Event::Undo);
    drag(&mut state, (5.0, 5.0), (10.0, 5.0));
    state.status = Status::Nothing;
    update(&mut state, Event::Invert);
    assert_eq!(state.status, Status::Nothing);
    update(&mut state, Event::Clear);
    assert_eq!(marked(&state), 0.0);
    for task in [TaskKind::Uncrop, TaskKind::Colorize] {
        update(&mut state, Event::Task(task));
        update(&mut state, Event::Invert);
        assert_eq!(marked(&state), 0.0, "nobody sees the mask in {task:?}");
    }
}

#[test]
fn tools_and_tasks_turn_with_the_arrow_keys() {
    let mut state = opened();
    update(&mut state, Event::TurnTool(false));
    assert_eq!(state.tool, Tool::Similar);
    update(&mut state, Event::TurnTool(true));
    assert_eq!(state.tool, Tool::Brush);
    if let Some(model) = &mut state.models.model {
        model.tasks = vec![TaskKind::Inpaint, TaskKind::Restore];
    }
    update(&mut state, Event::TurnTask(true));
    assert_eq!(state.task, TaskKind::Restore, "what the model cannot do is passed over");
    update(&mut state, Event::Task(TaskKind::Colorize));
    assert_eq!(state.task, TaskKind::Restore);
}

#[test]
fn areas_mark_or_take_marks_away() {
    for (tool, area) in [(Tool::Rectangle, 100.0), (Tool::Lasso, 50.0)] {
        let mut state = opened();
        update(&mut state, Event::Tool(tool));
        for (subtract, expected) in [(false, area), (true, 0.0)] {
            update(&mut state, Event::Subtract(subtract));
            let path = [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0)].map(|(x, y)| mouse(&state, x, y));
            update(&mut state, Event::PointerDown(path[0]));
            update(&mut state, Event::PointerMoved(path[1..].to_vec()));
            update(&mut state, Event::PointerUp(path[2]));
            // A slanted edge is soft, and drawing it twice leaves something of it.
            assert!((marked(&state) - expected).abs() < 8.0, "{tool:?}: {}", marked(&state));
        }
        assert_eq!(state.hand.gesture, Gesture::None);
    }
    let mut state = opened();
    update(&mut state, Event::Tool(Tool::Lasso));
    drag(&mut state, (10.0, 10.0), (20.0, 10.0));
    assert_eq!((marked(&state), state.travels().0), (0.0, false), "a line goes around nothing");
}

#[test]
fn marks_grow_and_shrink_by_steps_and_runs_are_asked_to_grow_them() {
    let mut state = opened();
    update(&mut state, Event::Typed(Field::Grow, Some(2.0)));
    update(&mut state, Event::Tool(Tool::Rectangle));
    drag(&mut state, (10.0, 10.0), (20.0, 20.0));
    update(&mut state, Event::Grow(1));
    assert!(marked(&state) > 180.0, "two pixels to each side: {}", marked(&state));
    update(&mut state, Event::Grow(-1));
    assert!((marked(&state) - 100.0).abs() < 12.0, "{}", marked(&state));
    update(&mut state, Event::Undo);
    update(&mut state, Event::Undo);
    assert!((marked(&state) - 100.0).abs() < 1.0);
    update(&mut state, Event::Typed(Field::Feather, Some(5.0)));
    let request = requested(&update(&mut state, Event::Run)).expect("a run");
    assert_eq!((request.grow, request.feather), (2, 5));
    update(&mut state, Event::Cancel);
    said(&mut state, FromWorker::Cancelled { id: 1 });
    update(&mut state, Event::Typed(Field::Grow, Some(0.0)));
    assert_eq!(requested(&update(&mut state, Event::Run)).map(|request| request.grow), Some(0), "0 is off");
}

#[test]
fn a_mask_file_is_marked_as_it_is_and_another_size_is_refused() {
    let mut state = opened();
    drag(&mut state, (1.0, 1.0), (5.0, 1.0));
    let before = marked(&state);
    let given = |state: &mut State| update(state, Event::MaskFile { file: Handle(50), name: "m.png".to_owned() });
    assert_eq!(given(&mut state), [Effect::ReadMask { load: 1, file: Handle(50) }]);
    assert!(state.handles().any(|handle| handle == Handle(50)));
    let read = |width: usize| FromWorker::Mask { load: 1, width, height: HEIGHT, doubt: None };
    let values = |width: usize| Attached { pixels: Some(Rc::new(vec![255; width * HEIGHT])), ..Attached::default() };
    said_with(&mut state, read(7), values(7));
    assert_eq!((marked(&state), state.notice.is_some()), (before, true));
    said_with(&mut state, read(WIDTH), values(WIDTH));
    assert_eq!(marked(&state), before, "nobody waits for it any more");
    given(&mut state);
    said_with(&mut state, read(WIDTH), values(WIDTH));
    assert_eq!((marked(&state), state.growth()), ((WIDTH * HEIGHT) as f64, 0));
    update(&mut state, Event::Undo);
    assert_eq!(marked(&state), before);
    update(&mut state, Event::Clear);
    assert!(state.growth() > 0, "what is painted grows again");
    let effects = update(&mut state, Event::SaveMask);
    assert!(matches!(&effects[..], [Effect::Say(ToWorker::WriteMask { width: WIDTH, height: HEIGHT }, _)]), "{effects:?}");
    let saved = said_with(&mut state, FromWorker::MaskFile, Attached { held: vec![Handle(51)], ..Attached::default() });
    assert_eq!(saved, [Effect::Save { file: Handle(51), name: "photo-mask.png".to_owned() }]);
}
