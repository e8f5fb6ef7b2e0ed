//! What is marked on a picture, how far it changed since somebody looked, and what it was before a change that is under way: the rows that
//! the change touches, because a copy of a large mask at every stroke would stop the page.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    rc::Rc,
};

use infill::mask::{Mask, Packed, Rect, Shape, Similar};

use super::history::{By, Step};

/// Rows that are copied together before they are changed.
const STRIP: usize = 64;

/// So many changes of a mask are told apart; who has seen none of them draws all of it anew.
const RECENT: usize = 64;

/// What changed of a mask since somebody looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Nothing.
    Nothing,
    /// Something inside a rectangle.
    Part(Rect),
    /// Anything.
    All,
}

/// What a change touched of a mask, as it was before.
#[derive(Clone, Debug, Default, PartialEq)]
struct Before {
    /// The mask, where another took its place.
    mask: Option<Rc<Mask>>,
    /// Rows, by the number of their strip.
    strips: BTreeMap<usize, Vec<u8>>,
    /// All that was touched.
    place: Option<Rect>,
}

impl Before {
    /// A place is about to be changed.
    fn touch(&mut self, mask: &Mask, place: Rect) {
        self.place = Some(self.place.map_or(place, |before| before.union(&place)));
        if self.mask.is_some() {
            return;
        }
        for strip in place.top / STRIP..place.bottom().div_ceil(STRIP) {
            let (from, to) = (strip * STRIP, mask.height().min((strip + 1) * STRIP));
            self.strips.entry(strip).or_insert_with(|| mask.values()[from * mask.width()..to * mask.width()].to_vec());
        }
    }

    /// A row as it was.
    fn row<'a>(&'a self, now: &'a Mask, y: usize) -> &'a [u8] {
        let (width, row) = (now.width(), y % STRIP);
        let strip = self.strips.get(&(y / STRIP)).map(|strip| &strip[row * width..(row + 1) * width]);
        strip.unwrap_or_else(|| self.mask.as_deref().unwrap_or(now).row(y))
    }
}

/// What is marked on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    mask: Rc<Mask>,
    revision: u64,
    recent: VecDeque<Rect>,
    /// All that was touched since nothing was marked: nothing is outside of it.
    reach: Option<Rect>,
    /// Of the change that is under way.
    before: Option<Before>,
}

impl Marks {
    /// Nothing is marked.
    pub fn none(width: usize, height: usize) -> Self {
        Self::unmarked(Mask::empty(width, height))
    }

    /// The same with a mask that is there already, in which nothing is marked.
    pub fn unmarked(mask: Mask) -> Self {
        Self { mask: Rc::new(mask), revision: 0, recent: VecDeque::new(), reach: None, before: None }
    }

    /// Marks that were kept.
    pub fn of(mask: Mask) -> Self {
        // Not the revision of a mask that nobody has drawn yet.
        let marks = Self { mask: Rc::new(mask), revision: 1, recent: VecDeque::new(), reach: None, before: None };
        Self { reach: Some(marks.whole()), ..marks }
    }

    /// The mask; who keeps it keeps it as it is now.
    pub fn mask(&self) -> &Rc<Mask> {
        &self.mask
    }

    /// The smallest rectangle around all that is marked, if anything is.
    pub fn bounds(&self) -> Option<Rect> {
        self.mask.bounds_within(self.reach?)
    }

    /// Counts the changes.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What changed since the mask had this revision.
    pub fn since(&self, revision: u64) -> Changed {
        let steps = self.revision.saturating_sub(revision) as usize;
        if steps > self.recent.len() || revision > self.revision {
            return Changed::All;
        }
        let places = self.recent.iter().rev().take(steps).copied();
        places.reduce(|one, other| one.union(&other)).map_or(Changed::Nothing, Changed::Part)
    }

    /// A change begins: what it touches is kept as it was.
    pub fn begin(&mut self) {
        self.before = Some(Before::default());
    }

    /// It is done: as a step that can be undone, if anything is other than before.
    pub fn end(&mut self, by: By) -> Option<Step> {
        let before = self.before.take()?;
        let place = before.place?;
        let columns = place.left..place.right();
        let was = Packed::of_rows((place.top..place.bottom()).map(|y| &before.row(&self.mask, y)[columns.clone()]));
        let is = Packed::of_rows((place.top..place.bottom()).map(|y| &self.mask.row(y)[columns.clone()]));
        (was != is).then_some(Step::Marks { by, place, before: was, after: is })
    }

    /// It was not meant: all is as before.
    pub fn take_back(&mut self) {
        let Some(Before { mask, strips, place: Some(place) }) = self.before.take() else { return };
        if let Some(mask) = mask {
            self.mask = mask;
        }
        let now = Rc::make_mut(&mut self.mask);
        for (strip, values) in strips {
            for (row, values) in values.chunks(now.width()).enumerate() {
                now.row_mut(strip * STRIP + row).copy_from_slice(values);
            }
        }
        self.note(place);
    }

    /// The mask, a place of which is about to be changed.
    fn touch(&mut self, place: Rect) -> &mut Mask {
        if let Some(before) = &mut self.before {
            before.touch(&self.mask, place);
        }
        Rc::make_mut(&mut self.mask)
    }

    /// All of it.
    fn whole(&self) -> Rect {
        Rect { left: 0, top: 0, width: self.mask.width(), height: self.mask.height() }
    }

    /// Marks a shape, or takes marks away inside it.
    pub fn draw(&mut self, shape: &Shape, marks: bool) {
        if let Some(place) = bounds(shape, self.mask.width(), self.mask.height()) {
            self.touch(place).draw(shape, marks);
            self.note(place);
        }
    }

    /// The rows that a shape can change.
    pub fn rows(&self, shape: &Shape) -> Range<usize> {
        bounds(shape, self.mask.width(), self.mask.height()).map_or(0..0, |place| place.top..place.bottom())
    }

    /// Marks these rows of a shape, or takes marks away there.
    pub fn draw_rows(&mut self, shape: &Shape, marks: bool, rows: Range<usize>) {
        let Some(place) = bounds(shape, self.mask.width(), self.mask.height()).filter(|_| !rows.is_empty()) else { return };
        let place = Rect { top: rows.start, height: rows.len(), ..place };
        self.touch(place).draw_rows(shape, marks, rows);
        self.note(place);
    }

    /// Marks what was not marked in these rows, and the other way round.
    pub fn invert_rows(&mut self, rows: Range<usize>) {
        let place = Rect { top: rows.start, height: rows.len(), ..self.whole() };
        let mask = self.touch(place);
        rows.for_each(|y| mask.row_mut(y).iter_mut().for_each(|value| *value = 255 - *value));
        self.note(place);
    }

    /// Moves the edge of what is marked outwards, or inwards where negative.
    pub fn grow(&mut self, pixels: i32) {
        let place = self.whole();
        self.touch(place).grow(pixels);
        self.note(place);
    }

    /// Marks what a search finds in so many pixels, or takes marks away there; whether the search is at its end.
    pub fn spread(&mut self, search: &mut Similar, marks: bool, pixels: usize, colour: impl Fn(usize) -> [u8; 3]) -> bool {
        let mut found: Option<Rect> = None;
        let done = search.go_on(pixels, colour, |y, columns| {
            let run = Rect { left: columns.start, top: y, width: columns.len(), height: 1 };
            found = Some(found.map_or(run, |found| found.union(&run)));
            self.touch(run).row_mut(y)[columns].fill(if marks { 255 } else { 0 });
        });
        found.into_iter().for_each(|place| self.note(place));
        done
    }

    /// Puts another mask of the same size in place of this one.
    pub fn replace(&mut self, mask: Mask) {
        let (whole, earlier) = (self.whole(), std::mem::replace(&mut self.mask, Rc::new(mask)));
        if let Some(before) = &mut self.before {
            before.place = Some(whole);
            before.mask.get_or_insert(earlier);
        }
        self.note(whole);
        self.reach = self.mask.bounds();
    }

    /// Puts packed coverages into a rectangle, row by row; as far as they go, where there are too few or they are damaged.
    pub fn unpack(&mut self, place: Rect, packed: &Packed) {
        let mask = self.touch(place);
        let mut at = 0;
        for (value, mut length) in packed.runs().map_while(|run| run) {
            while length > 0 && at < place.width * place.height {
                let (row, column) = (at / place.width, at % place.width);
                let count = length.min(place.width - column);
                mask.row_mut(place.top + row)[place.left + column..][..count].fill(value);
                (at, length) = (at + count, length - count);
            }
        }
        self.note(place);
    }

    fn note(&mut self, place: Rect) {
        self.reach = Some(self.reach.map_or(place, |reach| reach.union(&place)));
        self.revision += 1;
        self.recent.push_back(place);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}

/// The part of a picture that a shape can change, if any.
fn bounds(shape: &Shape, width: usize, height: usize) -> Option<Rect> {
    let (points, radius): (Vec<(f32, f32)>, f32) = match shape {
        Shape::Disc { x, y, radius } => (vec![(*x, *y)], *radius),
        Shape::Segment { from, to, radius } => (vec![*from, *to], *radius),
        Shape::Rectangle { x, y, width, height } => (vec![(*x, *y), (x + width, y + height)], 0.0),
        Shape::Polygon { points } => (points.clone(), 0.0),
    };
    // Soft edges reach a little further.
    let (left, right) = span(points.iter().map(|point| point.0), radius + 2.0, width);
    let (top, bottom) = span(points.iter().map(|point| point.1), radius + 2.0, height);
    (left < right && top < bottom).then(|| Rect { left, top, width: right - left, height: bottom - top })
}

/// The first whole pixel within reach of some numbers, and the one after the last, of `end` pixels.
fn span(numbers: impl Iterator<Item = f32>, reach: f32, end: usize) -> (usize, usize) {
    let (low, high) = numbers.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), number| (low.min(number), high.max(number)));
    let pixel = |place: f32| place.clamp(0.0, end as f32) as usize;
    (pixel(low - reach), pixel(high + reach + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::tool::Tool;

    const BY: By = By::Tool(Tool::Brush);

    /// Marks of more than one strip, some of them set.
    fn marked() -> Marks {
        let mut marks = Marks::none(50, 3 * STRIP);
        marks.draw(&Shape::Disc { x: 20.0, y: 70.0, radius: 30.0 }, true);
        marks
    }

    /// Every way to change them.
    fn changes() -> [fn(&mut Marks); 5] {
        [
            |marks| marks.draw(&Shape::Segment { from: (5.0, 60.0), to: (30.0, 130.0), radius: 4.0 }, false),
            |marks| marks.invert_rows(10..150),
            |marks| marks.grow(3),
            |marks| marks.replace(Mask::full(50, 3 * STRIP)),
            |marks| {
                let mut search = Similar::new((50, 3 * STRIP), (45, 3), 9, |place| [if place % 50 < 40 { 0 } else { 99 }; 3]);
                while !marks.spread(&mut search, true, 100, |place| [if place % 50 < 40 { 0 } else { 99 }; 3]) {}
            },
        ]
    }

    #[test]
    fn a_change_is_a_step_back_and_forth_or_taken_back() {
        for (first, one) in changes().iter().enumerate() {
            for two in changes().iter().skip(first + 1) {
                let mut marks = marked();
                let before = marks.mask().clone();
                marks.begin();
                one(&mut marks);
                two(&mut marks);
                let (mut other, after) = (marks.clone(), marks.mask().clone());
                let Some(Step::Marks { place, before: was, after: is, .. }) = marks.end(BY) else { panic!("a step") };
                let revision = marks.revision();
                marks.unpack(place, &was);
                assert_eq!((marks.mask(), marks.since(revision)), (&before, Changed::Part(place)));
                marks.unpack(place, &is);
                assert_eq!(marks.mask(), &after);
                other.take_back();
                assert_eq!(other.mask(), &before);
                for marks in [&marks, &other] {
                    assert_eq!(marks.bounds(), marks.mask().bounds());
                }
                assert_eq!(other.end(BY), None, "it is over");
            }
        }
    }

    #[test]
    fn what_ends_as_it_began_is_no_step() {
        let mut marks = marked();
        marks.begin();
        marks.invert_rows(0..3 * STRIP);
        marks.invert_rows(0..3 * STRIP);
        assert_eq!(marks.end(BY), None);
        marks.begin();
        assert_eq!(marks.end(BY), None);
        marks.replace(Mask::empty(50, 3 * STRIP));
        assert_eq!((marks.bounds(), marks.reach), (None, None));
    }

    #[test]
    fn what_changed_covers_every_change_since() {
        let mut marks = Marks::none(40, 30);
        assert_eq!(marks.since(0), Changed::Nothing);
        let shapes = [
            Shape::Disc { x: 3.0, y: 4.0, radius: 2.0 },
            Shape::Segment { from: (30.5, -9.0), to: (50.0, 9.0), radius: 3.0 },
            Shape::Rectangle { x: 10.2, y: 20.0, width: 5.0, height: 50.0 },
            Shape::Polygon { points: vec![(20.0, 5.0), (25.0, 15.0), (18.0, 12.0)] },
        ];
        for shape in &shapes {
            let (before, revision) = (marks.mask().clone(), marks.revision());
            marks.draw(shape, true);
            let Changed::Part(place) = marks.since(revision) else { panic!("{shape:?} changed nothing") };
            let differs = |(x, y): &(usize, usize)| marks.mask().row(*y)[*x] != before.row(*y)[*x];
            let changed: Vec<_> = (0..40).flat_map(|x| (0..30).map(move |y| (x, y))).filter(differs).collect();
            let is_inside = |(x, y): &(usize, usize)| (place.left..place.right()).contains(x) && (place.top..place.bottom()).contains(y);
            assert!(!changed.is_empty() && changed.iter().all(is_inside), "{shape:?}");
        }
        assert_eq!(marks.since(0), Changed::Part(Rect { left: 0, top: 0, width: 40, height: 30 }));
        marks.draw(&Shape::Disc { x: -90.0, y: 4.0, radius: 2.0 }, true);
        assert_eq!(marks.revision(), shapes.len() as u64, "a shape outside is no change");
        for _ in 0..=RECENT {
            marks.draw(&shapes[0], true);
        }
        assert_eq!(marks.since(0), Changed::All);
    }
}
