//! From a file to a document, by the browser's own decoders: upright, as sRGB, 8 bits.

use js_sys::Promise;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ImageBitmap};

use super::{
    document::Document,
    dom,
    words::{self, Advice},
};

/// Pixels that a tab takes: at 24 megapixels page and worker together hold about 1.2 GB at their peak.
const PIXEL_LIMIT: usize = 25_000_000;

/// Decodes a picture file.
///
/// # Errors
/// In the page's words: not a picture, or too large.
pub async fn open(file: &File) -> Result<Document, Advice> {
    let name = file.name();
    let unreadable = |_| words::not_a_picture(&name);
    let promise: Promise = dom::window().create_image_bitmap_with_blob(file).map_err(unreadable)?;
    let bitmap: ImageBitmap = JsFuture::from(promise).await.map_err(unreadable)?.unchecked_into();
    let (width, height) = (bitmap.width(), bitmap.height());
    if (width as usize).saturating_mul(height as usize) > PIXEL_LIMIT {
        bitmap.close();
        return Err(words::too_large(width, height, PIXEL_LIMIT));
    }
    let canvas = dom::new_canvas(width as usize, height as usize);
    let context = dom::context(&canvas);
    context.draw_image_with_image_bitmap(&bitmap, 0.0, 0.0).map_err(unreadable)?;
    bitmap.close();
    let data = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height)).map_err(unreadable)?;
    // Its memory is given back now, not when the browser gets to it.
    canvas.set_width(0);
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let stem = if stem.is_empty() { "picture" } else { stem };
    Document::new(stem.to_owned(), width as usize, height as usize, data.data().0).map_err(unreadable)
}
