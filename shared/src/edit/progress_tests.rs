//! An edit that is stopped after any step and goes on elsewhere gives the same picture, bit for bit.

use burn::tensor::{Device, Tensor};

use super::*;
use crate::{
    config::{ModelConfig, SamplerSettings, TaskKind},
    denoiser::Denoiser,
    mask::{Mask, Shape},
    picture::Picture,
    sampler::{MemoryError, SamplerKind},
    task::{Border, Task},
};

/// A denoiser of the noise, the level and the condition.
pub(super) struct Curved;

pub(super) struct CurvedUnder(Tensor<4>);

impl EditModel for Curved {
    type Conditioned<'a> = CurvedUnder;

    fn conditioned(&self, condition: Tensor<4>, _: Option<Tensor<4>>, _: Vec<TaskKind>) -> CurvedUnder {
        CurvedUnder(condition)
    }

    fn device(&self) -> Device {
        Device::flex()
    }
}

impl Denoiser for CurvedUnder {
    fn denoise(&self, noisy: Tensor<4>, level: f64) -> Tensor<4> {
        (noisy.mul_scalar(1.7).sin() + self.0.clone()).mul_scalar(level.sqrt())
    }
}

pub(super) fn read(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

pub(super) fn config() -> ModelConfig {
    ModelConfig::preset("tiny").unwrap()
}

pub(super) fn textured(width: usize, height: usize) -> Picture {
    let pixels = (0..width * height).flat_map(|place| [(place * 37) as u8, (place * 11 + 90) as u8, (place / width * 53) as u8]);
    Picture::new(width, height, pixels.collect()).unwrap()
}

fn request(task: Task, kind: SamplerKind) -> EditRequest {
    EditRequest { picture: textured(44, 30), task, settings: SamplerSettings { kind, steps: 3, seed: 7, ..SamplerSettings::default() } }
}

fn tasks() -> Vec<Task> {
    let mut mask = Mask::empty(44, 30);
    mask.draw(&Shape::Disc { x: 8.0, y: 8.0, radius: 3.5 }, true);
    mask.draw(&Shape::Disc { x: 24.0, y: 20.0, radius: 5.0 }, true);
    vec![Task::Inpaint { mask }, Task::Uncrop(Border { left: 9, top: 0, right: 3, bottom: 4 }), Task::colorize(), Task::restore()]
}

/// Runs to the end, and keeps the progress after each step.
fn record(mut edit: Edit) -> (Picture, Vec<EditProgress>) {
    let (mut kept, mut memory) = (vec![edit.progress(None)], None);
    loop {
        match edit.step(&Curved) {
            EditState::Running => memory = edit.memory().map(|memory| memory.with_values(read(memory.tensor.clone()))),
            EditState::Read(tensor) => {
                kept.push(edit.progress(edit.memory().map(|memory| memory.with_values(read(memory.tensor.clone())))));
                edit.accept(&read(tensor)).unwrap();
            }
            EditState::Finished => return (edit.into_result(), kept),
        }
        // After `accept` the memory is of windows that are done, and must be left out.
        kept.push(edit.progress(memory.clone()));
    }
}

#[test]
fn going_on_elsewhere_after_any_step_gives_the_same_picture() {
    for task in tasks() {
        for (kind, beside) in [(SamplerKind::DpmSolver, 1), (SamplerKind::UniPc, 3), (SamplerKind::Ancestral, 1)] {
            let asked = request(task.clone(), kind);
            let (whole, kept) = record(Edit::new(asked.clone(), &config()).unwrap().side_by_side(beside));
            assert!(kept.len() > 4, "{task:?}");
            for progress in kept {
                let (windows, steps) = (progress.windows, progress.run.as_ref().map(|run| run.steps));
                let mut other = Edit::resume(asked.clone(), &config(), progress.clone(), &Device::flex()).unwrap().side_by_side(beside);
                assert_eq!(other.progress(progress.run.clone()), progress, "what was kept is kept again");
                let made = loop {
                    match other.step(&Curved) {
                        EditState::Running => {}
                        EditState::Read(tensor) => other.accept(&read(tensor)).unwrap(),
                        EditState::Finished => break other.into_result(),
                    }
                };
                assert!(made == whole, "{:?} by {kind}, after {windows} windows and {steps:?} steps", task.kind());
            }
        }
    }
}

#[test]
fn progress_of_another_edit_is_refused() {
    let resume = |task: Task, progress: EditProgress| {
        Edit::resume(request(task, SamplerKind::DpmSolver), &config(), progress, &Device::flex()).map(|_| ()).unwrap_err()
    };
    let (_, kept) = record(Edit::new(request(Task::restore(), SamplerKind::DpmSolver), &config()).unwrap());
    let later = kept.iter().find(|progress| progress.windows > 1 && progress.run.is_some()).unwrap();
    for task in [Task::colorize(), tasks().swap_remove(0)] {
        assert!(matches!(resume(task.clone(), later.clone()), EditError::Progress { .. }), "{task:?}");
    }
    let mut beyond = later.clone();
    beyond.windows = 1000;
    assert!(matches!(resume(Task::restore(), beyond), EditError::Progress { windows: 1000, .. }));
    let mut too_many = later.clone();
    too_many.run.as_mut().unwrap().steps = 9;
    assert!(matches!(resume(Task::restore(), too_many), EditError::Memory(MemoryError { done: 9, .. })));
    let mut cut = later.clone();
    cut.run.as_mut().unwrap().values.truncate(5);
    assert!(matches!(resume(Task::restore(), cut), EditError::Progress { .. }));
}
