//! What can be undone and redone of one picture: changes of the mask and of the frame in one list. A change of the mask
//! is kept as the rectangle it touched, before and after. It knows nothing of drawing.

use infill::{
    mask::{Mask, Rect},
    task::TaskKind,
};

/// Bytes that all steps together may take before the oldest are forgotten.
const LIMIT: usize = 64 << 20;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A rectangle of the mask, row by row.
    Marks {
        /// Which.
        place: Rect,
        /// Its coverages before.
        before: Vec<u8>,
        /// And after.
        after: Vec<u8>,
    },
    /// Pixels to add: left, top, right, bottom.
    Frame {
        /// Before.
        before: [usize; 4],
        /// And after.
        after: [usize; 4],
    },
}

impl Step {
    /// From one mask to another of the same size; none where they are the same.
    pub fn marks(before: &Mask, after: &Mask) -> Option<Self> {
        let place = difference(before, after)?;
        Some(Self::Marks { place, before: cut(before, place), after: cut(after, place) })
    }

    /// From one frame to another; none where they are the same.
    pub fn frame(before: [usize; 4], after: [usize; 4]) -> Option<Self> {
        (before != after).then_some(Self::Frame { before, after })
    }

    /// Whether somebody at this task sees what the step changes.
    fn is_seen_in(&self, task: TaskKind) -> bool {
        match self {
            Self::Marks { .. } => task == TaskKind::Inpaint,
            Self::Frame { .. } => task == TaskKind::Uncrop,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Marks { before, after, .. } => before.len() + after.len(),
            Self::Frame { .. } => 0,
        }
    }

    /// Steps of two kinds do not touch each other, so that either can be undone without the other.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
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

    /// The last step that is seen in a task, which counts as undone from now on.
    pub fn undo(&mut self, task: TaskKind) -> Option<&Step> {
        let place = self.done.iter().rposition(|step| step.is_seen_in(task))?;
        self.undone.push(self.done.remove(place));
        self.undone.last()
    }

    /// The step of a task that was last undone, which counts as done again.
    pub fn redo(&mut self, task: TaskKind) -> Option<&Step> {
        let place = self.undone.iter().rposition(|step| step.is_seen_in(task))?;
        self.done.push(self.undone.remove(place));
        self.done.last()
    }

    /// Whether something can be undone in a task, and redone.
    pub fn available(&self, task: TaskKind) -> (bool, bool) {
        let any = |steps: &[Step]| steps.iter().any(|step| step.is_seen_in(task));
        (any(&self.done), any(&self.undone))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(value: u8) -> Step {
        let before = Mask::empty(4, 4);
        let mut after = before.clone();
        after.row_mut(2)[1..3].fill(value);
        Step::marks(&before, &after).expect("a difference")
    }

    #[test]
    fn a_step_is_the_smallest_rectangle_and_nothing_is_no_step() {
        let place = Rect { left: 1, top: 2, width: 2, height: 1 };
        assert_eq!(marks(9), Step::Marks { place, before: vec![0, 0], after: vec![9, 9] });
        assert_eq!(Step::marks(&Mask::empty(4, 4), &Mask::empty(4, 4)), None);
        assert_eq!(Step::frame([1; 4], [1; 4]), None);
    }

    #[test]
    fn each_task_undoes_what_it_sees_and_a_new_step_forgets_its_kind_alone() {
        let mut history = History::default();
        let frame = Step::Frame { before: [0; 4], after: [1; 4] };
        history.push(marks(1));
        history.push(frame.clone());
        history.push(marks(2));
        assert_eq!(history.undo(TaskKind::Restore), None);
        assert_eq!(history.undo(TaskKind::Uncrop), Some(&frame));
        assert_eq!(history.undo(TaskKind::Uncrop), None);
        assert_eq!(history.undo(TaskKind::Inpaint), Some(&marks(2)));
        history.push(marks(3));
        assert_eq!(history.redo(TaskKind::Inpaint), None);
        assert_eq!(history.redo(TaskKind::Uncrop), Some(&frame));
        assert_eq!(history.available(TaskKind::Inpaint), (true, false));
    }
}
