//! One run: pixels in, steps with progress and previews, pixels and a PNG out.

use std::{borrow::Cow, rc::Rc};

use burn::tensor::Tensor;
use image::ExtendedColorType;
use infill::{
    denoiser::Model,
    edit::{Edit, EditError, EditModel, EditRequest, EditState},
    mask::Mask,
    picture::Picture,
    sampler::SamplerSettings,
    task::{Border, Hints, Repair, Task, TaskKind},
};
use js_sys::Uint8Array;

use super::{
    file::{self, Words},
    helpers::Helpers,
    readback::{refused, values},
    rescue::{self, UnderWay},
    scope::{let_messages_in, now, say, say_with_file},
    state::State,
};
use crate::{
    message::{Failure, FileKind, FromWorker, RunRequest},
    pace::Pace,
    transparency::Transparency,
};

/// Windows that go through the net together on a GPU, where none depends on another: one alone keeps few of its processors busy.
const SIDE_BY_SIDE: usize = 4;

/// A copy of a larger model for every helper is more than a tab may take.
const LARGEST_SHARED: u32 = 64 << 20;

/// Milliseconds between two previews of a run that has just begun.
const PREVIEW_EVERY: f64 = 200.0;

/// The same between two words of how far it is: each step is told.
const PROGRESS_EVERY: f64 = 0.0;

/// Bytes of RGBA that are taken from the browser's memory at a time.
const STRIPE: u32 = 1 << 20;

/// As the visitor wants it, else as suits the model and the task.
fn settings(request: &RunRequest, model: &Model) -> SamplerSettings {
    let own = if request.another { model.config.sampling(request.task) } else { model.config.leading(request.task, request.steps) };
    SamplerSettings {
        kind: request.sampler.unwrap_or(model.config.sampler()),
        steps: request.steps.unwrap_or(own.steps),
        temperature: request.temperature.unwrap_or(own.temperature),
        guess: own.guess,
        seed: request.seed,
        ..SamplerSettings::default()
    }
}

/// How much detail holes and new area get from the picture itself: all, as in the program.
const DETAIL: f32 = 1.0;

/// Carries out a run and posts everything about it but a failure.
pub async fn run(request: &RunRequest, mut buffers: Vec<Uint8Array>, state: &State) -> Result<(), Failure> {
    let (begun, model) = (now(), &*state.model()?);
    let mut kept = buffers.split_off(buffers.len().min(if request.task == TaskKind::Inpaint { 2 } else { 1 }));
    let said: Vec<Uint8Array> = kept.drain(..kept.len().min(3)).collect();
    let words = Words::of(&said).ok_or_else(|| refused("what the file says of its colours did not come"))?;
    let (colours, alpha) = split(buffers.first().ok_or_else(|| refused("no picture came with the request"))?);
    let mask = buffers.get(1).map(Uint8Array::to_vec);
    // The browser may have its memory back while the net runs.
    drop(buffers);
    let mut picture = Picture::new(request.width, request.height, colours).map_err(refused)?;
    let task = task(request, mask)?;
    let transparency = Transparency::take(&mut picture, alpha, &task);
    let edit_request = EditRequest { picture, task, settings: settings(request, model) };
    let under_way = begin(request, edit_request, kept, model, state.on_gpu.get())?;
    let _helpers = helpers(state, &under_way);
    let count = || under_way.edit.using(|edit| (edit.done_steps(), edit.total_steps())).ok_or_else(ended);
    let (started, (first, _)) = (now(), count()?);
    let [mut previews, mut progress] = [PREVIEW_EVERY, PROGRESS_EVERY].map(|often| Pace::new(often, started));
    // What was evaluated here, and the time that it took.
    let (mut own, mut spent) = (0, 0.0);
    loop {
        let (before, (had, _)) = (now(), count()?);
        match under_way.edit.using(|edit| edit.step(model)).ok_or_else(ended)? {
            EditState::Finished => break,
            EditState::Read(tensor) => {
                let values = finite(values(tensor).await?)?;
                // Seen before it gets its detail, which may take longer than all before.
                show(&under_way, request.id, &values[..values.len().min(3 * model.config.size.pow(2))], &mut previews);
                under_way.edit.using(|edit| edit.accept(&values)).ok_or_else(ended)?.map_err(refused)?;
            }
            // Reading waits for the device: progress is what was computed, not what was queued.
            EditState::Running => look(&under_way, request.id, &mut previews).await?,
        }
        let (done, total) = count()?;
        (own, spent) = (own + done.saturating_sub(had), spent + now() - before);
        let pace = spent / own.max(1) as f64;
        if progress.is_due(now()) || done == total {
            let left = (now() - started) / done.saturating_sub(first).max(1) as f64 * total.saturating_sub(done) as f64;
            say(&FromWorker::Progress { id: request.id, done, total, pace, left }, &[]);
        }
        let_messages_in().await;
        if state.cancelled.get() {
            drop(rescue::end(&under_way));
            say(&FromWorker::Cancelled { id: request.id }, &[]);
            return Ok(());
        }
    }
    let edit = rescue::end(&under_way).ok_or_else(ended)?;
    finish(request, edit.into_result(), transparency, words, begun)
}

/// As many as the device, the run and the browser allow.
fn helpers(state: &State, run: &Rc<UnderWay>) -> Option<Helpers> {
    let windows = run.edit.using(|edit| edit.lendable())?;
    let count = if state.on_gpu.get() { 0 } else { state.workers.get().min(windows).saturating_sub(1) };
    let bytes = state.bytes.using(|bytes| bytes.clone()).filter(|model| count > 0 && model.bytes.length() <= LARGEST_SHARED)?;
    Some(Helpers::start(count, &bytes, run))
}

/// The device's end ended the run.
fn ended() -> Failure {
    refused("the run has ended already")
}

/// A new edit, or the one that was broken off.
fn begin(request: &RunRequest, edit: EditRequest, kept: Vec<Uint8Array>, model: &Model, on_gpu: bool) -> Result<Rc<UnderWay>, Failure> {
    let as_device_likes = |edit: Edit| edit.side_by_side(if on_gpu { SIDE_BY_SIDE } else { 1 }).with_detail(DETAIL);
    let Some(saved) = &request.resume else {
        let edit = Edit::new(edit, &model.config).map_err(refused)?;
        return Ok(rescue::begin(request.id, as_device_likes(edit), None));
    };
    let progress = rescue::unpack(saved, &kept).ok_or_else(|| refused("what was kept of the run did not arrive"))?;
    drop(kept);
    let memory = progress.run.clone();
    let edit = Edit::resume(edit, &model.config, progress, &model.device()).map_err(refused)?;
    Ok(rescue::begin(request.id, as_device_likes(edit), memory))
}

/// After a step: reads the sampler's memory and the estimate at once, keeps the one and shows the other.
async fn look(under_way: &UnderWay, id: u32, previews: &mut Pace) -> Result<(), Failure> {
    let (memory, preview) = under_way.edit.using(|edit| (edit.memory(), edit.preview())).ok_or_else(ended)?;
    let (Some(memory), Some(preview)) = (memory, preview) else { return Ok(()) };
    let flat = |tensor: &Tensor<4>| tensor.clone().reshape([tensor.shape().num_elements()]);
    let parts: Vec<Tensor<1>> = vec![flat(&memory.tensor), flat(&preview.tensor)];
    let mut kept = finite(values(Tensor::cat(parts, 0)).await?)?;
    let shown = kept.split_off(memory.tensor.shape().num_elements());
    under_way.remember(memory.with_values(kept));
    show(under_way, id, &shown, previews);
    Ok(())
}

/// Shows what the net makes of the first window under way, unless something was shown just now.
fn show(under_way: &UnderWay, id: u32, values: &[f32], previews: &mut Pace) {
    if !previews.is_due(now()) {
        return;
    }
    let made = under_way.edit.using(|edit| Some((edit.compose_preview(values)?, edit.preview()?.area)));
    if let Some((picture, area)) = made.flatten() {
        post_preview(id, &picture, area);
    }
}

/// Values that may be shown: of a device that fails silently, as some do when memory runs out, nothing is.
fn finite(values: Vec<f32>) -> Result<Vec<f32>, Failure> {
    match values.iter().filter(|value| !value.is_finite()).count() {
        0 => Ok(values),
        bad => Err(Failure::NotFinite { detail: EditError::NonFinite { bad, of: values.len() }.to_string() }),
    }
}

/// Says the result, as pixels and as a PNG file with what the picture's own file says of its colours.
fn finish(request: &RunRequest, result: Picture, transparency: Transparency, words: Words, begun: f64) -> Result<(), Failure> {
    let (width, height) = (result.width(), result.height());
    let [left, top, ..] = request.extend;
    let opaque = transparency.is_none();
    // Row by row into the browser's memory, which is given back; memory of this program never is.
    let rgba = Uint8Array::new_with_length((width * height * 4) as u32);
    let mut row = Vec::with_capacity(width * 4);
    let mut rows = transparency.rows(&result, (left, top));
    for start in (0..height).map(|y| (y * width * 4) as u32) {
        row.clear();
        rows.append_next(&mut row);
        rgba.subarray(start, start + row.len() as u32).copy_from(&row);
    }
    let (samples, colour) = match opaque {
        true => (Cow::Borrowed(result.pixels()), ExtendedColorType::Rgb8),
        false => (Cow::Owned(rgba.to_vec()), ExtendedColorType::Rgba8),
    };
    let png = file::png(&samples, (width, height), colour, words)?;
    let done = FromWorker::Done { id: request.id, width, height, milliseconds: now() - begun };
    say_with_file(&done, &[rgba], &png, FileKind::Png)
}

fn task(request: &RunRequest, mask: Option<Vec<u8>>) -> Result<Task, Failure> {
    Ok(match request.task {
        TaskKind::Inpaint => {
            let mask = mask.ok_or_else(|| refused("no mask came with the request"))?;
            let mut mask = Mask::new(request.width, request.height, mask).map_err(refused)?;
            mask.grow_and_close(request.grow);
            mask.feather(request.feather);
            Task::Inpaint { mask }
        }
        TaskKind::Uncrop => {
            let [left, top, right, bottom] = request.extend;
            Task::Uncrop(Border { left, top, right, bottom })
        }
        TaskKind::Colorize => {
            let dabs = request.hints.iter().map(|dab| (dab.colour, dab.path.as_slice()));
            Task::Colorize { hints: Hints::of_dabs(request.width, request.height, dabs) }
        }
        TaskKind::Restore => Task::Restore(Repair { strength: f32::from(request.strength) / 100.0, leave_clean: request.leave_clean }),
    })
}

fn post_preview(id: u32, picture: &Picture, area: infill::mask::Rect) {
    let rgba: Vec<u8> = picture.pixels().as_chunks::<3>().0.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]).collect();
    let place = [area.left as i64, area.top as i64, area.width as i64, area.height as i64];
    let message = FromWorker::Preview { id, place, width: picture.width(), height: picture.height() };
    say(&message, &[Uint8Array::from(rgba.as_slice())]);
}

/// RGBA into RGB and alpha, a stripe at a time, so that the whole picture is never here as both.
fn split(pixels: &Uint8Array) -> (Vec<u8>, Vec<u8>) {
    let (bytes, count) = (pixels.length(), pixels.length() as usize / 4);
    let (mut colours, mut alpha) = (Vec::with_capacity(3 * count), Vec::with_capacity(count));
    for start in (0..bytes).step_by(STRIPE as usize) {
        let stripe = pixels.subarray(start, bytes.min(start + STRIPE)).to_vec();
        for [red, green, blue, opacity] in stripe.as_chunks::<4>().0 {
            colours.extend_from_slice(&[*red, *green, *blue]);
            alpha.push(*opacity);
        }
    }
    (colours, alpha)
}
