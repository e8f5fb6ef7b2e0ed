//! Keeps the estimate of a run in line with what is marked, added and chosen.

use infill::task::TaskKind;

use crate::page::{effect::Effect, estimate::Plan, state::State};

/// Whoever is drawing is not made to wait for it.
pub fn follow(state: &mut State) -> Option<Effect> {
    if state.runs.is_busy() || state.hand.is_drawing() {
        return None;
    }
    let plan = plan(state);
    let document = state.document.as_ref()?;
    let more = state.estimate.follow(plan, &document.picture, &document.marks);
    (more && !std::mem::replace(&mut state.estimate.due, true)).then_some(Effect::NextSlice)
}

fn plan(state: &State) -> Option<Plan> {
    let (document, model) = (state.document.as_ref()?, state.models.model.as_ref()?);
    let own = model.tasks.iter().position(|task| *task == state.task).and_then(|place| model.steps.get(place).copied());
    let fills = state.task == TaskKind::Inpaint;
    Some(Plan {
        task: state.task,
        size: (document.picture.width, document.picture.height),
        // The next one may be on its way: the number of the last file that was opened says nothing of this one.
        picture: document.picture.file,
        revision: if fills { document.marks.revision() } else { 0 },
        extend: if state.task == TaskKind::Uncrop { document.extend } else { [0; 4] },
        leave_clean: state.task == TaskKind::Restore && !state.settings.clean_too,
        growth: if fills { state.growth() } else { 0 },
        side: model.size,
        steps: state.settings.steps.or(own)?,
        workers: if state.models.on_gpu() { 1 } else { state.models.workers },
    })
}
