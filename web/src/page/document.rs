//! The picture being edited with all that was done on it, as plain numbers.

use std::rc::Rc;

use infill::{mask::Rect, task::TaskKind};

use super::{
    answers::{Answer, Answers},
    dabs::Dabs,
    history::{By, History, Step},
    marks::Marks,
    picture::Picture,
};
use crate::message::Dab;

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
        Self::with(picture, marks)
    }

    /// With this marked and nothing added.
    pub fn with(picture: Picture, marks: Marks) -> Self {
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

    /// Ends the change of the mask that was begun, and remembers what it was made by; whether anything is other than before.
    pub fn end_marking(&mut self, by: By) -> bool {
        self.marks.end(by).map(|step| self.history.push(step)).is_some()
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

#[cfg(test)]
mod tests {
    use infill::mask::Shape;

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
            document.marks.begin();
            document.marks.draw(&Shape::Disc { x: 5.0 + 8.0 * step as f32, y: 12.0, radius: 6.0 }, step != 2);
            assert!(document.end_marking(BY));
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
}
