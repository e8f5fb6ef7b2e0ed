//! Undo and redo of the mask, a stroke at a time. A change is kept as the rectangle it touched, before
//! and after; it knows nothing of drawing.

use infill::mask::{Mask, Rect};

/// Bytes that all changes together may take before the oldest are forgotten.
const LIMIT: usize = 64 << 20;

/// A rectangle of the mask before and after a change.
#[derive(Clone, Debug)]
struct Change {
    place: Rect,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// The changes of one mask.
#[derive(Clone, Debug, Default)]
pub struct History {
    done: Vec<Change>,
    undone: Vec<Change>,
}

impl History {
    /// Remembers the step from one mask to another of the same size, and says where it is. Steps that
    /// change nothing are none.
    pub fn push(&mut self, before: &Mask, after: &Mask) -> Option<Rect> {
        let place = difference(before, after)?;
        self.undone.clear();
        self.done.push(Change { place, before: cut(before, place), after: cut(after, place) });
        while self.done.len() > 1 && self.done.iter().map(|change| 2 * change.before.len()).sum::<usize>() > LIMIT {
            self.done.remove(0);
        }
        Some(place)
    }

    /// Takes the last change back; whether there was one.
    pub fn undo(&mut self, mask: &mut Mask) -> bool {
        let Some(change) = self.done.pop() else { return false };
        paste(mask, change.place, &change.before);
        self.undone.push(change);
        true
    }

    /// Makes the change that was last taken back again; whether there was one.
    pub fn redo(&mut self, mask: &mut Mask) -> bool {
        let Some(change) = self.undone.pop() else { return false };
        paste(mask, change.place, &change.after);
        self.done.push(change);
        true
    }

    /// Whether something can be undone, and redone.
    pub fn available(&self) -> (bool, bool) {
        (!self.done.is_empty(), !self.undone.is_empty())
    }
}

/// The smallest rectangle outside of which two masks are the same.
fn difference(before: &Mask, after: &Mask) -> Option<Rect> {
    let width = before.width();
    let mut bounds: Option<[usize; 4]> = None;
    let rows = before.values().chunks(width).zip(after.values().chunks(width)).enumerate();
    for (y, (left, right)) in rows.filter(|(_, (left, right))| left != right) {
        let different = |x: &usize| left[*x] != right[*x];
        let (Some(first), Some(last)) = ((0..width).find(different), (0..width).rev().find(different)) else { continue };
        let [x0, y0, x1, _] = bounds.unwrap_or([first, y, last, y]);
        bounds = Some([x0.min(first), y0, x1.max(last), y]);
    }
    bounds.map(|[x0, y0, x1, y1]| Rect { left: x0, top: y0, width: x1 - x0 + 1, height: y1 - y0 + 1 })
}

fn cut(mask: &Mask, place: Rect) -> Vec<u8> {
    mask.crop(place.left, place.top, place.width, place.height).values().to_vec()
}

fn paste(mask: &mut Mask, place: Rect, values: &[u8]) {
    let (width, height) = (mask.width(), mask.height());
    let mut all = mask.values().to_vec();
    for (row, values) in values.chunks(place.width).enumerate() {
        let start = (place.top + row) * width + place.left;
        all[start..start + place.width].copy_from_slice(values);
    }
    // The size is the mask's own, so this cannot be refused.
    if let Ok(pasted) = Mask::new(width, height, all) {
        *mask = pasted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use infill::mask::Shape;

    #[test]
    fn strokes_are_undone_and_redone_in_order() {
        let mut mask = Mask::empty(40, 30);
        let mut history = History::default();
        let mut states = vec![mask.clone()];
        for step in 0..4 {
            let before = mask.clone();
            mask.draw(&Shape::Disc { x: 5.0 + 8.0 * step as f32, y: 12.0, radius: 6.0 }, step != 2);
            history.push(&before, &mask);
            states.push(mask.clone());
        }
        for state in states.iter().rev().skip(1) {
            assert!(history.undo(&mut mask));
            assert_eq!(&mask, state);
        }
        assert!(!history.undo(&mut mask));
        for state in &states[1..] {
            assert!(history.redo(&mut mask));
            assert_eq!(&mask, state);
        }
        assert_eq!(history.available(), (true, false));
    }

    #[test]
    fn a_new_stroke_forgets_what_was_undone_and_nothing_is_no_stroke() {
        let (mut mask, mut history) = (Mask::empty(10, 10), History::default());
        let before = mask.clone();
        mask.invert();
        history.push(&before, &mask);
        history.undo(&mut mask);
        history.push(&mask.clone(), &mask);
        assert_eq!(history.available(), (false, true));
        let before = mask.clone();
        mask.draw(&Shape::Disc { x: 3.0, y: 3.0, radius: 2.0 }, true);
        history.push(&before, &mask);
        assert_eq!(history.available(), (true, false));
    }
}
