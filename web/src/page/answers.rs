//! The answers to one picture: what finished runs made of it, side by side, of which one may be looked at.

use infill::{mask::Rect, task::TaskKind};

use super::{
    handle::Handle,
    picture::{Metadata, Pixels},
};
use crate::message::Note;

/// Most answers that stay side by side; as many buttons stand in index.html.
pub const MOST: usize = 8;

/// Bytes that the pixels of all of them may take before the oldest go.
const LIMIT: usize = 384 << 20;

/// A finished run.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The task.
    pub task: TaskKind,
    /// The name of the file that the picture came from, without its ending.
    pub name: String,
    /// Its pixels.
    pub pixels: Pixels,
    /// What the file says beside its samples.
    pub metadata: Metadata,
    /// What is not as in the file.
    pub notes: Vec<Note>,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Where the picture before lies on it.
    pub origin: (usize, usize),
    /// The PNG file.
    pub file: Handle,
    /// Seed of its noise.
    pub seed: u64,
    /// The part that was filled, to be shown in small.
    pub centre: Rect,
    /// Saturation that it is looked at and saved with, percent of what the run made.
    pub saturation: u16,
}

/// The answers to one picture, the latest last.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Answers {
    list: Vec<Answer>,
    shown: Option<usize>,
    /// Looked at when another was asked for, and again if that comes to nothing.
    before: Option<usize>,
}

impl Answers {
    /// All of them.
    pub fn list(&self) -> &[Answer] {
        &self.list
    }

    /// The one that is looked at.
    pub fn shown(&self) -> Option<&Answer> {
        self.list.get(self.shown?)
    }

    /// The same, to be changed.
    pub fn shown_mut(&mut self) -> Option<&mut Answer> {
        self.list.get_mut(self.shown?)
    }

    /// Its place in the list.
    pub fn place(&self) -> Option<usize> {
        self.shown
    }

    /// Those that were kept, of which one was looked at.
    pub fn of(list: Vec<Answer>, shown: Option<usize>) -> Self {
        let shown = shown.filter(|place| *place < list.len());
        Self { list, shown, before: None }
    }

    /// Adds an answer and shows it. Where there are too many, the oldest go: their files.
    pub fn add(&mut self, answer: Answer) -> Vec<Handle> {
        let mut gone = Vec::new();
        self.list.push(answer);
        while self.list.len() > 1 && (self.list.len() > MOST || self.size() > LIMIT) {
            gone.push(self.list.remove(0).file);
        }
        (self.shown, self.before) = (Some(self.list.len() - 1), None);
        gone
    }

    /// Takes the answer of a file out.
    pub fn take(&mut self, file: Handle) -> Option<Answer> {
        let place = self.list.iter().position(|answer| answer.file == file)?;
        self.hide();
        Some(self.list.remove(place))
    }

    /// Shows the answer of a file, or the picture itself.
    pub fn show_only(&mut self, file: Option<Handle>) {
        let place = file.and_then(|file| self.list.iter().position(|answer| answer.file == file));
        (self.shown, self.before) = (place, None);
    }

    /// Bytes that their pixels take.
    pub fn size(&self) -> usize {
        self.list.iter().map(|answer| answer.pixels.len()).sum()
    }

    /// Shows an answer; whether there is one at this place.
    pub fn show(&mut self, place: usize) -> bool {
        let there = place < self.list.len();
        if there {
            (self.shown, self.before) = (Some(place), None);
        }
        there
    }

    /// The place of the next answer, or of the one before, round and round.
    pub fn turned(&self, forwards: bool) -> usize {
        let count = self.list.len().max(1);
        match (self.shown, forwards) {
            (Some(place), true) => (place + 1) % count,
            (Some(place), false) => (place + count - 1) % count,
            (None, true) => 0,
            (None, false) => count - 1,
        }
    }

    /// Shows the picture itself.
    pub fn hide(&mut self) {
        (self.shown, self.before) = (None, None);
    }

    /// Shows the picture itself until another answer is there, or [`Self::come_back`].
    pub fn step_aside(&mut self) {
        self.before = self.shown.take();
    }

    /// Whether it stepped aside for another answer.
    pub fn another_is_asked(&self) -> bool {
        self.before.is_some()
    }

    /// No other answer comes: what was looked at before is looked at again.
    pub fn come_back(&mut self) {
        if let Some(place) = self.before.take() {
            self.shown = Some(place);
        }
    }

    /// Forgets all; the pixels of one that is shown elsewhere stay there.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets the one that is looked at: its file.
    pub fn drop_shown(&mut self) -> Option<Handle> {
        self.before = None;
        let place = self.shown.take().filter(|place| *place < self.list.len())?;
        Some(self.list.remove(place).file)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn answer(seed: u64) -> Answer {
        Answer {
            task: TaskKind::Inpaint,
            name: "p".to_owned(),
            pixels: Rc::new(vec![0; 4]),
            metadata: Metadata::default(),
            notes: Vec::new(),
            width: 1,
            height: 1,
            origin: (0, 0),
            file: Handle(seed as u32),
            seed,
            centre: Rect { left: 0, top: 0, width: 1, height: 1 },
            saturation: 100,
        }
    }

    #[test]
    fn the_latest_is_shown_and_the_oldest_go() {
        let mut answers = Answers::default();
        for seed in 0..MOST as u64 + 3 {
            answers.add(answer(seed));
            assert_eq!(answers.shown().map(|answer| answer.seed), Some(seed));
        }
        assert_eq!((answers.list().len(), answers.list()[0].seed), (MOST, 3));
        assert_eq!((answers.turned(true), answers.turned(false)), (0, MOST - 2));
        assert!(!answers.show(MOST) && answers.show(0));
        answers.step_aside();
        assert_eq!(answers.shown(), None);
        answers.come_back();
        assert_eq!(answers.place(), Some(0));
        answers.hide();
        answers.come_back();
        assert_eq!(answers.place(), None, "who changes the area goes on with that");
    }
}
