//! From files to pictures, by the browser's own decoders: upright, as sRGB, 8 bits; and to bytes.

use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ImageBitmap};

use crate::page::{document::Picture, dom, notice::Notice};

/// Pixels that a tab takes: at 24 megapixels page and worker together hold about 1.2 GB at their peak.
const PIXEL_LIMIT: usize = 25_000_000;

/// Decodes a picture file.
///
/// # Errors
/// Not a picture, or too large.
pub async fn decode(file: &File, name: String) -> Result<Picture, Notice> {
    let unreadable = |_| Notice::NotAPicture { name: name.clone() };
    let promise: Promise = dom::window().create_image_bitmap_with_blob(file).map_err(unreadable)?;
    let bitmap: ImageBitmap = JsFuture::from(promise).await.map_err(unreadable)?.unchecked_into();
    let (width, height) = (bitmap.width() as usize, bitmap.height() as usize);
    if width.saturating_mul(height) > PIXEL_LIMIT {
        bitmap.close();
        return Err(Notice::TooLarge { width, height, limit: PIXEL_LIMIT });
    }
    let canvas = dom::new_canvas(width, height);
    let context = dom::context(&canvas);
    context.draw_image_with_image_bitmap(&bitmap, 0.0, 0.0).map_err(unreadable)?;
    bitmap.close();
    let data = context.get_image_data(0.0, 0.0, width as f64, height as f64).map_err(unreadable)?;
    // Its memory is given back now, not when the browser gets to it.
    canvas.set_width(0);
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let stem = if stem.is_empty() { "picture" } else { stem };
    Ok(Picture { name: stem.to_owned(), width, height, pixels: Rc::new(data.data().0) })
}

/// A file's bytes. A file that cannot be read is empty, and the worker says what it thinks of that.
pub async fn bytes(file: &File) -> Uint8Array {
    let buffer = JsFuture::from(file.array_buffer()).await;
    buffer.map_or_else(|_| Uint8Array::new(&JsValue::NULL), |buffer| Uint8Array::new(&buffer))
}
