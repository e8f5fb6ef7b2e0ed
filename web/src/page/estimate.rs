//! How long a run would take before it is begun: how often the net would be asked, and how long an answer takes. It is a few
//! percent off where a mask is large, and by more where the filling of detail takes long.

use infill::{
    edit::DETAIL_STEPS,
    mask::Mask,
    task::{BlockSearch, Border, Task, TaskKind, repaired_tiles},
};

use super::{handle::Handle, marks::Marks, picture::Picture};

/// Pixels around a hole that are looked at; of more only every second, third and so on.
const LOOKED_AT: usize = 1 << 16;

/// Pixels in which the blocks of JPEG are looked for at a time.
const SLICE: usize = 1 << 21;

/// Pixels of a picture whose windows are counted in the turn in which something changed.
const AT_ONCE: usize = 1 << 23;

/// What the number of evaluations follows from; what a mask is known by are its picture and its revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The task.
    pub task: TaskKind,
    /// Width and height of the picture in pixels.
    pub size: (usize, usize),
    /// The picture's file, by which it is known.
    pub picture: Handle,
    /// The mask's revision.
    pub revision: u64,
    /// Pixels to add: left, top, right, bottom.
    pub extend: [usize; 4],
    /// Parts that show no blocks of JPEG stay as they are.
    pub leave_clean: bool,
    /// Pixels that the area grows by.
    pub growth: usize,
    /// Side of the net's windows in pixels.
    pub side: usize,
    /// Evaluations for each window.
    pub steps: usize,
    /// Workers that sample windows at a time, where none depends on another.
    pub workers: usize,
}

/// What is left to be looked at.
#[derive(Clone, Debug, Default, PartialEq)]
enum Left {
    /// Nothing.
    #[default]
    Nothing,
    /// The windows of a run.
    Windows,
    /// Blocks of JPEG.
    Blocks(BlockSearch),
}

/// Evaluations of the net for what is planned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    plan: Option<Plan>,
    evaluations: usize,
    left: Left,
    /// It was said that what is left goes on soon.
    pub due: bool,
}

impl Estimate {
    /// Follows a plan; none where nothing can be begun. Counts anew only where it is another. Whether it is to be called again soon, because
    /// not all was looked at.
    pub fn follow(&mut self, plan: Option<Plan>, picture: &Picture, marks: &Marks) -> bool {
        if self.plan != plan {
            self.plan = plan;
            self.left = match plan {
                None => Left::Nothing,
                Some(plan) if plan.task == TaskKind::Restore && plan.leave_clean => {
                    Left::Blocks(BlockSearch::new(plan.size, &picture.pixels))
                }
                Some(_) => Left::Windows,
            };
            if !matches!(self.left, Left::Windows) {
                self.evaluations = 0;
            } else if picture.width * picture.height > AT_ONCE {
                // The change that it follows took a while already.
                return true;
            }
        } else if self.due {
            return true;
        }
        let Some(plan) = &self.plan else { return false };
        self.evaluations = match &mut self.left {
            Left::Nothing => return false,
            Left::Windows => evaluations(plan, windows(plan, marks)),
            Left::Blocks(search) => match search.go_on(SLICE / picture.width, &picture.pixels) {
                None => return true,
                Some(blocks) => evaluations(plan, repaired_tiles(plan.size, blocks, plan.side)),
            },
        };
        self.left = Left::Nothing;
        false
    }

    /// It is known that there is nothing to be done.
    pub fn is_nothing(&self) -> bool {
        self.plan.is_some() && self.left == Left::Nothing && self.evaluations == 0
    }

    /// Milliseconds, with an evaluation of so many; none where there is nothing to be done.
    pub fn milliseconds(&self, pace: Option<f64>) -> Option<f64> {
        Some(pace? * self.evaluations as f64).filter(|_| self.evaluations > 0)
    }
}

/// Those of the net, and as many as the detail takes as long as.
fn evaluations(plan: &Plan, windows: usize) -> usize {
    match windows {
        0 => 0,
        windows if plan.task == TaskKind::Restore => plan.steps * windows.div_ceil(plan.workers.max(1)),
        windows => plan.steps * windows + if plan.task.has_hole() { DETAIL_STEPS } else { 0 },
    }
}

fn windows(plan: &Plan, marks: &Marks) -> usize {
    let [left, top, right, bottom] = plan.extend;
    let (width, height) = plan.size;
    match plan.task {
        TaskKind::Inpaint => {
            let (Some(hole), mask) = (marks.bounds(), marks.mask()) else { return 0 };
            let reduction = (1..).find(|by| hole.width.div_ceil(*by) * hole.height.div_ceil(*by) <= LOOKED_AT).unwrap_or(1);
            let side = (plan.side / reduction).max(1);
            // With as much around it as its windows may take in.
            let room = 2 * plan.growth + plan.side;
            let (left, top) = (hole.left.saturating_sub(room), hole.top.saturating_sub(room));
            let (right, bottom) = ((hole.right() + room).min(width), (hole.bottom() + room).min(height));
            let rows = (top..bottom).step_by(reduction);
            let values = rows.flat_map(|y| mask.row(y)[left..right].iter().step_by(reduction).copied()).collect();
            let size = ((right - left).div_ceil(reduction), (bottom - top).div_ceil(reduction));
            let Ok(mut mask) = Mask::new(size.0, size.1, values) else { return 0 };
            mask.grow_and_close(plan.growth / reduction);
            Task::Inpaint { mask }.windows(size.0, size.1, side)
        }
        TaskKind::Uncrop => Task::Uncrop(Border { left, top, right, bottom }).windows(width, height, plan.side),
        TaskKind::Colorize => Task::colorize().windows(width, height, plan.side),
        TaskKind::Restore => Task::restore().windows(width, height, plan.side),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use infill::mask::Shape;

    use super::*;

    const PLAN: Plan = Plan {
        task: TaskKind::Inpaint,
        size: (3000, 2000),
        picture: Handle(0),
        revision: 1,
        extend: [0; 4],
        leave_clean: false,
        growth: 0,
        side: 128,
        steps: 10,
        workers: 1,
    };

    fn counted(plan: Plan, mask: &Mask) -> usize {
        let mut estimate = Estimate::default();
        let picture = Picture::plain("grey".to_owned(), plan.size.0, plan.size.1, Rc::new(vec![90; 4 * plan.size.0 * plan.size.1]));
        assert!(!estimate.follow(Some(plan), &picture, &Marks::of(mask.clone())));
        estimate.evaluations
    }

    #[test]
    fn a_run_takes_as_many_evaluations_as_it_has_windows_and_steps() {
        let mut mask = Mask::empty(3000, 2000);
        assert_eq!(counted(PLAN, &mask), 0, "nothing is to be done");
        mask.draw(&Shape::Disc { x: 1500.0, y: 900.0, radius: 40.0 }, true);
        assert_eq!(counted(PLAN, &mask), 10 + DETAIL_STEPS);
        let restore = Plan { task: TaskKind::Restore, ..PLAN };
        let windows = Task::restore().windows(3000, 2000, 128);
        assert_eq!(counted(restore, &mask), 10 * windows);
        assert_eq!(counted(Plan { workers: 3, ..restore }, &mask), 10 * windows.div_ceil(3));
        let mut estimate = Estimate::default();
        assert_eq!(estimate.milliseconds(Some(5.0)), None);
        let grey = Picture::plain("grey".to_owned(), 3000, 2000, Rc::new(vec![90; 4 * 3000 * 2000]));
        estimate.follow(Some(PLAN), &grey, &Marks::of(mask));
        assert_eq!((estimate.milliseconds(None), estimate.milliseconds(Some(5.0))), (None, Some(50.0 + 5.0 * DETAIL_STEPS as f64)));
    }

    #[test]
    fn parts_without_blocks_take_no_time() {
        let blocks =
            |edge: usize| (0..3000 * 2000).flat_map(move |place| [if place % 3000 < edge { (place / 8 % 2 * 40) as u8 } else { 90 }; 4]);
        let plan = Plan { task: TaskKind::Restore, leave_clean: true, ..PLAN };
        let mut estimate = Estimate::default();
        for (edge, columns) in [(0, 0), (400, 4), (3000, 27)] {
            let picture = Picture::plain("blocks".to_owned(), 3000, 2000, Rc::new(blocks(edge).collect()));
            let plan = Plan { picture: Handle(edge as u32), ..plan };
            let mut slices = 1;
            while estimate.follow(Some(plan), &picture, &Marks::none(3000, 2000)) {
                assert!(!estimate.is_nothing(), "it is not known yet");
                slices += 1;
            }
            assert_eq!(slices, 3);
            assert_eq!((estimate.evaluations, estimate.is_nothing()), (10 * columns * 18, columns == 0), "{edge}");
        }
    }

    #[test]
    fn of_a_large_hole_a_part_of_the_pixels_says_about_as_much() {
        let mut mask = Mask::empty(3000, 2000);
        mask.draw(&Shape::Rectangle { x: 200.0, y: 100.0, width: 2600.0, height: 1800.0 }, true);
        let exact = DETAIL_STEPS + 10 * Task::Inpaint { mask: mask.clone() }.windows(3000, 2000, 128);
        let about = counted(PLAN, &mask);
        assert!(about.abs_diff(exact) * 3 <= exact, "{about} for {exact}");
    }
}
