//! What a GPU compiles before its first step is compiled while the picture is being painted: by a small run that
//! nobody sees. It ends as soon as a run begins that somebody waits for. Its last step says how long one takes.

use infill::{
    denoiser::Model,
    edit::{Edit, EditRequest, EditState},
    mask::Mask,
    picture::Picture,
    sampler::SamplerSettings,
    task::{Border, Task, TaskKind},
};

use super::{
    readback::{refused, values},
    scope::{let_messages_in, now, say},
    state::State,
};
use crate::message::{Failure, FromWorker};

/// As many steps as it takes until a sampler looks back at an earlier one.
const STEPS: usize = 2;

/// Runs the kernels of the model's first task once.
pub async fn warm(state: &State, model: &Model) {
    // What fails here fails again where somebody waits for it, and is told then; a lost device tells of itself.
    let _ = run_unseen(state, model).await;
}

async fn run_unseen(state: &State, model: &Model) -> Result<(), Failure> {
    let begun = state.moment();
    let Some(mut edit) = small_edit(model) else { return Ok(()) };
    loop {
        let (before, done) = (now(), edit.done_steps());
        match edit.step(model) {
            EditState::Finished => return Ok(()),
            EditState::Read(tensor) => edit.accept(&values(tensor).await?).map_err(refused)?,
            EditState::Running => {
                if let Some(preview) = edit.preview() {
                    values(preview.tensor).await?;
                }
            }
        }
        let total = edit.total_steps();
        if done < total && edit.done_steps() == total {
            say(&FromWorker::Pace { milliseconds: now() - before }, &[]);
        }
        let_messages_in().await;
        if state.moment() != begun {
            return Ok(());
        }
    }
}

/// One window of grey, as the model samples it best.
fn small_edit(model: &Model) -> Option<Edit> {
    let (config, side) = (&model.config, model.config.size);
    let kind = config.tasks.first().copied()?;
    let half = side / 2;
    let (width, task) = match kind {
        TaskKind::Inpaint => {
            let mut mask = Mask::empty(side, side);
            (0..half).for_each(|y| mask.row_mut(y)[..half].fill(255));
            (side, Task::Inpaint { mask })
        }
        TaskKind::Uncrop => (half, Task::Uncrop(Border { left: 0, top: 0, right: side - half, bottom: 0 })),
        TaskKind::Colorize => (side, Task::colorize()),
        TaskKind::Restore => (side, Task::restore()),
    };
    let own = config.sampling(kind);
    let settings = SamplerSettings { steps: STEPS, temperature: own.temperature, guess: own.guess, ..SamplerSettings::default() };
    let picture = Picture::new(width, side, vec![128; 3 * width * side]).ok()?;
    Edit::new(EditRequest { picture, task, settings }, config).ok()
}
