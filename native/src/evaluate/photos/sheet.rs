//! What the sheet of crops shows of a photograph: the square, at its own resolution, in which most was to be filled.

use infill::mask::Mask;
use infill::picture::Picture;

/// Side of a crop in pixels.
const SIDE: usize = 256;

/// Photographs on a sheet; further ones count but are not shown.
pub const ROWS: usize = 12;

/// From one place that is tried to the next.
const STEP: usize = 16;

/// A square of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    left: usize,
    top: usize,
}

impl Window {
    /// The square with most of the hole, the first of equals; the centre without a hole.
    pub fn around(hole: Option<&Mask>, width: usize, height: usize) -> Window {
        let (across, down) = (width.saturating_sub(SIDE), height.saturating_sub(SIDE));
        let Some(hole) = hole else { return Window { left: across / 2, top: down / 2 } };
        let places = |room: usize| (0..room).step_by(STEP).chain([room]);
        let covered = |left: usize, top: usize| -> u64 {
            let rows = (top..(top + SIDE).min(height)).map(|y| &hole.row(y)[left..(left + SIDE).min(width)]);
            rows.flatten().map(|value| u64::from(*value)).sum()
        };
        let mut best = (0, Window { left: 0, top: 0 });
        for (top, left) in places(down).flat_map(|top| places(across).map(move |left| (top, left))) {
            let found = covered(left, top);
            if found > best.0 {
                best = (found, Window { left, top });
            }
        }
        best.1
    }

    /// The square of a picture; white where the picture is smaller.
    pub fn crop(self, picture: &Picture) -> Picture {
        let (width, height) = ((picture.width() - self.left).min(SIDE), (picture.height() - self.top).min(SIDE));
        let part = picture.crop(self.left, self.top, width, height);
        let mut square = Picture::filled(SIDE, SIDE, [255; 3]);
        for y in 0..height {
            square.row_mut(y)[..3 * width].copy_from_slice(part.row(y));
        }
        square
    }
}

#[cfg(test)]
mod tests {
    use infill::mask::Shape;

    use super::*;

    #[test]
    fn the_window_shows_most_of_the_hole_at_its_own_resolution() {
        let mut mask = Mask::empty(600, 300);
        mask.draw(&Shape::Rectangle { x: 400.0, y: 30.0, width: 120.0, height: 200.0 }, true);
        let window = Window::around(Some(&mask), 600, 300);
        assert!((264..=400).contains(&window.left) && window.top <= 30, "{window:?}");
        let picture = Picture::new(600, 300, (0..600 * 300 * 3).map(|value| (value % 251) as u8).collect()).expect("a picture");
        assert_eq!(window.crop(&picture).get(5, 7), picture.get(window.left + 5, window.top + 7));
        assert_eq!(Window::around(None, 600, 300), Window { left: 172, top: 22 });
        let small = Window::around(None, 20, 300).crop(&picture.crop(0, 0, 20, 300));
        assert_eq!((small.get(20, 0), small.get(19, 0)), ([255; 3], picture.get(19, 22)));
    }
}
