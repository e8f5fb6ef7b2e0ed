//! One run: pixels in, steps with progress and previews, pixels and a PNG out.

use std::{borrow::Cow, cell::Cell};

use burn::tensor::Tensor;
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use infill::{
    denoiser::Model,
    edit::{Edit, EditRequest, EditState, EditTask},
    mask::Mask,
    picture::Picture,
    sampler::SamplerSettings,
    task::TaskKind,
};
use js_sys::Uint8Array;

use super::{let_messages_in, now, say};
use crate::message::{Failure, FromWorker, RunRequest};

/// Milliseconds between two previews.
const PREVIEW_EVERY: f64 = 200.0;

/// Bytes of RGBA that are taken from the browser's memory at a time.
const STRIPE: u32 = 1 << 20;

/// Carries out a run and posts everything about it but a failure.
pub async fn run(request: &RunRequest, buffers: Vec<Uint8Array>, model: &Model, cancelled: &Cell<bool>) -> Result<(), Failure> {
    let begun = now();
    let (colours, alpha) = split(buffers.first().ok_or_else(|| refused("no picture came with the request"))?);
    let mask = buffers.get(1).map(Uint8Array::to_vec);
    // The browser may have its memory back while the net runs.
    drop(buffers);
    let edit_request = EditRequest {
        picture: Picture::new(request.width, request.height, colours).map_err(refused)?,
        task: task(request, mask)?,
        settings: SamplerSettings { kind: request.sampler, steps: request.steps, seed: request.seed, ..SamplerSettings::default() },
    };
    let mut edit = Edit::new(edit_request, &model.config).map_err(refused)?;
    let mut previewed = f64::NEG_INFINITY;
    loop {
        match edit.step(model) {
            EditState::Finished => break,
            EditState::Read(tensor) => edit.accept(values(tensor).await?).map_err(refused)?,
            EditState::Running => {
                // Reading waits for the device: progress is what was computed, not what was queued.
                if let Some(preview) = edit.preview() {
                    let values = values(preview.tensor).await?;
                    if now() - previewed >= PREVIEW_EVERY {
                        previewed = now();
                        post_preview(request.id, &edit, &values, preview.area);
                    }
                }
            }
        }
        say(&FromWorker::Progress { id: request.id, done: edit.done_steps(), total: edit.total_steps() }, &[]);
        let_messages_in().await;
        if cancelled.get() {
            say(&FromWorker::Cancelled { id: request.id }, &[]);
            return Ok(());
        }
    }
    finish(request, edit.into_result(), &alpha, begun)
}

fn finish(request: &RunRequest, result: Picture, alpha: &[u8], begun: f64) -> Result<(), Failure> {
    let (width, height) = (result.width(), result.height());
    let [left, top, ..] = request.extend;
    let opaque = alpha.iter().all(|value| *value == 255);
    // Row by row into the browser's memory, which is given back; memory of this program never is.
    let rgba = Uint8Array::new_with_length((width * height * 4) as u32);
    let mut row = Vec::with_capacity(width * 4);
    for (y, colours) in result.pixels().chunks(width * 3).enumerate() {
        row.clear();
        for (x, colour) in colours.as_chunks::<3>().0.iter().enumerate() {
            let place = x.checked_sub(left).zip(y.checked_sub(top));
            let known = place.filter(|(x, y)| *x < request.width && *y < request.height);
            row.extend_from_slice(colour);
            row.push(known.map_or(255, |(x, y)| alpha[y * request.width + x]));
        }
        let start = (y * width * 4) as u32;
        rgba.subarray(start, start + row.len() as u32).copy_from(&row);
    }
    let mut png = Vec::new();
    let (samples, colour) = match opaque {
        true => (Cow::Borrowed(result.pixels()), ExtendedColorType::Rgb8),
        false => (Cow::Owned(rgba.to_vec()), ExtendedColorType::Rgba8),
    };
    PngEncoder::new(&mut png).write_image(&samples, width as u32, height as u32, colour).map_err(refused)?;
    let done = FromWorker::Done { id: request.id, width, height, milliseconds: now() - begun };
    say(&done, &[rgba, Uint8Array::from(png.as_slice())]);
    Ok(())
}

fn task(request: &RunRequest, mask: Option<Vec<u8>>) -> Result<EditTask, Failure> {
    Ok(match request.task {
        TaskKind::Inpaint => {
            let mask = mask.ok_or_else(|| refused("no mask came with the request"))?;
            EditTask::Inpaint { mask: Mask::new(request.width, request.height, mask).map_err(refused)? }
        }
        TaskKind::Uncrop => {
            let [left, top, right, bottom] = request.extend;
            EditTask::Uncrop { left, top, right, bottom }
        }
        TaskKind::Colorize => EditTask::Colorize,
        TaskKind::Restore => EditTask::Restore,
    })
}

fn post_preview(id: u32, edit: &Edit, values: &[f32], area: infill::mask::Rect) {
    if let Some(picture) = edit.compose_preview(values) {
        let rgba: Vec<u8> = picture.pixels().as_chunks::<3>().0.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]).collect();
        let place = [area.left as i64, area.top as i64, area.width as i64, area.height as i64];
        let message = FromWorker::Preview { id, place, width: picture.width(), height: picture.height() };
        say(&message, &[Uint8Array::from(rgba.as_slice())]);
    }
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

/// Brings a tensor's values home.
pub async fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Failure> {
    let lost = |detail: String| Failure::DeviceLost { detail };
    let data = tensor.into_data_async().await.map_err(|error| lost(format!("{error:?}")))?;
    data.convert::<f32>().try_to_vec().map_err(|error| lost(format!("{error:?}")))
}

fn refused(cause: impl std::fmt::Display) -> Failure {
    Failure::Request { detail: cause.to_string() }
}
