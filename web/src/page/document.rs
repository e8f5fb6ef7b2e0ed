//! The picture being edited with what is marked on it, as plain numbers.

use std::{collections::VecDeque, ops::Range, rc::Rc};

use infill::{
    mask::{Mask, Rect, Shape, Similar},
    task::TaskKind,
};

use super::{
    answers::{Answer, Answers},
    dabs::Dabs,
    history::{By, History, Step},
    packed::Packed,
    picture::Picture,
};
use crate::message::Dab;

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

/// What is marked on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    mask: Rc<Mask>,
    revision: u64,
    recent: VecDeque<Rect>,
}

impl Marks {
    /// Nothing is marked.
    pub fn none(width: usize, height: usize) -> Self {
        Self { mask: Rc::new(Mask::empty(width, height)), revision: 0, recent: VecDeque::new() }
    }

    /// Marks that were kept.
    pub fn of(mask: Mask) -> Self {
        // Not the revision of a mask that nobody has drawn yet.
        Self { mask: Rc::new(mask), revision: 1, recent: VecDeque::new() }
    }

    /// The mask; who keeps it keeps it as it is now.
    pub fn mask(&self) -> &Rc<Mask> {
        &self.mask
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

    /// Marks a shape, or takes marks away inside it.
    pub fn draw(&mut self, shape: &Shape, marks: bool) {
        if let Some(place) = bounds(shape, self.mask.width(), self.mask.height()) {
            Rc::make_mut(&mut self.mask).draw(shape, marks);
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
        Rc::make_mut(&mut self.mask).draw_rows(shape, marks, rows.clone());
        self.note(Rect { top: rows.start, height: rows.len(), ..place });
    }

    /// Marks what was not marked in these rows, and the other way round.
    pub fn invert_rows(&mut self, rows: Range<usize>) {
        let mask = Rc::make_mut(&mut self.mask);
        rows.clone().for_each(|y| mask.row_mut(y).iter_mut().for_each(|value| *value = 255 - *value));
        let width = self.mask.width();
        self.note(Rect { left: 0, top: rows.start, width, height: rows.len() });
    }

    /// Moves the edge of what is marked outwards, or inwards where negative.
    pub fn grow(&mut self, pixels: i32) {
        let mask = Rc::make_mut(&mut self.mask);
        mask.grow(pixels);
        let place = Rect { left: 0, top: 0, width: mask.width(), height: mask.height() };
        self.note(place);
    }

    /// Marks what a search finds in so many pixels, or takes marks away there; whether the search is at its end.
    pub fn spread(&mut self, search: &mut Similar, marks: bool, pixels: usize, colour: impl Fn(usize) -> [u8; 3]) -> bool {
        let mask = Rc::make_mut(&mut self.mask);
        let mut found: Option<Rect> = None;
        let done = search.go_on(pixels, colour, |y, columns| {
            let run = Rect { left: columns.start, top: y, width: columns.len(), height: 1 };
            found = Some(found.map_or(run, |found| found.union(&run)));
            mask.row_mut(y)[columns].fill(if marks { 255 } else { 0 });
        });
        found.into_iter().for_each(|place| self.note(place));
        done
    }

    /// Puts another mask of the same size in place of this one, which differs from it inside a rectangle only.
    pub fn replace(&mut self, mask: Rc<Mask>, place: Rect) {
        self.mask = mask;
        self.note(place);
    }

    /// Puts coverages into a rectangle, row by row.
    fn paste(&mut self, place: Rect, values: &[u8]) {
        let mask = Rc::make_mut(&mut self.mask);
        for (row, values) in values.chunks(place.width).enumerate() {
            mask.row_mut(place.top + row)[place.left..place.right()].copy_from_slice(values);
        }
        self.note(place);
    }

    fn unpack(&mut self, place: Rect, packed: &Packed) {
        let values = packed.unpack(place.width * place.height);
        values.into_iter().for_each(|values| self.paste(place, &values));
    }

    fn note(&mut self, place: Rect) {
        self.revision += 1;
        self.recent.push_back(place);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}

/// A picture with what is marked and what is to be added.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The picture.
    pub picture: Picture,
    /// What is to be filled.
    pub marks: Marks,
    /// Pixels to add: left, top, right, bottom.
    pub extend: [usize; 4],
    /// Colours that are known.
    pub dabs: Dabs,
    /// What can be undone.
    pub history: History,
    /// What finished runs made of it.
    pub answers: Answers,
}

impl Document {
    /// With nothing marked and nothing added.
    pub fn new(picture: Picture) -> Self {
        let marks = Marks::none(picture.width, picture.height);
        Self { picture, marks, extend: [0; 4], dabs: Dabs::default(), history: History::default(), answers: Answers::default() }
    }

    /// All of the picture.
    pub fn whole(&self) -> Rect {
        Rect { left: 0, top: 0, width: self.picture.width, height: self.picture.height }
    }

    /// The frame with what is added, as x, y, width, height on the picture.
    pub fn frame(&self) -> [f64; 4] {
        let [left, top, right, bottom] = self.extend.map(|side| side as f64);
        [-left, -top, self.picture.width as f64 + left + right, self.picture.height as f64 + top + bottom]
    }

    /// Remembers that the mask was changed, and by what; whether it was.
    pub fn changed_from(&mut self, before: &Mask, by: By) -> bool {
        Step::marks(before, &self.marks.mask, by).map(|step| self.history.push(step)).is_some()
    }

    /// Remembers that the frame was changed; whether it was.
    pub fn reframed_from(&mut self, before: [usize; 4]) -> bool {
        Step::frame(before, self.extend).map(|step| self.history.push(step)).is_some()
    }

    /// Adds a dab of colour: one step.
    pub fn paint(&mut self, dab: Dab) {
        let dabs = vec![(self.dabs.list().len(), Rc::new(dab))];
        self.dabs.put(&dabs);
        self.history.push(Step::Dabs { painted: true, dabs });
    }

    /// Remembers that dabs were taken away; whether any were.
    pub fn dabs_taken_from(&mut self, before: &[Rc<Dab>]) -> bool {
        let dabs = self.dabs.missing_of(before);
        let any = !dabs.is_empty();
        if any {
            self.history.push(Step::Dabs { painted: false, dabs });
        }
        any
    }

    /// Adds what a run made, and shows it.
    pub fn finish_run(&mut self, answer: Answer) {
        self.history.push(Step::Run { task: answer.task, file: answer.file, answer: None });
        self.answers.add(answer).into_iter().for_each(|gone| self.history.forget_run(gone));
    }

    /// Takes the last step back that is seen in a task, or in any; whether there was one. Of two runs one after the other the first is looked
    /// at again when the second is undone.
    pub fn undo(&mut self, task: Option<TaskKind>) -> bool {
        match self.history.undo(task) {
            None => return false,
            Some(Step::Marks { place, before, .. }) => self.marks.unpack(*place, before),
            Some(Step::Frame { before, .. }) => self.extend = *before,
            Some(Step::Dabs { painted: true, dabs }) => self.dabs.take(dabs),
            Some(Step::Dabs { painted: false, dabs }) => self.dabs.put(dabs),
            Some(Step::Run { task, file, answer }) => {
                let task = *task;
                *answer = self.answers.take(*file).map(Box::new);
                self.answers.show_only(self.history.last_run(task));
                return true;
            }
        }
        self.answers.hide();
        true
    }

    /// Makes it again; whether there was one.
    pub fn redo(&mut self, task: Option<TaskKind>) -> bool {
        match self.history.redo(task) {
            None => return false,
            Some(Step::Marks { place, after, .. }) => self.marks.unpack(*place, after),
            Some(Step::Frame { after, .. }) => self.extend = *after,
            Some(Step::Dabs { painted: true, dabs }) => self.dabs.put(dabs),
            Some(Step::Dabs { painted: false, dabs }) => self.dabs.take(dabs),
            Some(Step::Run { answer, .. }) => {
                let again = answer.take().map(|answer| self.answers.add(*answer));
                again.into_iter().flatten().for_each(|gone| self.history.forget_run(gone));
                return true;
            }
        }
        self.answers.hide();
        true
    }

    /// Undoes all runs. *Redo* brings their answers back one by one.
    pub fn undo_runs(&mut self) {
        while let Some(Step::Run { file, answer, .. }) = self.history.undo_run() {
            *answer = self.answers.take(*file).map(Box::new);
        }
        self.answers.clear();
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

    fn document() -> Document {
        Document::new(Picture::plain("p".to_owned(), 40, 30, Rc::new(vec![0; 40 * 30 * 4])))
    }

    #[test]
    fn strokes_are_undone_and_redone_in_order() {
        let mut document = document();
        let mut masks = vec![document.marks.mask().clone()];
        for step in 0..4 {
            let before = document.marks.mask().clone();
            document.marks.draw(&Shape::Disc { x: 5.0 + 8.0 * step as f32, y: 12.0, radius: 6.0 }, step != 2);
            assert!(document.changed_from(&before, BY));
            masks.push(document.marks.mask().clone());
        }
        for mask in masks.iter().rev().skip(1) {
            assert!(document.undo(None));
            assert_eq!(document.marks.mask(), mask);
        }
        assert!(!document.undo(None));
        for mask in &masks[1..] {
            assert!(document.redo(None));
            assert_eq!(document.marks.mask(), mask);
        }
        assert_eq!(document.history.available(TaskKind::Inpaint), (true, false));
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
            let Some(Step::Marks { place: touched, .. }) = Step::marks(&before, marks.mask(), BY) else { panic!("{shape:?} drew nothing") };
            assert_eq!(place.union(&touched), place, "{shape:?}");
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
