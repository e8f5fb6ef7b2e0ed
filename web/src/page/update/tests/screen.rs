//! What the canvas shows, and that the page has what it needs to.

use super::*;
use crate::page::{
    field::Field,
    gesture::Gesture,
    scene::{Item, Layer, scene},
    tasks,
    title::title,
    tool::Tool,
};

fn layers(state: &State) -> Vec<Layer> {
    let items = scene(state).items.into_iter();
    items.filter_map(|item| if let Item::Layer { layer, .. } = item { Some(layer) } else { None }).collect()
}

#[test]
fn tools_tasks_and_fields_stand_in_the_page() {
    let page = include_str!("../../../../../index.html");
    let ids = Tool::ALL.map(Tool::id).into_iter().chain(TaskKind::ALL.map(tasks::id)).chain(Field::ALL.map(Field::id));
    let missing: Vec<&str> = ids.filter(|id| !page.contains(&format!("id=\"{id}\""))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_tab_says_what_is_under_way() {
    let nothing = State::new("http://here/".to_owned(), ModelChoice::default());
    // As the file has it until the program runs.
    assert!(include_str!("../../../../../index.html").contains(&format!("<title>{}</title>", title(&nothing))));
    let mut state = opened();
    assert_eq!(title(&state), "photo – Infill");
    update(&mut state, Event::Task(TaskKind::Colorize));
    let effects = update(&mut state, Event::Run);
    fit(&mut state, &effects);
    assert_eq!(title(&state), "Colouring… 0 % – Infill");
    said(&mut state, FromWorker::Progress { id: 1, done: 2, total: 5, pace: 50.0, left: 150.0 });
    assert_eq!(title(&state), "Colouring… 40 % – Infill");
    let pixels = Some(Rc::new(vec![9; 4 * WIDTH * HEIGHT]));
    let done = FromWorker::Done { id: 1, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    said_with(&mut state, done, Attached { pixels, held: vec![Handle(20)], ..Attached::default() });
    assert_eq!(title(&state), "Done: photo – Infill");
}

#[test]
fn marks_are_shown_where_they_matter_and_a_preview_in_their_place() {
    let mut state = opened();
    assert_eq!(layers(&state), [Layer::Picture, Layer::Marks]);
    update(&mut state, Event::Task(TaskKind::Colorize));
    assert_eq!(layers(&state), [Layer::Picture]);
    update(&mut state, Event::Task(TaskKind::Uncrop));
    update(&mut state, Event::Typed(Field::Side(0), Some(10.0)));
    let effects = update(&mut state, Event::Run);
    fit(&mut state, &effects);
    let pixels = Some(Rc::new(vec![0; 16]));
    let preview = FromWorker::Preview { id: 1, place: [0, 0, 50, 30], width: 2, height: 2 };
    said_with(&mut state, preview, Attached { pixels, ..Attached::default() });
    assert_eq!(layers(&state), [Layer::Picture, Layer::Preview]);
    let preview = scene(&state).items.into_iter().find_map(|item| match item {
        Item::Layer { layer: Layer::Preview, place, .. } => Some(place),
        _ => None,
    });
    let (left, top) = at(&state, -10.0, 0.0);
    assert_eq!(preview.map(|[x, y, ..]| (x, y)), Some((left, top)), "it lies over what is added");
}

/// A page that shows an answer.
fn answered() -> State {
    let mut state = opened();
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    update(&mut state, Event::Run);
    let pixels = Some(Rc::new(vec![0; 4 * WIDTH * HEIGHT]));
    let done = FromWorker::Done { id: 1, width: WIDTH, height: HEIGHT, milliseconds: 1.0 };
    said_with(&mut state, done, Attached { pixels, held: vec![Handle(1)], ..Attached::default() });
    state
}

/// The part of the canvas that the answer may touch.
fn clip(state: &State) -> [f64; 4] {
    let clips = scene(state).items.into_iter().find_map(|item| match item {
        Item::Layer { layer: Layer::Answer, clip, .. } => clip,
        _ => None,
    });
    clips.expect("a clip")
}

#[test]
fn the_line_between_before_and_after_cuts_the_result() {
    let mut state = answered();
    for share in [0.0, 0.25, 1.0] {
        update(&mut state, Event::Compare(share));
        let (left, top) = at(&state, 40.0 * share, 0.0);
        let clip = clip(&state);
        assert!(
            (clip[0] - left).abs() < 1e-9 && (clip[1] - top).abs() < 1e-9 && (clip[2] - 400.0 * (1.0 - share)).abs() < 1e-9,
            "{clip:?}"
        );
    }
    update(&mut state, Event::MoveCompare(-2.0));
    assert_eq!(state.look.compare, 1.0);
}

#[test]
fn the_line_is_pulled_on_the_picture_and_holding_shows_what_was_before() {
    let mut state = answered();
    let clip = |state: &State| clip(state)[2];
    let viewport = state.look.viewport;
    drag(&mut state, (20.0, 3.0), (30.0, 20.0));
    assert!((clip(&state) - 100.0).abs() < 1e-6 && state.look.viewport == viewport, "{}", clip(&state));
    let (down, far) = (mouse(&state, 5.0, 5.0), mouse(&state, 9.0, 5.0));
    update(&mut state, Event::PointerDown(down));
    assert_eq!(clip(&state), 0.0);
    update(&mut state, Event::PointerUp(down));
    assert!((clip(&state) - 100.0).abs() < 1e-6);
    update(&mut state, Event::PointerDown(down));
    update(&mut state, Event::PointerMoved(vec![far]));
    assert!(clip(&state) > 0.0 && state.hand.gesture != Gesture::None, "whoever moves it wants to move the picture");
    update(&mut state, Event::PointerUp(far));
    assert_eq!(state.hand.gesture, Gesture::None);
}

#[test]
fn an_area_that_is_pulled_up_is_shown_before_it_is_marked() {
    let mut state = opened();
    update(&mut state, Event::Tool(Tool::Rectangle));
    let (down, far) = (mouse(&state, 20.0, 10.0), mouse(&state, 5.0, 25.0));
    update(&mut state, Event::PointerDown(down));
    update(&mut state, Event::PointerMoved(vec![far]));
    let area = scene(&state).items.into_iter().find_map(|item| if let Item::Area(corners) = item { Some(corners) } else { None });
    assert_eq!(area.map(|corners| corners.len()), Some(4));
    assert_eq!(marked(&state), 0.0);
    update(&mut state, Event::PointerUp(far));
    assert!((marked(&state) - 225.0).abs() < 1.0, "{}", marked(&state));
}
