//! Draws the answers of edits and writes them.

use std::{path::Path, time::Instant};

use anyhow::{Context, Result, bail};
use infill::{
    denoiser::Model,
    edit::{Edit, EditError, EditRequest},
    model_file::ModelFile,
    picture::Picture,
    sampler::SamplerSettings,
    task::{Task, TaskError},
};

use super::{
    mean::Mean,
    plan::{Asked, EditPlan, Job, OutputFiles},
};
use crate::{
    device::{self, DeviceChoice},
    draw,
    exit::{Cancelled, input, is_input, is_usage, usage},
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

/// Makes and writes what is planned. Of several pictures one that cannot be used does not keep the others from it.
///
/// # Errors
/// A picture, mask or model that cannot be used, an output that cannot be written, or a stop that was asked for.
pub fn run(plan: EditPlan) -> Result<()> {
    let EditPlan { jobs, asked, model: file, first, sampler, detail, saturation, device } = plan;
    let interrupt = Interrupt::listen()?;
    let mut editor = Editor { asked, file, first, sampler, detail, saturation, device, interrupt, model: None };
    if let [job] = jobs.as_slice() {
        return editor.edit(job);
    }
    if jobs.is_empty() {
        return Ok(());
    }
    editor.model()?;
    let mut failed = Vec::new();
    for (number, job) in jobs.iter().enumerate() {
        tracing::info!("picture {} of {}: {}", number + 1, jobs.len(), job.path.display());
        match editor.edit(job) {
            Ok(()) => {}
            Err(error) if error.is::<Cancelled>() => {
                let done = number - failed.len();
                bail!(Cancelled(format!("stopped; {done} of {} pictures done", jobs.len())));
            }
            Err(error) => {
                tracing::error!("{}: {error:#}", job.path.display());
                failed.push((job.path.display().to_string(), error));
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    let said = format!("{} of {} pictures failed: {}", failed.len(), jobs.len(), names.join(", "));
    let all = |is: fn(&anyhow::Error) -> bool| failed.iter().all(|(_, error)| is(error));
    match (all(is_usage), all(is_input)) {
        (true, _) => Err(usage(said)),
        (_, true) => Err(input(said)),
        _ => bail!(said),
    }
}

/// What edits pictures one after the other.
struct Editor {
    asked: Asked,
    file: ModelFile,
    first: SamplerSettings,
    sampler: SamplerSettings,
    detail: f32,
    saturation: u16,
    device: DeviceChoice,
    interrupt: Interrupt,
    /// On its device, once it was needed.
    model: Option<Model>,
}

impl Editor {
    fn model(&mut self) -> Result<Model> {
        if self.model.is_none() {
            let device = device::choose(self.device)?;
            self.model = Some(self.file.to_sampling_model(&device).map_err(input)?);
        }
        self.model.clone().context("the model is on its device")
    }

    fn edit(&mut self, job: &Job) -> Result<()> {
        let Job { path, output } = job;
        let bytes = picture_file::read_bytes(path)?;
        let file = picture_file::decode(path, &bytes)?;
        file.say_notes(path);
        let task = (self.asked)(path, &file)?;
        let (width, height) = task.result_size(file.original.width() as usize, file.original.height() as usize);
        output.format.check_size(width, height)?;
        let picture = file.picture()?;
        // Everything that can be refused is refused before a device is sought.
        let (first, further) = (self.first.clone(), self.sampler.clone());
        let request = |sample| {
            // A mean is one of samples.
            let own = if sample == 0 && !output.mean { &first } else { &further };
            let settings = SamplerSettings { seed: own.seed.wrapping_add(sample), ..own.clone() };
            EditRequest { picture: picture.clone(), task: task.clone(), settings }
        };
        match Edit::new(request(0), &self.file.config) {
            Ok(_) => {}
            Err(EditError::Task(TaskError::EmptyMask)) => return unchanged(output, file),
            Err(error @ EditError::Task(TaskError::NothingToAdd)) => {
                return Err(usage(format!("{error} (--left, --top, --right, --bottom, or --all)")));
            }
            Err(error) => return Err(input(error)),
        }
        let model = self.model()?;
        if output.mean {
            let mut mean = Mean::of(&self.draw(request(0), &model, 0)?);
            for sample in 1..output.samples {
                mean.add(&self.draw(request(sample), &model, 0)?);
            }
            return write(&output.path, output, file, &mean.picture(), &task);
        }
        let paths = output.paths();
        // The file's bytes for further answers, rather than its samples twice.
        let bytes = if paths.len() > 1 { bytes } else { Vec::new() };
        let mut file = Some(file);
        for (sample, target) in (0..).zip(&paths) {
            let result = self.draw(request(sample), &model, sample)?;
            let file = match file.take() {
                Some(file) => file,
                None => picture_file::decode(path, &bytes)?,
            };
            write(target, output, file, &result, &task)?;
        }
        Ok(())
    }

    /// Draws one answer; `written` says how many pictures are there when somebody stops it.
    fn draw(&self, request: EditRequest, model: &Model, written: u64) -> Result<Picture> {
        let windows = PIXELS_AT_A_TIME / (model.config.size * model.config.size);
        let asked = request.settings.clone();
        let edit = Edit::new(request, &model.config).map_err(input)?;
        let edit = edit.side_by_side(windows).with_detail(self.detail);
        let progress = StepProgress::new("sampling", edit.total_steps() as u64, 0);
        let SamplerSettings { kind, steps, seed, .. } = &asked;
        tracing::debug!("{} evaluations of the net: {kind}, {steps} steps, seed {seed}", edit.total_steps());
        let begun = Instant::now();
        let made = draw::draw(vec![edit], model, |done| {
            progress.set(done as u64, "");
            self.interrupt.check(|| format!("stopped; pictures written: {written}"))
        })?;
        progress.finish();
        tracing::debug!("drawn in {:.2} s", begun.elapsed().as_secs_f64());
        let mut picture = made.into_iter().next().context("an edit makes a picture")?;
        picture.saturate(self.saturation);
        Ok(picture)
    }
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
        pictures::write(path, output.format, picture.unwrap_or_default(), metadata.clone(), output.quality)?;
    }
    Ok(())
}

/// Writes an answer in the file's own depth and channels.
fn write(path: &Path, output: &OutputFiles, file: PictureFile, result: &Picture, task: &Task) -> Result<()> {
    let file = if matches!(task, Task::Colorize { .. }) { file.into_colour() } else { file };
    let metadata = file.metadata.clone();
    let offset = match task {
        Task::Uncrop(border) => (border.left, border.top),
        Task::Inpaint { .. } | Task::Colorize { .. } | Task::Restore(_) => (0, 0),
    };
    let merged = file.with_result(result, offset, |x, y| task.changes(x, y));
    pictures::write(path, output.format, merged, metadata, output.quality)?;
    tracing::info!("wrote {}", path.display());
    Ok(())
}
