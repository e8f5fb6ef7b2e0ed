//! Windows that are sampled elsewhere make the same picture, bit for bit, whoever answers when.

use burn::tensor::Device;

use super::{
    progress_tests::{Curved, config, read, textured},
    *,
};
use crate::{
    config::{SamplerSettings, TaskKind},
    picture::Picture,
    sampler::SamplerKind,
    task::Task,
};

fn edit(kind: SamplerKind) -> Edit {
    let settings = SamplerSettings { kind, steps: 3, seed: 7, ..SamplerSettings::default() };
    Edit::new(EditRequest { picture: textured(44, 30), task: Task::restore(), settings }, &config()).unwrap()
}

/// What another program makes of a window.
fn sampled(lent: LentWindow) -> Vec<f32> {
    let mut run = lent.begin(&config(), &Device::flex()).unwrap();
    loop {
        match run.step(&Curved) {
            EditState::Running => {}
            EditState::Read(tensor) => return read(tensor),
            EditState::Finished => unreachable!("a window ends with values to be read"),
        }
    }
}

/// Runs to the end; before each step `between` does as it likes.
fn finish(mut edit: Edit, mut between: impl FnMut(&mut Edit)) -> Picture {
    let mut before = 0;
    loop {
        between(&mut edit);
        assert!((before..=edit.total_steps()).contains(&edit.done_steps()), "{before}, then {}", edit.done_steps());
        before = edit.done_steps();
        match edit.step(&Curved) {
            EditState::Running => {}
            EditState::Read(tensor) => edit.accept(&read(tensor)).unwrap(),
            EditState::Finished => break,
        }
    }
    assert_eq!(edit.done_steps(), edit.total_steps());
    edit.into_result()
}

#[test]
fn windows_that_are_sampled_elsewhere_make_the_same_picture() {
    for kind in [SamplerKind::DpmSolver, SamplerKind::Ancestral] {
        let alone = finish(edit(kind), |_| {});
        for beside in [1, 3] {
            // Two helpers, the second of which answers late and in the wrong order.
            let (mut late, mut turn) = (Vec::new(), 0);
            let together = finish(edit(kind).side_by_side(beside), |edit| {
                turn += 1;
                if let Some(lent) = edit.lend().filter(|_| turn % 2 == 0) {
                    edit.give(lent.window, sampled(lent)).unwrap();
                }
                late.extend(edit.lend().filter(|_| turn % 3 == 0));
                if late.len() == 3 {
                    late.drain(..).rev().for_each(|lent| edit.give(lent.window, sampled(lent)).unwrap());
                }
            });
            assert!(together == alone, "by {kind}, {beside} at a time");
        }
    }
}

#[test]
fn what_others_do_not_answer_is_sampled_here() {
    let alone = finish(edit(SamplerKind::UniPc), |_| {});
    let mut lent = Vec::new();
    let made = finish(edit(SamplerKind::UniPc), |edit| {
        lent.extend(std::iter::from_fn(|| edit.lend()));
        if lent.len() > 4 {
            edit.take_back(lent.remove(0).window);
        }
    });
    assert!(made == alone);
    assert!(lent.len() > 3, "{}", lent.len());
}

#[test]
fn an_answer_ends_what_is_sampled_here_of_the_same_window_and_comes_once() {
    let mut edit = edit(SamplerKind::DpmSolver);
    let lent: Vec<LentWindow> = std::iter::from_fn(|| edit.lend()).collect();
    assert_eq!((edit.lendable(), lent.len()), (0, edit.total_steps() / 3));
    let last = lent.last().unwrap().clone();
    assert!(matches!(edit.step(&Curved), EditState::Running));
    assert_eq!(edit.memory().unwrap().with_values(Vec::new()).window, last.window, "the last is the one that its borrower comes to last");
    for _ in 0..2 {
        edit.give(last.window, sampled(last.clone())).unwrap();
        assert_eq!(edit.done_steps(), 3);
    }
    assert!(edit.memory().is_none());
}

#[test]
fn answers_that_are_none_are_refused() {
    let mut edit = edit(SamplerKind::DpmSolver);
    let lent = edit.lend().unwrap();
    assert!(matches!(edit.give(lent.window, vec![0.0; 7]), Err(EditError::ValueCount { found: 7, .. })));
    let mut values = sampled(lent.clone());
    values[5] = f32::NAN;
    assert!(matches!(edit.give(lent.window, values), Err(EditError::NonFinite { bad: 1, .. })));
    let short = LentWindow { start: vec![0.0; 3], ..lent };
    assert!(matches!(short.begin(&config(), &Device::flex()), Err(EditError::ValueCount { found: 3, .. })));
    let colorize = EditRequest { picture: textured(44, 30), task: Task::colorize(), settings: SamplerSettings::default() };
    let mut whole = Edit::new(colorize, &config()).unwrap();
    assert_eq!((whole.lendable(), whole.lend()), (0, None), "{} has one window", TaskKind::Colorize);
}
