//! What can be undone and redone of one picture: changes of the mask, of the frame, of the dabs of colour, and runs, in one list. A change of the mask
//! is kept as the rectangle it touched, before and after; a run that was undone keeps its answer. It knows nothing of drawing.

use infill::{
    mask::{Packed, Rect},
    task::TaskKind,
};

use serde::{Deserialize, Serialize};

use super::{answers::Answer, dabs::Placed, handle::Handle, tool::Tool};

/// Bytes that all steps together may take before the oldest are forgotten.
const LIMIT: usize = 64 << 20;

/// What changed the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A tool.
    Tool(Tool),
    /// Nothing is marked any more.
    Clear,
    /// What was not marked is.
    Invert,
    /// The edge went outwards.
    Grow,
    /// The edge went inwards.
    Shrink,
    /// A mask file.
    File,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A rectangle of the mask, row by row.
    Marks {
        /// What changed it.
        by: By,
        /// Which.
        place: Rect,
        /// Its coverages before.
        before: Packed,
        /// And after.
        after: Packed,
    },
    /// Pixels to add: left, top, right, bottom.
    Frame {
        /// Before.
        before: [usize; 4],
        /// And after.
        after: [usize; 4],
    },
    /// Dabs of colour.
    Dabs {
        /// They were painted; else they were taken away.
        painted: bool,
        /// Which, the first of the list first.
        dabs: Vec<Placed>,
    },
    /// A run that made an answer.
    Run {
        /// Its task.
        task: TaskKind,
        /// The answer's file, by which it is known.
        file: Handle,
        /// The answer, as long as the run is undone.
        answer: Option<Box<Answer>>,
    },
}

impl Step {
    /// From one frame to another; none where they are the same.
    pub fn frame(before: [usize; 4], after: [usize; 4]) -> Option<Self> {
        (before != after).then_some(Self::Frame { before, after })
    }

    /// The task at which people see what the step changes.
    pub fn task(&self) -> TaskKind {
        match self {
            Self::Marks { .. } => TaskKind::Inpaint,
            Self::Frame { .. } => TaskKind::Uncrop,
            Self::Dabs { .. } => TaskKind::Colorize,
            Self::Run { task, .. } => *task,
        }
    }

    /// Whether it is one of a task; each is one of none in particular.
    fn is_of(&self, task: Option<TaskKind>) -> bool {
        task.is_none_or(|task| self.task() == task)
    }

    fn size(&self) -> usize {
        match self {
            Self::Marks { before, after, .. } => before.bytes().len() + after.bytes().len(),
            Self::Dabs { dabs, .. } => dabs.iter().map(|(_, dab)| size_of_val(dab.path.as_slice())).sum(),
            Self::Frame { .. } | Self::Run { .. } => 0,
        }
    }

    /// Steps of two kinds do not touch each other, so that either can be undone without the other.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Run { task, .. }, Self::Run { task: other, .. }) => task == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// One line of the list of all that was done, see `steps`.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'a> {
    /// The picture was opened.
    Opened,
    /// Something was done to a picture.
    Done(&'a Step),
    /// An answer became the picture: which of them, where it is known.
    Kept(Option<usize>),
}

/// The steps of one picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// Remembers a step, and forgets what was undone of its kind.
    pub fn push(&mut self, step: Step) {
        self.undone.retain(|undone| !undone.is_like(&step));
        self.done.push(step);
        while self.done.len() > 1 && self.done.iter().map(Step::size).sum::<usize>() > LIMIT {
            self.done.remove(0);
        }
    }

    /// The last step that is seen in a task, or in any, which counts as undone from now on.
    pub fn undo(&mut self, task: Option<TaskKind>) -> Option<&mut Step> {
        let place = self.done.iter().rposition(|step| step.is_of(task))?;
        self.undone.push(self.done.remove(place));
        self.undone.last_mut()
    }

    /// The last run of any task, which counts as undone from now on.
    pub fn undo_run(&mut self) -> Option<&mut Step> {
        let place = self.done.iter().rposition(|step| matches!(step, Step::Run { .. }))?;
        self.undone.push(self.done.remove(place));
        self.undone.last_mut()
    }

    /// The step of a task, or of any, that was last undone, which counts as done again.
    pub fn redo(&mut self, task: Option<TaskKind>) -> Option<&mut Step> {
        let place = self.undone.iter().rposition(|step| step.is_of(task))?;
        self.done.push(self.undone.remove(place));
        self.done.last_mut()
    }

    /// The steps that were made, and those that were undone, the latest last.
    pub fn steps(&self) -> (&[Step], &[Step]) {
        (&self.done, &self.undone)
    }

    /// A history that was kept.
    pub fn of(done: Vec<Step>, undone: Vec<Step>) -> Self {
        Self { done, undone }
    }

    /// The answer of the last step that is seen in a task, where that is a run.
    pub fn last_run(&self, task: TaskKind) -> Option<Handle> {
        match self.done.iter().rev().find(|step| step.task() == task)? {
            Step::Run { file, .. } => Some(*file),
            Step::Marks { .. } | Step::Frame { .. } | Step::Dabs { .. } => None,
        }
    }

    /// Forgets the run that made an answer which is gone.
    pub fn forget_run(&mut self, gone: Handle) {
        self.done.retain(|step| !matches!(step, Step::Run { file, .. } if *file == gone));
    }

    /// The answers of runs that were undone.
    pub fn undone_answers(&self) -> impl Iterator<Item = &Answer> {
        self.undone.iter().filter_map(|step| if let Step::Run { answer, .. } = step { answer.as_deref() } else { None })
    }

    /// Whether something can be undone in a task, and redone.
    pub fn available(&self, task: TaskKind) -> (bool, bool) {
        let any = |steps: &[Step]| steps.iter().any(|step| step.task() == task);
        (any(&self.done), any(&self.undone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY: By = By::Tool(Tool::Brush);

    fn marks(value: u8) -> Step {
        let packed = |value: u8| Packed::new(&[value; 2]);
        Step::Marks { by: BY, place: Rect { left: 1, top: 2, width: 2, height: 1 }, before: packed(0), after: packed(value) }
    }

    #[test]
    fn a_frame_that_is_as_it_was_is_no_step() {
        assert_eq!(Step::frame([1; 4], [1; 4]), None);
        assert!(Step::frame([1; 4], [2; 4]).is_some());
    }

    #[test]
    fn each_task_undoes_what_it_sees_and_a_new_step_forgets_its_kind_alone() {
        let mut history = History::default();
        let frame = Step::Frame { before: [0; 4], after: [1; 4] };
        history.push(marks(1));
        history.push(frame.clone());
        history.push(marks(2));
        assert_eq!(history.undo(Some(TaskKind::Restore)), None);
        assert_eq!(history.undo(Some(TaskKind::Uncrop)), Some(&mut frame.clone()));
        assert_eq!(history.undo(Some(TaskKind::Uncrop)), None);
        assert_eq!(history.undo(Some(TaskKind::Inpaint)), Some(&mut marks(2)));
        history.push(marks(3));
        assert_eq!(history.redo(Some(TaskKind::Inpaint)), None);
        assert_eq!(history.redo(Some(TaskKind::Uncrop)), Some(&mut frame.clone()));
        assert_eq!(history.available(TaskKind::Inpaint), (true, false));
    }
}
