//! Edits through a model to their pictures: the loop around `infill::edit` that every command uses. It waits for the device.

use anyhow::Result;
use infill::{
    denoiser::Model,
    edit::{Edit, EditGroup, EditState},
    picture::Picture,
};

use crate::readback;

/// The results of edits, in their order; all go through the model together. `stepped` is told after each step how many
/// evaluations of the net are made, and before the first one that there is none; an error of it ends the work.
///
/// # Errors
/// Edits that cannot go together, a device that gives nothing or numbers that are not finite, and what `stepped` says.
pub fn draw(edits: Vec<Edit>, model: &Model, mut stepped: impl FnMut(usize) -> Result<()>) -> Result<Vec<Picture>> {
    let mut group = EditGroup::new(edits)?;
    let mut said = None;
    loop {
        let done = group.done_steps();
        if said.replace(done) != Some(done) {
            tracing::trace!("{done} evaluations of the net are made");
        }
        stepped(done)?;
        match group.step(model) {
            EditState::Finished => return Ok(group.into_results()),
            EditState::Running => {}
            EditState::Read(tensor) => group.accept(&readback::values(tensor, "the result")?)?,
        }
    }
}
