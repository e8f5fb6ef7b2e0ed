//! A repair of a part of the picture, and in part.

use burn::tensor::Device;

use super::{
    progress_tests::{Curved, config, read},
    *,
};
use crate::{
    config::SamplerSettings,
    picture::Picture,
    task::{Repair, Task},
};

/// Where the blocks end.
const EDGE: usize = 48;

/// Blocks of 8 × 8 pixels in the columns before [`EDGE`], and a slope in the others.
fn half(width: usize, height: usize) -> Picture {
    let grey = |x: usize, y: usize| if x < EDGE { x / 8 % 2 * 60 + y / 8 % 2 * 60 } else { (3 * x + 5 * y) / 7 };
    Picture::new(width, height, (0..width * height).flat_map(|place| [grey(place % width, place / width) as u8; 3]).collect()).unwrap()
}

fn request(repair: Repair) -> EditRequest {
    let settings = SamplerSettings { steps: 2, seed: 3, ..SamplerSettings::default() };
    EditRequest { picture: half(120, 70), task: Task::Restore(repair), settings }
}

fn finish(mut edit: Edit) -> (Picture, Vec<EditProgress>) {
    let mut kept = vec![edit.progress(None)];
    loop {
        match edit.step(&Curved) {
            EditState::Running => {}
            EditState::Read(tensor) => edit.accept(&read(tensor)).unwrap(),
            EditState::Finished => return (edit.into_result(), kept),
        }
        kept.push(edit.progress(None));
    }
}

fn repaired(repair: Repair) -> Picture {
    finish(Edit::new(request(repair), &config()).unwrap()).0
}

#[test]
fn what_shows_no_blocks_can_stay_as_it_is() {
    let all = Edit::new(request(Repair::default()), &config()).unwrap().total_steps();
    let asked = request(Repair { leave_clean: true, ..Repair::default() });
    let edit = Edit::new(asked.clone(), &config()).unwrap();
    assert!((all / 4..all * 3 / 4).contains(&edit.total_steps()), "{} of {all} steps", edit.total_steps());
    let (made, kept) = finish(edit);
    let (before, whole) = (half(120, 70), repaired(Repair::default()));
    // A tile of the net is 16 pixels wide.
    for (x, y) in (0..70).flat_map(|y| (0..120).map(move |x| (x, y))) {
        if x >= EDGE + 16 {
            assert_eq!(made.get(x, y), before.get(x, y), "{x}, {y}");
        }
        if x < EDGE - 16 {
            assert_eq!(made.get(x, y), whole.get(x, y), "{x}, {y}");
        }
    }
    for progress in kept {
        let windows = progress.windows;
        let resumed = Edit::resume(asked.clone(), &config(), progress, &Device::flex()).unwrap();
        assert!(finish(resumed).0 == made, "after {windows} windows");
    }
}

#[test]
fn where_nothing_shows_blocks_nothing_is_done() {
    let picture = half(200, 70).crop(100, 0, 90, 70);
    let task = Task::Restore(Repair { leave_clean: true, ..Repair::default() });
    let settings = SamplerSettings { steps: 2, ..SamplerSettings::default() };
    let edit = Edit::new(EditRequest { picture: picture.clone(), task, settings }, &config()).unwrap();
    assert_eq!(edit.total_steps(), 0);
    assert!(finish(edit).0 == picture);
}

#[test]
fn a_part_of_the_repair_lies_between_the_picture_and_all_of_it() {
    let (before, whole) = (half(120, 70), repaired(Repair::default()));
    assert!(repaired(Repair { strength: 0.0, ..Repair::default() }) == before);
    let quarter = repaired(Repair { strength: 0.25, ..Repair::default() });
    for ((made, before), whole) in quarter.pixels().iter().zip(before.pixels()).zip(whole.pixels()) {
        let wanted = 0.75 * f32::from(*before) + 0.25 * f32::from(*whole);
        // What the net says lies outside of the levels in places, and is cut only at the end.
        assert!((f32::from(*made) - wanted).abs() <= 1.0 || *whole == 0 || *whole == 255, "{made}, not {wanted}");
    }
}
