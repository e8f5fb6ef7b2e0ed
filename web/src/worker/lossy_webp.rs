//! Lossy WebP by the browser, which has the encoder; ours is lossless. Not every browser has one, and some falsify what pages read of
//! canvases: these write nothing here.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageData, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

const KIND: &str = "image/webp";

/// Side of the picture that is put on a canvas and read back, pixels.
const SIDE: u32 = 64;

/// A file of RGBA pixels, with nothing said beside them; none where this browser does not write one.
pub async fn encode(rgba: &[u8], (width, height): (usize, usize), quality: u8) -> Option<Vec<u8>> {
    if !is_honest().unwrap_or(false) {
        return None;
    }
    let canvas = drawn(rgba, width as u32, height as u32).ok()?.0;
    let options = ImageEncodeOptions::new();
    options.set_type(KIND);
    options.set_quality(f64::from(quality) / 100.0);
    let promise: Promise = canvas.convert_to_blob_with_options(&options).ok()?;
    let blob: Blob = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    if blob.type_() != KIND {
        return None;
    }
    let bytes = JsFuture::from(blob.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&bytes).to_vec())
}

fn drawn(rgba: &[u8], width: u32, height: u32) -> Result<(OffscreenCanvas, OffscreenCanvasRenderingContext2d), JsValue> {
    let canvas = OffscreenCanvas::new(width, height)?;
    let context = canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?.dyn_into::<OffscreenCanvasRenderingContext2d>()?;
    context.put_image_data(&ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height)?, 0.0, 0.0)?;
    Ok((canvas, context))
}

/// Whether what is read of a canvas is what was put there.
fn is_honest() -> Result<bool, JsValue> {
    let value = |place: u32| if place % 4 == 3 { 255 } else { (place.wrapping_mul(2_654_435_761) >> 24) as u8 };
    let written: Vec<u8> = (0..4 * SIDE * SIDE).map(value).collect();
    let (_, context) = drawn(&written, SIDE, SIDE)?;
    let read = context.get_image_data(0.0, 0.0, f64::from(SIDE), f64::from(SIDE))?.data().0;
    Ok(read == written)
}
