//! The detail that holes get from the picture itself after the net.

use super::{
    progress_tests::{Curved, config, read, textured},
    *,
};
use crate::{
    config::{ModelConfig, SamplerSettings},
    mask::{Mask, Shape},
    picture::Picture,
    task::Task,
};

fn begin(picture: &Picture, task: Task, detail: f32) -> Edit {
    let settings = SamplerSettings { steps: 2, seed: 1, ..SamplerSettings::default() };
    Edit::new(EditRequest { picture: picture.clone(), task, settings }, &config()).unwrap().with_detail(detail)
}

/// To the end, with steps that are counted up to their total.
fn drive(mut edit: Edit) -> Picture {
    let (mut last, total) = (0, edit.total_steps());
    loop {
        match edit.step(&Curved) {
            EditState::Running => {}
            EditState::Read(tensor) => edit.accept(&read(tensor)).unwrap(),
            EditState::Finished => break,
        }
        assert!((last..=total).contains(&edit.done_steps()), "{} steps after {last}, of {total}", edit.done_steps());
        last = edit.done_steps();
    }
    assert_eq!(edit.done_steps(), total);
    let result = edit.result();
    assert_eq!(edit.into_result(), result);
    result
}

fn hole() -> Mask {
    let mut mask = Mask::empty(60, 50);
    mask.draw(&Shape::Disc { x: 30.0, y: 25.0, radius: 8.3 }, true);
    mask
}

#[test]
fn detail_comes_after_the_net_and_stays_in_the_hole() {
    let (source, mask) = (textured(60, 50), hole());
    let with = |detail: f32| drive(begin(&source, Task::Inpaint { mask: mask.clone() }, detail));
    let (without, whole) = (with(0.0), with(1.0));
    let differ = |mask_has: &dyn Fn(u8) -> bool, one: &Picture, other: &Picture| {
        let places = (0..60).flat_map(|x| (0..50).map(move |y| (x, y)));
        places.filter(|(x, y)| mask_has(mask.coverage(*x, *y)) && one.get(*x, *y) != other.get(*x, *y)).count()
    };
    assert_eq!(differ(&|coverage| coverage == 0, &whole, &source), 0);
    let full = mask.values().iter().filter(|coverage| **coverage == 255).count();
    assert!(2 * differ(&|coverage| coverage == 255, &whole, &without) > full, "the net's fill stands");
    // A pixel that is covered in part is blended once, not twice.
    let (x, y) = (0..60).flat_map(|x| (0..50).map(move |y| (x, y))).find(|(x, y)| (1..90).contains(&mask.coverage(*x, *y))).unwrap();
    for channel in 0..3 {
        let apart = whole.get(x, y)[channel].abs_diff(source.get(x, y)[channel]);
        assert!(apart <= mask.coverage(x, y), "{apart} from the original where {} is covered", mask.coverage(x, y));
    }
}

#[test]
fn the_seed_varies_the_detail_of_a_net_that_has_one_answer() {
    let (source, mask) = (textured(60, 50), hole());
    let with = |config: &ModelConfig, seed: u64, detail: f32| {
        // Without noise any net has one answer.
        let settings = SamplerSettings { steps: 1, temperature: 0.0, seed, ..SamplerSettings::default() };
        let request = EditRequest { picture: source.clone(), task: Task::Inpaint { mask: mask.clone() }, settings };
        drive(Edit::new(request, config).unwrap().with_detail(detail))
    };
    let (varied, single) = (config(), config().with_regression());
    assert_eq!(with(&single, 0, 1.0), with(&varied, 0, 1.0));
    assert_eq!(with(&varied, 5, 1.0), with(&varied, 0, 1.0), "answers of such a net differ already");
    assert_ne!(with(&single, 5, 1.0), with(&single, 0, 1.0));
    assert_ne!(with(&single, 5, 1.0), with(&single, 6, 1.0));
    assert_eq!(with(&single, 5, 0.0), with(&single, 6, 0.0));
}

#[test]
fn tasks_without_a_hole_have_no_detail() {
    let source = textured(30, 24);
    for task in [Task::colorize(), Task::restore()] {
        assert_eq!(drive(begin(&source, task.clone(), 1.0)), drive(begin(&source, task, 0.0)));
    }
}

#[test]
fn edits_of_a_group_get_the_detail_that_they_would_get_alone() {
    let task = || Task::Inpaint { mask: hole() };
    let sources = [textured(60, 50), textured(60, 50).flip()];
    let alone: Vec<Picture> = sources.iter().map(|source| drive(begin(source, task(), 1.0))).collect();
    let mut group = EditGroup::new(sources.iter().map(|source| begin(source, task(), 1.0)).collect()).unwrap();
    loop {
        match group.step(&Curved) {
            EditState::Running => {}
            EditState::Read(tensor) => group.accept(&read(tensor)).unwrap(),
            EditState::Finished => break,
        }
    }
    assert_eq!(group.done_steps(), group.total_steps());
    assert_eq!(group.into_results(), alone);
}

#[test]
fn what_is_lost_during_the_detail_goes_on_after_the_net() {
    let source = textured(60, 50);
    let mut edit = begin(&source, Task::Inpaint { mask: hole() }, 1.0);
    while edit.progress(None).windows == 0 {
        if let EditState::Read(tensor) = edit.step(&Curved) {
            edit.accept(&read(tensor)).unwrap();
        }
    }
    for _ in 0..3 {
        edit.step(&Curved);
    }
    let kept = edit.progress(None);
    let settings = SamplerSettings { steps: 2, seed: 1, ..SamplerSettings::default() };
    let request = EditRequest { picture: source.clone(), task: Task::Inpaint { mask: hole() }, settings };
    let resumed = Edit::resume(request, &config(), kept, &Curved.device()).unwrap().with_detail(1.0);
    assert_eq!(drive(resumed), drive(edit));
}
