//! Uncropping: a picture is continued beyond its edges. In training half of the area is missing, on one side or all
//! around. A picture of any size is continued in stages from the known part outwards, as the paper's panoramas are (section
//! 5.3): a window is as wide as the picture's shorter side and shows at most half a window of new area, so that far windows
//! see the earlier ones.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    fill::Fill,
    window::{Planned, Window},
    work::Net,
};
use crate::{
    completion::Lead,
    mask::{Mask, Rect},
    picture::{Far, Picture, guess_fill},
};

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

impl Border {
    /// The border around the known part of a mask: the smallest rectangle around every pixel that is not missing.
    ///
    /// # Panics
    /// When nothing is known.
    pub fn of(mask: &Mask) -> Self {
        let mut known = mask.clone();
        known.invert();
        let known = known.bounds().expect("a picture to be continued has a known part");
        Self { left: known.left, top: known.top, right: mask.width() - known.right(), bottom: mask.height() - known.bottom() }
    }

    /// The known part of a result of this size.
    ///
    /// # Panics
    /// When the border leaves no known part.
    pub fn known(&self, width: usize, height: usize) -> Rect {
        let left = |length: usize, border: usize| {
            length.checked_sub(border).filter(|left| *left > 0).unwrap_or_else(|| panic!("a border of {border} around {length} pixels"))
        };
        let (across, down) = (left(width, self.left + self.right), left(height, self.top + self.bottom));
        Rect { left: self.left, top: self.top, width: across, height: down }
    }

    /// What is to be filled of a result of this size.
    ///
    /// # Panics
    /// As [`Border::known`].
    pub fn mask(&self, width: usize, height: usize) -> Mask {
        let known = self.known(width, height);
        let mut mask = Mask::full(width, height);
        for y in known.top..known.bottom() {
            mask.row_mut(y)[known.left..known.right()].fill(0);
        }
        mask
    }
}

/// Left, right, top, bottom or all four sides, uniformly; always half of the area (as far as whole
/// pixels allow it).
pub fn random_border(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Border {
    let (across, down) = (width.div_ceil(2), height.div_ceil(2));
    let (left, top, known_width, known_height) = match rng.random_range(0..5u32) {
        0 => (width - across, 0, across, height),
        1 => (0, 0, across, height),
        2 => (0, height - down, width, down),
        3 => (0, 0, width, down),
        _ => centre(width, height),
    };
    Border { left, top, right: width - left - known_width, bottom: height - top - known_height }
}

/// One side, as windows of an edit have it: up to half of them is new.
pub fn narrow_border(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Border {
    let side = rng.random_range(0..4usize);
    let length = if side % 2 == 0 { width } else { height };
    let new = rng.random_range(1..=(length / 2).max(1)).min(length - 1);
    let of = |which: usize| if which == side { new } else { 0 };
    Border { left: of(0), top: of(1), right: of(2), bottom: of(3) }
}

/// The known rectangle in the middle, half of the area: `(left, top, width, height)`.
fn centre(width: usize, height: usize) -> (usize, usize, usize, usize) {
    let across = ((width as f64 / 2f64.sqrt()).round() as usize).max(1);
    let down = ((width * height) as f64 / (2.0 * across as f64)).round() as usize;
    let down = down.clamp(1, height);
    ((width - across) / 2, (height - down) / 2, across, down)
}

/// A border around a picture, to be filled.
pub fn begin(picture: &Picture, border: &Border, net: Net) -> Fill {
    let canvas = (border.left + picture.width() + border.right, border.top + picture.height() + border.bottom);
    let known = border.known(canvas.0, canvas.1);
    let mut extended = Picture::filled(canvas.0, canvas.1, [128; 3]);
    for y in 0..picture.height() {
        extended.row_mut(known.top + y)[3 * known.left..3 * known.right()].copy_from_slice(picture.row(y));
    }
    Fill::new(extended, border.mask(canvas.0, canvas.1), plan(canvas, known, net.size), net, guess, Lead::OPEN)
}

/// How many windows fill a border around a picture of this size.
pub fn count((width, height): (usize, usize), border: &Border, size: usize) -> usize {
    let known = Rect { left: border.left, top: border.top, width, height };
    plan((border.left + width + border.right, border.top + height + border.bottom), known, size).len()
}

/// What sampling may begin from: the known part in a mirror. Beyond an edge there is room for texture, and no other side
/// that it would have to fit to.
fn guess(planes: &mut [f32], width: usize, missing: &[bool]) {
    guess_fill(planes, width, missing, Far::Mirror);
}

/// The windows that fill the new area around `known` (the picture's place on the canvas), in order:
/// left, right, and then above and below over the whole width. A result no larger than the net is one window, as in
/// training: more would all show the same.
fn plan(canvas: (usize, usize), known: Rect, size: usize) -> Vec<Planned> {
    if canvas.0.max(canvas.1) <= size {
        let keep = Rect { left: 0, top: 0, width: canvas.0, height: canvas.1 };
        return vec![Planned { window: Window::around(&keep, size, canvas), keep }];
    }
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

    #[test]
    fn a_result_of_the_net_s_size_is_one_window() {
        let border = Border { left: 9, top: 9, right: 9, bottom: 9 };
        let planned = plan((64, 64), border.known(64, 64), 64);
        assert_eq!(planned.len(), 1, "{planned:?}");
        assert_eq!(planned[0].window, Window { left: 0, top: 0, side: 64 });
        assert_eq!(Border::of(&border.mask(64, 64)), border);
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
                        let was_unknown = std::mem::take(&mut unknown[y * canvas.0 + x]);
                        prop_assert!(was_unknown || known.contains(x, y), "filled twice");
                    }
                }
            }
            prop_assert!(unknown.iter().all(|unknown| !unknown));
        }
    }
}
