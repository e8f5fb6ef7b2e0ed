//! Edits in a group against each by itself.

use burn::tensor::{Device, Tensor};

use super::{progress_tests::read, *};
use crate::{
    config::{ModelConfig, SamplerKind, SamplerSettings, TaskKind},
    denoiser::Denoiser,
    mask::{Mask, Shape},
    picture::Picture,
    task::{Border, Task},
};

/// Answers that depend on condition, noise, level, mask and task of each window alone.
struct Mixed;

struct MixedUnder {
    condition: Tensor<4>,
    mask: Option<Tensor<4>>,
    tasks: Vec<TaskKind>,
}

impl EditModel for Mixed {
    type Conditioned<'a> = MixedUnder;

    fn conditioned(&self, condition: Tensor<4>, mask: Option<Tensor<4>>, tasks: Vec<TaskKind>) -> MixedUnder {
        MixedUnder { condition, mask, tasks }
    }

    fn device(&self) -> Device {
        Device::flex()
    }
}

impl Denoiser for MixedUnder {
    fn denoise(&self, noisy: Tensor<4>, level: f64) -> Tensor<4> {
        let of_task: Vec<f32> = self.tasks.iter().map(|task| *task as u8 as f32 * 0.1).collect();
        let of_task = Tensor::<1>::from_floats(of_task.as_slice(), &noisy.device()).reshape([-1, 1, 1, 1]);
        let mask = self.mask.clone().unwrap_or_else(|| noisy.clone().narrow(1, 0, 1).ones_like());
        (noisy.mul_scalar(1.7).sin() + self.condition.clone() + of_task + mask.mul_scalar(0.2)).mul_scalar(level.sqrt())
    }
}

fn config() -> ModelConfig {
    ModelConfig::preset("tiny").unwrap()
}

fn textured(width: usize, height: usize) -> Picture {
    let pixels = (0..width * height).flat_map(|place| [(place * 37) as u8, (place * 11 + 90) as u8, (place / width * 53) as u8]);
    Picture::new(width, height, pixels.collect()).unwrap()
}

/// One edit of each task, with windows of different numbers.
fn edits(kind: SamplerKind) -> Vec<Edit> {
    let mut mask = Mask::empty(44, 30);
    mask.draw(&Shape::Disc { x: 8.0, y: 8.0, radius: 3.5 }, true);
    mask.draw(&Shape::Disc { x: 24.0, y: 20.0, radius: 5.0 }, true);
    let border = Border { left: 9, top: 0, right: 3, bottom: 4 };
    let settings = SamplerSettings { kind, steps: 3, seed: 7, ..SamplerSettings::default() };
    let asked = [Task::Inpaint { mask }, Task::Uncrop(border), Task::colorize(), Task::restore()];
    let edit = |task| Edit::new(EditRequest { picture: textured(44, 30), task, settings: settings.clone() }, &config()).unwrap();
    asked.into_iter().map(|task| edit(task).side_by_side(3)).collect()
}

fn alone(mut edit: Edit) -> Picture {
    loop {
        match edit.step(&Mixed) {
            EditState::Running => {}
            EditState::Read(tensor) => edit.accept(&read(tensor)).unwrap(),
            EditState::Finished => return edit.into_result(),
        }
    }
}

#[test]
fn edits_in_a_group_make_what_each_makes_alone() {
    for kind in [SamplerKind::DpmSolver, SamplerKind::Ancestral] {
        let mut group = EditGroup::new(edits(kind)).unwrap();
        let total = group.total_steps();
        let mut before = 0;
        loop {
            match group.step(&Mixed) {
                EditState::Running => assert!(group.done_steps() > before && group.done_steps() < total),
                EditState::Read(tensor) => {
                    assert!(group.accept(&[0.0; 3]).is_err());
                    group.accept(&read(tensor)).unwrap();
                }
                EditState::Finished => break,
            }
            before = group.done_steps();
        }
        assert_eq!(before, total);
        assert_eq!(group.accept(&[]), Err(EditError::NotAsked { done: total, total }));
        let expected: Vec<Picture> = edits(kind).into_iter().map(alone).collect();
        assert!(group.into_results() == expected, "{kind}");
    }
}

#[test]
fn what_cannot_go_together_is_refused() {
    let edit = |task, guess, steps| {
        let settings = SamplerSettings { guess, steps, ..SamplerSettings::default() };
        Edit::new(EditRequest { picture: textured(20, 20), task, settings }, &config()).unwrap()
    };
    let mask = || Task::Inpaint { mask: Mask::full(20, 20) };
    let message = EditGroup::new(vec![edit(mask(), None, 4), edit(mask(), None, 5)]).unwrap_err().to_string();
    assert!(message.contains("steps: 4") && message.contains("steps: 5"), "{message}");
    assert!(EditGroup::new(vec![edit(mask(), None, 4), edit(Task::restore(), None, 4)]).is_ok());
    assert!(EditGroup::new(vec![edit(mask(), Some(0.0), 4), edit(Task::restore(), Some(0.0), 4)]).is_err());
    let mut none = EditGroup::new(Vec::new()).unwrap();
    assert!(matches!(none.step(&Mixed), EditState::Finished));
}

#[test]
fn a_sample_s_streams_decide_what_it_is() {
    let make = |question, sample| {
        let settings = SamplerSettings { kind: SamplerKind::Ancestral, steps: 3, ..SamplerSettings::default() };
        let edit = Edit::new(EditRequest { picture: textured(40, 30), task: Task::restore(), settings }, &config()).unwrap();
        alone(edit.with_streams(SampleStreams { seed: 3, series: 1, question, sample, answer: sample }))
    };
    assert!(make(0, 0) == make(0, 0));
    assert!(make(0, 0) == make(1, 0), "the question alone decides only how holes are shown");
    assert!(make(0, 0) != make(0, 1));
}
