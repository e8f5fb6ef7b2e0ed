//! Which windows fill the holes of a picture, and in which order.
//!
//! Holes that lie apart get windows of their own, so that each is seen as large as possible. A hole
//! takes at most half of its window's side where the picture allows it. A long thin hole (a scratch, a
//! cable) is filled piece by piece in smaller windows: one window around it all would shrink it to
//! nothing. Small holes go first, so that windows around large ones see them filled. A picture no larger than the net is
//! one window, as in training.

use super::window::{Planned, Window};
use crate::mask::{Mask, Rect};

/// More holes or windows than this are grouped more coarsely, which bounds the work that a speckled
/// mask makes.
const MOST: usize = 64;

/// Holes whose common window is at most this much larger than their own ones share it.
const SHARED: f64 = 1.25;

/// Touched pixels that belong together.
#[derive(Clone, Copy, Debug)]
struct Hole {
    bounds: Rect,
    /// Touched pixels.
    area: usize,
}

/// How a hole is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// In one window of this side.
    One(usize),
    /// Piece by piece in windows of this side.
    Pieces(usize),
}

/// The windows that fill a mask, in order. `size` is the net's; no window is smaller.
pub fn plan(mask: &Mask, size: usize) -> Vec<Planned> {
    // What is closer than an eighth of the net's side counts as connected, at first.
    let mut cell = (size / 8).max(1);
    loop {
        let holes = connected(mask, cell);
        let coarsest = cell >= mask.width().max(mask.height());
        if holes.len() <= MOST || coarsest {
            let planned = arrange(mask, holes, size);
            if planned.len() <= MOST || coarsest {
                return planned;
            }
        }
        cell *= 2;
    }
}

fn arrange(mask: &Mask, holes: Vec<Hole>, size: usize) -> Vec<Planned> {
    let picture = (mask.width(), mask.height());
    let mut holes = merge(holes, picture, size);
    holes.sort_by_key(|hole| (hole.area, hole.bounds.top, hole.bounds.left));
    let mut remaining = mask.clone();
    let mut planned = Vec::new();
    for hole in holes {
        match layout(&hole, picture, size) {
            Layout::One(side) => {
                let window = Window::around(&hole.bounds, side, picture);
                planned.push(Planned { window, keep: hole.bounds });
            }
            Layout::Pieces(side) => {
                planned.extend(pieces(&hole.bounds, side).map(|keep| Planned { window: Window::around(&keep, side, picture), keep }))
            }
        }
    }
    planned.retain(|planned| take(&mut remaining, &planned.keep));
    planned
}

/// Whether anything of a rectangle is still to be filled; it is not afterwards.
fn take(remaining: &mut Mask, area: &Rect) -> bool {
    let mut found = false;
    for y in area.top..area.bottom() {
        let row = &mut remaining.row_mut(y)[area.left..area.right()];
        found |= row.iter().any(|value| *value > 0);
        row.fill(0);
    }
    found
}

/// A rectangle in pieces of at most half of `side`.
fn pieces(bounds: &Rect, side: usize) -> impl Iterator<Item = Rect> {
    let count = |length: usize| length.div_ceil((side / 2).max(1));
    let (across, down, bounds) = (count(bounds.width), count(bounds.height), *bounds);
    let cut = |start: usize, length: usize, index: usize, count: usize| {
        let (begin, end) = (length * index / count, length * (index + 1) / count);
        (start + begin, end - begin)
    };
    (0..across * down).map(move |index| {
        let (left, width) = cut(bounds.left, bounds.width, index % across, across);
        let (top, height) = cut(bounds.top, bounds.height, index / across, down);
        Rect { left, top, width, height }
    })
}

fn layout(hole: &Hole, (width, height): (usize, usize), size: usize) -> Layout {
    let extent = hole.bounds.width.max(hole.bounds.height);
    let (short, long) = (width.min(height), width.max(height));
    // The width of a straight stroke; more for anything compact.
    let thickness = hole.area.div_ceil(extent);
    if 2 * extent > size && thickness < extent / 4 {
        let side = (4 * thickness).max(extent / 2).min(short).max(size);
        // A window of the whole picture shows all pieces as large as can be.
        return if side >= (extent + extent / 4).min(long) { Layout::One(side) } else { Layout::Pieces(side) };
    }
    let largest = if extent <= short { short } else { long };
    Layout::One((2 * extent).min(largest).max(size))
}

/// Joins holes that one window shows nearly as well as two.
fn merge(mut holes: Vec<Hole>, picture: (usize, usize), size: usize) -> Vec<Hole> {
    let side = |hole: &Hole| match layout(hole, picture, size) {
        Layout::One(side) | Layout::Pieces(side) => side,
    };
    'again: loop {
        for first in 0..holes.len() {
            for second in first + 1..holes.len() {
                let (one, other) = (holes[first], holes[second]);
                let both = Hole { bounds: one.bounds.union(&other.bounds), area: one.area + other.area };
                let limit = side(&one).max(side(&other)) as f64 * SHARED;
                if matches!(layout(&both, picture, size), Layout::One(side) if side as f64 <= limit) {
                    holes[first] = both;
                    holes.swap_remove(second);
                    continue 'again;
                }
            }
        }
        return holes;
    }
}

/// Components of the grid of cells that hold a touched pixel, diagonal neighbours included.
fn connected(mask: &Mask, cell: usize) -> Vec<Hole> {
    let (columns, rows) = (mask.width().div_ceil(cell), mask.height().div_ceil(cell));
    let mut cells: Vec<Option<Hole>> = vec![None; columns * rows];
    for y in 0..mask.height() {
        for (x, _) in mask.row(y).iter().enumerate().filter(|(_, value)| **value > 0) {
            let pixel = Hole { bounds: Rect { left: x, top: y, width: 1, height: 1 }, area: 1 };
            let place = &mut cells[y / cell * columns + x / cell];
            *place = Some(place.map_or(pixel, |hole| join(&hole, &pixel)));
        }
    }
    let mut holes = Vec::new();
    let mut waiting = Vec::new();
    for start in 0..cells.len() {
        let Some(mut hole) = cells[start].take() else {
            continue;
        };
        waiting.push(start);
        while let Some(place) = waiting.pop() {
            let (x, y) = (place % columns, place / columns);
            for row in y.saturating_sub(1)..(y + 2).min(rows) {
                for column in x.saturating_sub(1)..(x + 2).min(columns) {
                    if let Some(next) = cells[row * columns + column].take() {
                        hole = join(&hole, &next);
                        waiting.push(row * columns + column);
                    }
                }
            }
        }
        holes.push(hole);
    }
    holes
}

fn join(one: &Hole, other: &Hole) -> Hole {
    Hole { bounds: one.bounds.union(&other.bounds), area: one.area + other.area }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        mask::{Shape, free_form},
        noise::{Purpose, stream},
    };

    fn mask(width: usize, height: usize, shapes: &[Shape]) -> Mask {
        let mut mask = Mask::empty(width, height);
        for shape in shapes {
            mask.draw(shape, true);
        }
        mask
    }

    fn disc(x: f32, y: f32, radius: f32) -> Shape {
        Shape::Disc { x, y, radius }
    }

    #[test]
    fn a_hole_takes_half_of_its_window() {
        let planned = plan(&mask(600, 400, &[disc(300.0, 200.0, 50.0)]), 64);
        assert_eq!(planned.len(), 1);
        let Planned { window, keep } = planned[0];
        assert_eq!((keep.width, keep.height), (100, 100));
        assert_eq!(window, Window { left: 200, top: 100, side: 200 });
        // Small holes are seen at full resolution, and at the edge the window moves inside.
        let planned = plan(&mask(600, 400, &[disc(597.0, 3.0, 8.0)]), 64);
        assert_eq!(planned[0].window, Window { left: 536, top: 0, side: 64 });
    }

    #[test]
    fn holes_apart_get_windows_apart_small_ones_first() {
        let planned = plan(&mask(2000, 1000, &[disc(1700.0, 800.0, 90.0), disc(200.0, 200.0, 20.0), disc(215.0, 222.0, 5.0)]), 64);
        assert_eq!(planned.len(), 2, "{planned:?}");
        assert!(planned[0].keep.left < 300 && planned[1].keep.left > 1500);
        assert!(planned[0].window.side < 150 && planned[1].window.side == 360, "{planned:?}");
    }

    #[test]
    fn a_scratch_is_filled_piece_by_piece() {
        let scratch = Shape::Segment { from: (20.0, 30.0), to: (1980.0, 900.0), radius: 2.0 };
        let planned = plan(&mask(2000, 1000, &[scratch]), 64);
        assert!((3..=16).contains(&planned.len()), "{}", planned.len());
        assert!(planned.iter().all(|planned| planned.window.side <= 1000));
    }

    #[test]
    fn a_picture_of_the_net_s_size_is_one_window() {
        let scratch = Shape::Segment { from: (2.0, 3.0), to: (61.0, 58.0), radius: 1.0 };
        let planned = plan(&mask(64, 64, &[scratch, disc(6.0, 60.0, 2.0)]), 64);
        assert_eq!(planned.len(), 1, "{planned:?}");
        assert_eq!(planned[0].window, Window { left: 0, top: 0, side: 64 });
    }

    #[test]
    fn everything_is_one_window_squared() {
        assert_eq!(
            plan(&Mask::full(300, 200), 64),
            [Planned { window: Window { left: 0, top: -50, side: 300 }, keep: Rect { left: 0, top: 0, width: 300, height: 200 } }]
        );
        assert_eq!(plan(&Mask::full(20, 30), 64)[0].window, Window { left: -22, top: -17, side: 64 });
        assert!(plan(&Mask::empty(20, 30), 64).is_empty());
    }

    #[test]
    fn speckles_do_not_make_endless_work() {
        let mut dots = Mask::empty(1500, 1500);
        for y in (10..1500).step_by(37) {
            for x in (10..1500).step_by(37) {
                dots.row_mut(y)[x] = 255;
            }
        }
        assert!(plan(&dots, 64).len() <= 64);
    }

    proptest! {
        #[test]
        fn every_hole_is_filled_inside_its_window(width in 1usize..300, height in 1usize..300, seed in any::<u64>(), size in prop::sample::select(vec![16usize, 64])) {
            let mut mask = free_form(width, height, &mut stream(seed, Purpose::Task, 0, 0));
            for planned in plan(&mask, size) {
                let Planned { window, keep } = planned;
                prop_assert!(window.side >= size);
                prop_assert!(keep.left as isize >= window.left && keep.top as isize >= window.top);
                prop_assert!(keep.right() as isize <= window.left + window.side as isize);
                prop_assert!(keep.bottom() as isize <= window.top + window.side as isize);
                prop_assert!(take(&mut mask, &keep), "an idle window");
            }
            prop_assert!(mask.is_empty());
        }
    }
}
