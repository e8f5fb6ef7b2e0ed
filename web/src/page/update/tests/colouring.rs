//! Dabs of colour, and how much colour an answer has.

use super::*;
use crate::page::{
    gesture::Gesture,
    keeping::Keeping,
    palette::ColourTool,
    scene::{Item, scene},
};

fn colouring() -> State {
    let mut state = opened();
    update(&mut state, Event::Task(TaskKind::Colorize));
    state
}

fn colours(state: &State) -> Vec<[u8; 3]> {
    state.document.as_ref().expect("a picture").dabs.list().iter().map(|dab| dab.colour).collect()
}

/// A run is done: one colour everywhere.
fn done(state: &mut State, colour: [u8; 3], file: u32) {
    let [red, green, blue] = colour;
    let pixels = Some(Rc::new([red, green, blue, 255].repeat(WIDTH * HEIGHT)));
    let done = FromWorker::Done { id: state.runs.id, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    said_with(state, done, Attached { pixels, held: vec![Handle(file)], ..Attached::default() });
}

#[test]
fn dabs_are_painted_shown_asked_for_undone_and_taken_away() {
    let mut state = colouring();
    brush(&mut state, 4.0);
    update(&mut state, Event::Colour([200, 0, 0]));
    drag(&mut state, (10.0, 10.0), (14.0, 10.0));
    update(&mut state, Event::Colour([0, 0, 200]));
    let there = mouse(&state, 30.0, 20.0);
    let effects = update(&mut state, Event::PointerDown(there));
    assert!(effects.is_empty() && scene(&state).items.iter().filter(|item| matches!(item, Item::Dab { .. })).count() == 2);
    let effects = update(&mut state, Event::PointerUp(there));
    assert!(effects.contains(&Effect::RememberColours("#0000c8,#c80000".to_owned())));
    assert_eq!((colours(&state), marked(&state)), (vec![[200, 0, 0], [0, 0, 200]], 0.0));
    let request = requested(&update(&mut state, Event::Run)).expect("a run");
    assert_eq!(request.hints.len(), 2);
    let (path, wanted) = (&request.hints[0].path, [[10.0, 10.0, 2.0], [14.0, 10.0, 2.0]]);
    assert!(path.len() == 2 && path.iter().flatten().zip(wanted.as_flattened()).all(|(found, wanted)| (found - wanted).abs() < 0.1));
    update(&mut state, Event::Cancel);
    said(&mut state, FromWorker::Cancelled { id: 1 });
    update(&mut state, Event::ColourTool(ColourTool::Eraser));
    drag(&mut state, (12.0, 2.0), (12.0, 25.0));
    assert_eq!(colours(&state), [[0, 0, 200]]);
    update(&mut state, Event::Undo);
    assert_eq!(colours(&state), [[200, 0, 0], [0, 0, 200]]);
    update(&mut state, Event::Undo);
    update(&mut state, Event::Redo);
    update(&mut state, Event::ClearDabs);
    assert_eq!(colours(&state), [[0; 3]; 0]);
    update(&mut state, Event::Undo);
    assert_eq!((colours(&state).len(), state.travels()), (2, (true, true)));
    update(&mut state, Event::Task(TaskKind::Inpaint));
    assert_eq!(state.travels(), (false, false), "other tasks see nothing of it");
    assert_eq!(requested(&update(&mut state, Event::Run)).map(|request| request.hints.len()), Some(0));
}

#[test]
fn what_is_cancelled_leaves_no_dab_and_takes_none_away() {
    let mut state = colouring();
    drag(&mut state, (10.0, 10.0), (14.0, 10.0));
    for tool in [ColourTool::Brush, ColourTool::Eraser] {
        update(&mut state, Event::ColourTool(tool));
        let (down, far) = (finger(&state, 10, 5.0, 10.0), finger(&state, 10, 30.0, 10.0));
        update(&mut state, Event::PointerDown(down));
        update(&mut state, Event::PointerMoved(vec![far]));
        update(&mut state, Event::PointerCancelled(far));
        assert_eq!((colours(&state).len(), &state.hand.gesture), (1, &Gesture::None), "{tool:?}");
    }
    update(&mut state, Event::Undo);
    assert_eq!((colours(&state).len(), state.travels()), (0, (false, true)));
}

#[test]
fn by_keyboard_a_colour_is_taken_out_of_the_picture_and_painted_elsewhere() {
    let mut state = colouring();
    state.hand.hover = None;
    update(&mut state, Event::ColourTool(ColourTool::Eyedropper));
    update(&mut state, Event::Space(true));
    update(&mut state, Event::Space(true));
    assert_eq!((state.palette.colour, state.palette.tool, colours(&state).len()), ([9; 3], ColourTool::Brush, 0));
    update(&mut state, Event::CursorMoved(2.0, 0.0));
    update(&mut state, Event::Space(true));
    assert_eq!(colours(&state), [[9; 3]]);
    update(&mut state, Event::Tool(crate::page::tool::Tool::Eraser));
    assert_eq!(state.palette.tool, ColourTool::Eraser);
    update(&mut state, Event::Space(true));
    assert_eq!(colours(&state).len(), 0);
    update(&mut state, Event::Colour([1, 2, 3]));
    update(&mut state, Event::Swatch(0));
    assert_eq!((state.palette.colour, state.palette.tool), ([9; 3], ColourTool::Brush));
}

#[test]
fn an_answer_with_another_saturation_is_made_anew_when_it_is_saved_or_kept() {
    let mut state = colouring();
    state.kept.keeping = Keeping::On;
    drag(&mut state, (10.0, 10.0), (14.0, 10.0));
    update(&mut state, Event::Run);
    done(&mut state, [200, 100, 50], 20);
    assert!(
        matches!(&update(&mut state, Event::Download)[..], [Effect::Save { file: Handle(20), .. }, ..]),
        "as it is it is there already"
    );
    update(&mut state, Event::Typed(Field::Saturation, Some(40.0)));
    assert_eq!(state.answer().map(|answer| answer.saturation), Some(40));
    let asked = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| if let Effect::Say(ToWorker::WriteFile(asked), _) = effect { Some(asked) } else { None })
    };
    let first = asked(update(&mut state, Event::Download)).expect("another file");
    assert_eq!((first.saturation, first.width), (40, WIDTH));
    // Another is asked for meanwhile; the first is no news any more.
    let second = asked(update(&mut state, Event::Keep)).expect("another file");
    let pixels = Some(Rc::new([1, 2, 3, 255].repeat(WIDTH * HEIGHT)));
    let made = |file| Attached { pixels: pixels.clone(), held: vec![Handle(file)], ..Attached::default() };
    said_with(&mut state, FromWorker::Written { number: first.number, kind: FileKind::Png, lossless: true }, made(30));
    assert!(state.answer().is_some());
    said_with(&mut state, FromWorker::Written { number: second.number, kind: FileKind::Png, lossless: true }, made(31));
    let picture = &state.document.as_ref().expect("a picture").picture;
    assert_eq!((picture.file, picture.pixels[0], state.answer()), (Handle(31), 1, None));
    update(&mut state, Event::Undo);
    assert_eq!(state.answer().map(|answer| (answer.saturation, answer.pixels[0])), Some((40, 200)), "the answer is as it was");
    update(&mut state, Event::Another);
    done(&mut state, [10, 20, 30], 21);
    let request_again = state.answer().map(|answer| (answer.saturation, colours(&state).len()));
    assert_eq!(request_again, Some((100, 1)), "another answer has the same dabs");
}

#[test]
fn dabs_and_saturation_come_back_with_the_work() {
    let mut state = colouring();
    state.kept.keeping = Keeping::On;
    drag(&mut state, (10.0, 10.0), (14.0, 10.0));
    drag(&mut state, (20.0, 10.0), (24.0, 10.0));
    update(&mut state, Event::Undo);
    update(&mut state, Event::Run);
    done(&mut state, [200, 100, 50], 20);
    update(&mut state, Event::Remind);
    let remind = update(&mut state, Event::Typed(Field::Saturation, Some(150.0)));
    assert!(remind.contains(&Effect::Remind), "it is worth keeping");
    let session = keeping::kept(update(&mut state, Event::Remind)).expect("work");
    let pictures = vec![Some(picture("photo", 9)); session.files.len()];
    let (documents, current) = keeping::found(session).documents(&pictures).expect("what was written");
    let document = &documents[current];
    assert_eq!(document.dabs.list(), state.document.as_ref().expect("a picture").dabs.list());
    assert_eq!(document.answers.shown().map(|answer| answer.saturation), Some(150));
    assert_eq!(document.history.steps().0.len(), 2);
}
