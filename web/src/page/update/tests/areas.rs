//! Areas: outlines of corners, similar colours, what takes several slices, and the brush's width.

use super::*;
use crate::page::{change::SLICE, tool::Tool};

fn click(state: &mut State, x: f64, y: f64) -> Vec<Effect> {
    let place = mouse(state, x, y);
    update(state, Event::PointerDown(place));
    update(state, Event::PointerUp(place))
}

/// A page with a picture whose left half is dark and whose right half is light.
fn halves(width: usize, height: usize) -> State {
    let mut state = opened();
    let pixels = (0..width * height).flat_map(|place| if place % width < width / 2 { [20, 20, 20, 255] } else { [220, 220, 220, 255] });
    let picture = Picture::plain("halves".to_owned(), width, height, Rc::new(pixels.collect()));
    crate::page::update::documents::show(&mut state, crate::page::document::Document::new(picture));
    state
}

#[test]
fn an_outline_closes_by_its_first_corner_by_a_double_click_and_by_enter() {
    for end in 0..3 {
        let mut state = opened();
        update(&mut state, Event::Tool(Tool::Polygon));
        for (x, y) in [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0)] {
            click(&mut state, x, y);
            assert_eq!(marked(&state), 0.0);
        }
        match end {
            0 => drop(click(&mut state, 10.2, 10.2)),
            1 => drop(click(&mut state, 10.0, 20.0)),
            _ => assert!(requested(&update(&mut state, Event::Confirm)).is_none(), "Enter closes and does not fill"),
        }
        assert!((marked(&state) - 100.0).abs() < 1.0 && state.hand.corners.is_empty(), "{end}: {}", marked(&state));
        update(&mut state, Event::Undo);
        assert_eq!((marked(&state), state.travels()), (0.0, (false, true)), "one step");
        assert!(requested(&update(&mut state, Event::Confirm)).is_some(), "without an outline Enter fills");
    }
}

#[test]
fn an_open_outline_loses_its_last_corner_and_leaves_nothing_when_given_up() {
    let mut state = opened();
    update(&mut state, Event::Tool(Tool::Polygon));
    for (x, y) in [(10.0, 10.0), (20.0, 10.0), (30.0, 25.0)] {
        click(&mut state, x, y);
    }
    update(&mut state, Event::TakeCorner);
    update(&mut state, Event::Undo);
    assert_eq!(state.hand.corners.len(), 1);
    update(&mut state, Event::Confirm);
    assert_eq!((state.hand.corners.len(), marked(&state)), (1, 0.0), "one corner is no area");
    update(&mut state, Event::Cancel);
    assert_eq!((state.hand.corners.len(), state.travels()), (0, (false, false)));
    click(&mut state, 5.0, 5.0);
    update(&mut state, Event::Tool(Tool::Brush));
    assert!(state.hand.corners.is_empty(), "nobody goes on with it");
    // By keys alone.
    update(&mut state, Event::Tool(Tool::Polygon));
    update(&mut state, Event::PointerLeft);
    for (x, y) in [(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)] {
        update(&mut state, Event::CursorMoved(x, y));
        update(&mut state, Event::Space(true));
    }
    update(&mut state, Event::Confirm);
    assert!(marked(&state) > 2.0, "{}", marked(&state));
}

#[test]
fn similar_colours_are_marked_and_taken_away_by_press_and_by_key() {
    let (width, height) = (40, 30);
    let mut state = halves(width, height);
    let half = (width * height / 2) as f64;
    update(&mut state, Event::Tool(Tool::Similar));
    click(&mut state, 35.0, 5.0);
    assert_eq!(marked(&state), half);
    update(&mut state, Event::Subtract(true));
    click(&mut state, 22.0, 29.0);
    assert_eq!(marked(&state), 0.0);
    update(&mut state, Event::Undo);
    assert_eq!(marked(&state), half);
    update(&mut state, Event::Subtract(false));
    click(&mut state, -3.0, 5.0);
    assert_eq!(marked(&state), half, "outside of the picture is no colour");
    update(&mut state, Event::Clear);
    update(&mut state, Event::Typed(Field::Tolerance, Some(200.0)));
    update(&mut state, Event::PointerLeft);
    update(&mut state, Event::Space(true));
    update(&mut state, Event::Space(true));
    assert_eq!(marked(&state), 2.0 * half, "so much tolerance takes both");
}

#[test]
fn what_is_large_is_done_in_slices_and_can_be_given_up() {
    let (width, height) = (2000, 1500);
    assert!(width * height > 2 * SLICE);
    for tool in [Tool::Similar, Tool::Rectangle] {
        let mut state = halves(width, height);
        let area = |state: &State| state.document.as_ref().map_or(0.0, |document| document.marks.mask().area());
        let draw = |state: &mut State| match tool {
            Tool::Similar => click(state, 10.0, 10.0),
            _ => {
                let (from, to) = (mouse(state, 0.0, 0.0), mouse(state, 1000.0, 1500.0));
                update(state, Event::PointerDown(from));
                update(state, Event::PointerMoved(vec![to]));
                update(state, Event::PointerUp(to))
            }
        };
        update(&mut state, Event::Tool(tool));
        assert!(draw(&mut state).contains(&Effect::NextSlice));
        let part = area(&state);
        assert!(part > 0.0 && part < 0.45, "{tool:?}: {part}");
        update(&mut state, Event::Undo);
        assert_eq!(area(&state), part, "nothing is undone from below");
        update(&mut state, Event::Cancel);
        assert_eq!((area(&state), state.travels()), (0.0, (false, false)));
        draw(&mut state);
        let mut slices = 0;
        while state.hand.change.is_some() {
            let effects = update(&mut state, Event::Slice);
            assert_eq!(effects.contains(&Effect::NextSlice), state.hand.change.is_some());
            slices += 1;
        }
        assert!(slices > 1 && (area(&state) - 0.5).abs() < 0.01, "{tool:?}: {slices} slices, {}", area(&state));
        update(&mut state, Event::Undo);
        assert_eq!(area(&state), 0.0);
        // A run takes all of it.
        draw(&mut state);
        update(&mut state, Event::Run);
        assert!((area(&state) - 0.5).abs() < 0.01);
    }
}

#[test]
fn the_first_brush_is_an_eighth_of_the_picture_also_where_the_canvas_gets_its_size_later() {
    let mut state = opened();
    update(&mut state, Event::Resized { canvas: (0.0, 0.0), density: 1.0 });
    open(&mut state, "next.png", 9);
    update(&mut state, Event::Resized { canvas: (500.0, 400.0), density: 1.0 });
    assert!((state.brush_on_picture() - HEIGHT as f64 / 8.0).abs() < 1e-9, "{}", state.brush_on_picture());
    brush(&mut state, 10.0);
    let chosen = state.brush;
    update(&mut state, Event::Resized { canvas: (300.0, 300.0), density: 1.0 });
    assert_eq!(state.brush, chosen);
}

#[test]
fn the_brush_is_as_wide_on_the_screen_at_every_zoom_and_half_the_picture_at_most() {
    let mut state = opened();
    brush(&mut state, 8.0);
    let near = |one: f64, other: f64| (one / other - 1.0).abs() < 0.02;
    assert!(near(state.brush_on_picture(), 8.0));
    update(&mut state, Event::Zoom { factor: 2.0, at: None });
    assert!(near(state.brush_on_picture(), 4.0));
    for _ in 0..40 {
        update(&mut state, Event::ResizeBrush(1.2));
    }
    assert_eq!(state.brush_on_picture(), HEIGHT as f64 / 2.0);
    update(&mut state, Event::ResizeBrush(1.0 / 1.2));
    assert!(near(state.brush_on_picture(), HEIGHT as f64 / 2.4), "the first step back is seen: {}", state.brush_on_picture());
    for _ in 0..60 {
        update(&mut state, Event::ResizeBrush(1.0 / 1.2));
    }
    assert_eq!(state.brush_on_picture(), 1.0);
}

/// Larger than what is changed at once, with the left half marked.
fn large() -> State {
    let (width, height) = (1024, 2 * SLICE / 1024);
    let mut state = halves(width, height);
    let mut mask = infill::mask::Mask::empty(width, height);
    (0..height).for_each(|y| mask.row_mut(y)[..512].fill(255));
    crate::page::update::painting::replace(&mut state, mask);
    state
}

fn share(state: &State) -> f64 {
    state.document.as_ref().unwrap().marks.mask().area()
}

#[test]
fn a_large_mask_is_inverted_slice_by_slice_as_one_step() {
    let mut state = large();
    assert!(update(&mut state, Event::Invert).contains(&Effect::NextSlice));
    assert_eq!(share(&state), 0.5, "as much is done as is not");
    state.as_i_paint = true;
    while state.hand.change.is_some() {
        assert!(requested(&update(&mut state, Event::Slice)).is_none(), "nothing was painted");
    }
    let row = state.document.as_ref().unwrap().marks.mask().row(9).to_vec();
    assert!(row[..512].iter().all(|value| *value == 0) && row[512..].iter().all(|value| *value == 255));
    update(&mut state, Event::Undo);
    assert_eq!(state.document.as_ref().unwrap().marks.mask().row(9)[0], 255);
}

#[test]
fn the_edge_of_a_large_mask_is_moved_by_the_worker_or_by_the_page_when_that_ends() {
    let asked = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Say(ToWorker::GrowMask { .. }, _)));
    let mut state = large();
    let load = state.load;
    assert!(asked(&update(&mut state, Event::Grow(1))));
    assert!(!asked(&update(&mut state, Event::Space(false))) && share(&state) == 0.5, "once");
    let mask = state.document.as_ref().unwrap().marks.mask().clone();
    let grown = vec![255; mask.values().len()];
    let attached = Attached { pixels: Some(Rc::new(grown)), ..Attached::default() };
    said_with(&mut state, FromWorker::Grown { load: load + 1 }, attached.clone());
    assert_eq!(share(&state), 0.5, "that of another picture");
    said_with(&mut state, FromWorker::Grown { load }, attached.clone());
    assert!(share(&state) == 1.0 && state.hand.change.is_none());
    update(&mut state, Event::Undo);
    assert_eq!(share(&state), 0.5);

    update(&mut state, Event::Grow(1));
    update(&mut state, Event::Cancel);
    said_with(&mut state, FromWorker::Grown { load }, attached);
    assert_eq!(share(&state), 0.5, "it was given up");

    update(&mut state, Event::Grow(1));
    let lost = crate::message::Failure::Panic { detail: "stopped".to_owned() };
    said(&mut state, FromWorker::failed(crate::message::About::Worker, lost));
    assert!(share(&state) > 0.5 && state.hand.change.is_none(), "{}", share(&state));
}
