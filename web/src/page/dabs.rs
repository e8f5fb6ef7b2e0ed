//! Colours that were painted onto a picture where they are known, as strokes: nothing is rasterised here. They are taken away as wholes.

use std::rc::Rc;

use super::tool::Point;
use crate::message::Dab;

/// A dab with its place in the list.
pub type Placed = (usize, Rc<Dab>);

/// All dabs of a picture, the latest last.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Dabs {
    list: Vec<Rc<Dab>>,
    revision: u64,
}

impl Dabs {
    /// Those that were kept.
    pub fn of(list: Vec<Rc<Dab>>) -> Self {
        Self { list, revision: 0 }
    }

    /// All of them.
    pub fn list(&self) -> &[Rc<Dab>] {
        &self.list
    }

    /// Counts the changes.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Puts dabs at their places, the first of them first.
    pub fn put(&mut self, dabs: &[Placed]) {
        for (place, dab) in dabs {
            self.list.insert((*place).min(self.list.len()), dab.clone());
        }
        self.revision += 1;
    }

    /// Takes them away again.
    pub fn take(&mut self, dabs: &[Placed]) {
        for (place, _) in dabs.iter().rev() {
            if *place < self.list.len() {
                self.list.remove(*place);
            }
        }
        self.revision += 1;
    }

    /// Takes away what the brush touches on its way from one point to the next.
    pub fn take_along(&mut self, from: Point, to: Point, radius: f32) {
        let before = self.list.len();
        self.list.retain(|dab| !touches(dab, from, to, radius));
        self.revision += u64::from(self.list.len() != before);
    }

    /// Those of an earlier list that are not there any more.
    pub fn missing_of(&self, earlier: &[Rc<Dab>]) -> Vec<Placed> {
        let mut left = self.list.iter().peekable();
        let gone = earlier.iter().enumerate().filter(|(_, dab)| left.next_if(|next| Rc::ptr_eq(next, dab)).is_none());
        gone.map(|(place, dab)| (place, dab.clone())).collect()
    }

    /// An earlier list, in place of this one.
    pub fn restore(&mut self, earlier: Vec<Rc<Dab>>) {
        self.list = earlier;
        self.revision += 1;
    }
}

/// Whether a brush that goes along a line comes upon a dab.
fn touches(dab: &Dab, from: Point, to: Point, radius: f32) -> bool {
    let pieces = dab.path.iter().enumerate().map(|(place, point)| (dab.path[place.saturating_sub(1)], *point));
    let point = |point: [f32; 3]| (point[0], point[1]);
    pieces.into_iter().any(|(first, last)| distance((point(first), point(last)), (from, to)) <= radius + last[2])
}

/// How far two lines are from each other.
fn distance((a, b): (Point, Point), (c, d): (Point, Point)) -> f32 {
    let side = |a: Point, b: Point, p: Point| (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0);
    if side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0 {
        return 0.0;
    }
    let to_line = |p: Point, a: Point, b: Point| {
        let (across, down) = (b.0 - a.0, b.1 - a.1);
        let length = across * across + down * down;
        let along = if length > 0.0 { (((p.0 - a.0) * across + (p.1 - a.1) * down) / length).clamp(0.0, 1.0) } else { 0.0 };
        (p.0 - a.0 - along * across).hypot(p.1 - a.1 - along * down)
    };
    [to_line(a, c, d), to_line(b, c, d), to_line(c, a, b), to_line(d, a, b)].into_iter().fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dab(path: &[[f32; 3]]) -> Rc<Dab> {
        Rc::new(Dab { colour: [1, 2, 3], path: path.to_vec() })
    }

    #[test]
    fn what_the_eraser_comes_upon_goes_as_a_whole_and_comes_back_in_its_place() {
        let all = vec![dab(&[[5.0, 5.0, 1.0]]), dab(&[[10.0, 0.0, 1.0], [10.0, 20.0, 1.0]]), dab(&[[5.0, 15.0, 1.0]])];
        let mut dabs = Dabs::of(all.clone());
        dabs.take_along((7.0, 2.0), (7.0, 2.0), 0.5);
        assert_eq!(dabs.list(), all);
        // Across the middle of the stroke, with no point of it nearby.
        dabs.take_along((0.0, 10.0), (20.0, 10.0), 0.5);
        let gone = dabs.missing_of(&all);
        assert_eq!(gone, [(1, all[1].clone())]);
        dabs.put(&gone);
        assert_eq!(dabs.list(), all);
        dabs.take(&gone);
        assert_eq!(dabs.list(), [all[0].clone(), all[2].clone()]);
        assert_eq!(dabs.revision(), 3);
    }
}
