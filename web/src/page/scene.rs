//! What the canvas shows, as a list of things to draw, last on top: computed from the state, drawn by `view`. Places are
//! x, y, width, height in CSS pixels of the canvas.

use infill::{mask::Shape, task::TaskKind};

use super::{
    answers::Answer,
    document::Document,
    gesture::Gesture,
    palette::{Colour, ColourTool},
    state::State,
};

/// A picture that is drawn as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The picture that is edited.
    Picture,
    /// What is marked on it.
    Marks,
    /// A part of the result as it comes about.
    Preview,
    /// The result.
    Answer,
}

/// One thing to draw.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A layer, and the part of the canvas that it may touch.
    Layer {
        /// Which.
        layer: Layer,
        /// Where.
        place: [f64; 4],
        /// Only inside of this.
        clip: Option<[f64; 4]>,
    },
    /// A filled rectangle.
    Fill {
        /// Where.
        place: [f64; 4],
        /// In which colour.
        colour: &'static str,
    },
    /// The edge of a rectangle.
    Edge {
        /// Where.
        place: [f64; 4],
        /// In which colour.
        colour: &'static str,
    },
    /// An area that is about to be marked, by its corners.
    Area(Vec<(f64, f64)>),
    /// A dab of colour, with a rim that is seen on everything.
    Dab {
        /// Its colour.
        colour: Colour,
        /// Where the brush was, and half its width there: x, y, radius.
        path: Vec<(f64, f64, f64)>,
    },
    /// A ring, dark and light so that it is seen on everything.
    Ring {
        /// Its middle.
        at: (f64, f64),
        /// Its radius.
        radius: f64,
    },
}

/// All that the canvas shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Size of the canvas, CSS pixels.
    pub size: (f64, f64),
    /// Pixels of the screen for one of these.
    pub density: f64,
    /// Enlarged pixels are shown as such; others are smoothed.
    pub smooth: bool,
    /// From the bottom up.
    pub items: Vec<Item>,
    /// How often the browser lost what was drawn: all of it is drawn again.
    pub losses: u32,
}

const FRAME: &str = "#0b6e5f";

/// What the state looks like.
pub fn scene(state: &State) -> Scene {
    let mut items = Vec::new();
    if let Some(document) = &state.document {
        picture(&mut items, state, document);
        match (state.answer(), state.task) {
            (Some(answer), _) => compare(&mut items, state, answer),
            (None, task) => {
                work(&mut items, state, document);
                match task {
                    TaskKind::Uncrop => frame(&mut items, on_canvas(state, document.frame())),
                    TaskKind::Inpaint | TaskKind::Colorize if !state.runs.is_busy() => hand(&mut items, state),
                    _ => {}
                }
            }
        }
    }
    let look = &state.look;
    Scene { size: look.canvas, density: look.density, smooth: look.viewport.scale < 4.0, items, losses: look.losses }
}

/// A place on the picture, on the canvas.
fn on_canvas(state: &State, [x, y, width, height]: [f64; 4]) -> [f64; 4] {
    let viewport = state.look.viewport;
    let (left, top) = viewport.to_canvas(x, y);
    [left, top, width * viewport.scale, height * viewport.scale]
}

fn whole(document: &Document) -> [f64; 4] {
    [0.0, 0.0, document.picture.width as f64, document.picture.height as f64]
}

fn picture(items: &mut Vec<Item>, state: &State, document: &Document) {
    if state.task == TaskKind::Uncrop && state.answer().is_none() {
        items.push(Item::Fill { place: on_canvas(state, document.frame()), colour: "rgba(128, 136, 132, 0.35)" });
    }
    items.push(Item::Layer { layer: Layer::Picture, place: on_canvas(state, whole(document)), clip: None });
}

/// The result, right of the line.
fn compare(items: &mut Vec<Item>, state: &State, answer: &Answer) {
    let (left, top) = (-(answer.origin.0 as f64), -(answer.origin.1 as f64));
    let (width, height) = (answer.width as f64, answer.height as f64);
    // Whoever holds the pointer down looks at the picture before.
    let share = if matches!(state.hand.gesture, Gesture::Hold { .. }) { 0.0 } else { state.look.compare };
    let clip = on_canvas(state, [left + width * (1.0 - share), top, width * share, height]);
    items.push(Item::Layer { layer: Layer::Answer, place: on_canvas(state, [left, top, width, height]), clip: Some(clip) });
    items.push(Item::Fill { place: [clip[0] - 1.0, clip[1], 2.0, clip[3]], colour: "#ffffff" });
}

/// What comes about, or what is marked.
fn work(items: &mut Vec<Item>, state: &State, document: &Document) {
    if let Some(preview) = &state.runs.preview {
        let [x, y, width, height] = preview.place;
        let [left, top, ..] = if state.task == TaskKind::Uncrop { document.extend } else { [0; 4] };
        let place = on_canvas(state, [x - left as f64, y - top as f64, width, height]);
        items.push(Item::Layer { layer: Layer::Preview, place, clip: None });
    } else if state.task == TaskKind::Colorize {
        dabs(items, state, document);
    } else if state.task == TaskKind::Inpaint {
        items.push(Item::Layer { layer: Layer::Marks, place: on_canvas(state, whole(document)), clip: None });
    }
}

/// The dabs of colour, with the one that is being painted.
fn dabs(items: &mut Vec<Item>, state: &State, document: &Document) {
    let viewport = state.look.viewport;
    let new = if let Gesture::Dab { dab, .. } = &state.hand.gesture { Some(dab) } else { None };
    for dab in document.dabs.list().iter().map(|dab| &**dab).chain(new) {
        let on_canvas = |[x, y, radius]: &[f32; 3]| {
            let (x, y) = viewport.to_canvas(f64::from(*x), f64::from(*y));
            (x, y, (f64::from(*radius) * viewport.scale).max(1.0))
        };
        items.push(Item::Dab { colour: dab.colour, path: dab.path.iter().map(on_canvas).collect() });
    }
}

/// The frame with a handle in the middle of each side and at each corner.
fn frame(items: &mut Vec<Item>, [left, top, width, height]: [f64; 4]) {
    items.push(Item::Edge { place: [left, top, width, height], colour: FRAME });
    let (right, bottom, x, y) = (left + width, top + height, left + width / 2.0, top + height / 2.0);
    let sides = [(left, y, 10.0, 36.0), (right, y, 10.0, 36.0), (x, top, 36.0, 10.0), (x, bottom, 36.0, 10.0)];
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| (x, y, 14.0, 14.0));
    for (x, y, width, height) in sides.into_iter().chain(corners) {
        items.push(Item::Fill { place: [x - width / 2.0, y - height / 2.0, width, height], colour: FRAME });
    }
}

/// The brush's ring under the pointer, the one that the keyboard moves, and the area that is being pulled up.
fn hand(items: &mut Vec<Item>, state: &State) {
    let viewport = state.look.viewport;
    let keyboard = state.hand.cursor.map(|(x, y)| viewport.to_canvas(x, y));
    let has_width = match state.task {
        TaskKind::Colorize => state.palette.tool != ColourTool::Eyedropper,
        _ => state.tool.has_width(),
    };
    let radius = if has_width { (state.brush_on_picture() * viewport.scale / 2.0).max(2.0) } else { 5.0 };
    items.extend([keyboard, state.hand.hover].into_iter().flatten().map(|at| Item::Ring { at, radius }));
    let on_canvas = |(x, y): (f32, f32)| viewport.to_canvas(f64::from(x), f64::from(y));
    if let Gesture::Mark { tool, path, .. } = &state.hand.gesture
        && let Some(shape) = tool.at_the_end(path)
    {
        items.push(Item::Area(corners(&shape).into_iter().map(on_canvas).collect()));
    }
    // An outline that is open goes on to where the next corner would be. Its first corner is the larger one, which closes it.
    let outline: Vec<(f64, f64)> = state.hand.corners.iter().copied().map(on_canvas).collect();
    if !outline.is_empty() {
        let next = keyboard.or(state.hand.hover);
        items.push(Item::Area(outline.iter().copied().chain(next).collect()));
        items.extend(outline.iter().enumerate().map(|(place, at)| Item::Ring { at: *at, radius: if place == 0 { 8.0 } else { 3.0 } }));
    }
}

fn corners(shape: &Shape) -> Vec<(f32, f32)> {
    match shape {
        Shape::Rectangle { x, y, width, height } => vec![(*x, *y), (x + width, *y), (x + width, y + height), (*x, y + height)],
        Shape::Polygon { points } => points.clone(),
        // These are drawn at once, and have no corners.
        Shape::Disc { .. } | Shape::Segment { .. } => Vec::new(),
    }
}
