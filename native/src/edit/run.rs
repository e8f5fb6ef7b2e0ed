//! Draws the answers of an edit and writes them.

use std::path::Path;

use anyhow::{Context, Result};
use infill::{
    denoiser::Model,
    edit::{Edit, EditError, EditRequest},
    picture::Picture,
    sampler::SamplerSettings,
    task::{Task, TaskError},
};

use super::{
    mean::Mean,
    plan::{EditPlan, OutputFiles},
};
use crate::{
    device, draw,
    exit::input,
    interrupt::Interrupt,
    pictures::{
        self,
        picture_file::{self, PictureFile},
    },
    progress::StepProgress,
};

/// Pixels that the net works on at a time where a picture is cut into tiles: enough for every processor, and
/// little memory.
const PIXELS_AT_A_TIME: usize = 1 << 16;

/// Makes and writes what is planned.
///
/// # Errors
/// A picture, mask or model that cannot be used, an output that cannot be written, or Ctrl-C.
pub fn run(plan: EditPlan) -> Result<()> {
    let EditPlan { path, file, task, model, sampler, detail, output, device } = plan;
    let interrupt = Interrupt::listen()?;
    let picture = file.picture()?;
    let request = |sample: u64| EditRequest {
        picture: picture.clone(),
        task: task.clone(),
        settings: SamplerSettings { seed: sampler.seed.wrapping_add(sample), ..sampler.clone() },
    };
    // Everything that can be refused is refused before a device is sought.
    match Edit::new(request(0), &model.config) {
        Ok(_) => {}
        Err(EditError::Task(TaskError::EmptyMask)) => return unchanged(&output, file),
        Err(error) => return Err(input(error)),
    }
    let device = device::choose(device)?;
    let model = model.to_sampling_model(&device).map_err(input)?;
    let draw = |sample: u64, written: u64| {
        let windows = PIXELS_AT_A_TIME / (model.config.size * model.config.size);
        let edit = Edit::new(request(sample), &model.config).map_err(input)?.side_by_side(windows).with_detail(detail);
        finish(edit, &model, &interrupt, written)
    };
    if output.mean {
        let mut mean = Mean::of(&draw(0, 0)?);
        for sample in 1..output.samples {
            mean.add(&draw(sample, 0)?);
        }
        return write(&output.path, file, &mean.picture(), &task, output.quality);
    }
    let mut file = Some(file);
    for (sample, target) in (0..).zip(&output.paths()) {
        let result = draw(sample, sample)?;
        // Read again for every further answer rather than kept twice in memory.
        let file = match file.take() {
            Some(file) => file,
            None => picture_file::read(&path)?,
        };
        write(target, file, &result, &task, output.quality)?;
    }
    Ok(())
}

/// An empty mask is no error: the output is the picture.
fn unchanged(output: &OutputFiles, file: PictureFile) -> Result<()> {
    tracing::warn!("the mask is empty, so there is nothing to fill; the output is the unchanged picture");
    let (mut original, metadata) = (Some(file.original), file.metadata);
    let paths = output.paths();
    for path in &paths {
        let picture = match paths.len() {
            1 => original.take(),
            _ => original.clone(),
        };
        pictures::write(path, picture.unwrap_or_default(), metadata.clone(), output.quality)?;
    }
    Ok(())
}

/// Draws one answer; `written` says how many pictures are there when somebody stops it.
fn finish(edit: Edit, model: &Model, interrupt: &Interrupt, written: u64) -> Result<Picture> {
    let progress = StepProgress::new("sampling", edit.total_steps() as u64, 0);
    let made = draw::draw(vec![edit], model, |done| {
        progress.set(done as u64, "");
        interrupt.check(|| format!("stopped; pictures written: {written}"))
    })?;
    progress.finish();
    made.into_iter().next().context("an edit makes a picture")
}

/// Writes an answer in the file's own depth and channels.
fn write(path: &Path, file: PictureFile, result: &Picture, task: &Task, quality: u8) -> Result<()> {
    let file = if *task == Task::Colorize { file.into_colour() } else { file };
    let metadata = file.metadata.clone();
    let offset = match task {
        Task::Uncrop(border) => (border.left, border.top),
        Task::Inpaint { .. } | Task::Colorize | Task::Restore => (0, 0),
    };
    let merged = file.with_result(result, offset, |x, y| task.changes(x, y));
    pictures::write(path, merged, metadata, quality)?;
    tracing::info!("wrote {}", path.display());
    Ok(())
}
