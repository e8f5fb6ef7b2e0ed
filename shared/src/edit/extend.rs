//! How a picture is continued beyond its edges: in stages from the known part outwards, as the paper's
//! panoramas are (section 5.3). A window is as wide as the picture's shorter side and shows at most half
//! a window of new area, so that far windows see the earlier ones.

use super::window::{Planned, Window};
use crate::mask::Rect;

/// Pixels to add on each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Border {
    /// Columns on the left.
    pub left: usize,
    /// Rows above.
    pub top: usize,
    /// Columns on the right.
    pub right: usize,
    /// Rows below.
    pub bottom: usize,
}

/// The windows that fill the new area around `known` (the picture's place on the canvas), in order:
/// left, right, and then above and below over the whole width.
pub fn plan(canvas: (usize, usize), known: Rect, size: usize) -> Vec<Planned> {
    let side = known.width.min(known.height).max(size);
    let step = (side / 2).max(1);
    let mut planned = Vec::new();
    let mut known = known;
    let mut add = |strip: Rect, known: &mut Rect| {
        planned.extend(windows(strip, known, side, canvas));
        *known = known.union(&strip);
    };
    while known.left > 0 {
        let width = step.min(known.left);
        add(Rect { left: known.left - width, width, ..known }, &mut known);
    }
    while known.right() < canvas.0 {
        let width = step.min(canvas.0 - known.right());
        add(Rect { left: known.right(), width, ..known }, &mut known);
    }
    while known.top > 0 {
        let height = step.min(known.top);
        add(Rect { top: known.top - height, height, ..known }, &mut known);
    }
    while known.bottom() < canvas.1 {
        let height = step.min(canvas.1 - known.bottom());
        add(Rect { top: known.bottom(), height, ..known }, &mut known);
    }
    planned
}

/// Windows along a strip of new area beside the known part: the first fills a whole side of it, the
/// others half a side, so that each sees what the one before made.
fn windows(strip: Rect, known: &Rect, side: usize, canvas: (usize, usize)) -> Vec<Planned> {
    let upright = strip.height == known.height && strip.top == known.top;
    let length = if upright { strip.height } else { strip.width };
    let mut planned = Vec::new();
    let mut done = 0;
    while done < length {
        let part = if done == 0 { side } else { (side / 2).max(1) }.min(length - done);
        let keep = if upright {
            Rect { top: strip.top + done, height: part, ..strip }
        } else {
            Rect { left: strip.left + done, width: part, ..strip }
        };
        // The window ends where the new area does, on the side away from what is known.
        let side = side as isize;
        let away = |start: usize, end: usize, known_start: usize| {
            if start < known_start { start as isize } else { end as isize - side }
        };
        let along = |start: usize, end: usize| if done == 0 { start as isize } else { end as isize - side };
        let (left, top) = if upright {
            (away(keep.left, keep.right(), known.left), along(keep.top, keep.bottom()))
        } else {
            (along(keep.left, keep.right()), away(keep.top, keep.bottom(), known.top))
        };
        planned.push(Planned { window: Window::inside(left, top, side as usize, canvas), keep });
        done += part;
    }
    planned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_panorama_takes_half_a_window_at_a_time() {
        // The paper's example: 256², 8 steps of 128 to each side.
        let known = Rect { left: 1024, top: 0, width: 256, height: 256 };
        let planned = plan((2304, 256), known, 256);
        assert_eq!(planned.len(), 16);
        assert_eq!(planned[0].window, Window { left: 896, top: 0, side: 256 });
        assert_eq!(planned[0].keep, Rect { left: 896, top: 0, width: 128, height: 256 });
        assert_eq!(planned[7].window.left, 0);
        assert_eq!(planned[15].keep, Rect { left: 2176, top: 0, width: 128, height: 256 });
    }

    proptest! {
        #[test]
        fn all_that_is_new_is_filled_once_and_half_of_a_window_is_known(
            width in 1usize..90, height in 1usize..90, before in (0usize..70, 0usize..70), after in (0usize..70, 0usize..70)
        ) {
            let size = 16;
            let canvas = (before.0 + width + after.0, before.1 + height + after.1);
            let known = Rect { left: before.0, top: before.1, width, height };
            let mut unknown: Vec<bool> = (0..canvas.0 * canvas.1).map(|place| !known.contains(place % canvas.0, place / canvas.0)).collect();
            for Planned { window, keep } in plan(canvas, known, size) {
                let area = window.area(canvas);
                prop_assert!(keep.left >= area.left && keep.right() <= area.right() && keep.top >= area.top && keep.bottom() <= area.bottom());
                if width.min(height) >= size {
                    let new = (area.top..area.bottom()).flat_map(|y| (area.left..area.right()).map(move |x| (x, y))).filter(|(x, y)| unknown[y * canvas.0 + x]).count();
                    // The paper's rule, and what lies around a corner.
                    prop_assert!(2 * new <= window.side * window.side + window.side, "{} of {}²", new, window.side);
                }
                for y in keep.top..keep.bottom() {
                    for x in keep.left..keep.right() {
                        prop_assert!(std::mem::take(&mut unknown[y * canvas.0 + x]), "filled twice");
                    }
                }
            }
            prop_assert!(unknown.iter().all(|unknown| !unknown));
        }
    }
}
