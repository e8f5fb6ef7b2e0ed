//! From files to bytes and from the sample to a file; and to pictures by the browser's own decoders, for what the worker does not know: upright, as sRGB, 8 bits,
//! as the browser lets a page read them.

use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageBitmap, ImageData};

use super::{canvases, wait};
use crate::{
    message::{LARGEST, Note},
    page::{
        bands::Bands,
        dom,
        handle::Handle,
        notice::Notice,
        opening,
        picture::{Metadata, Picture},
        sample,
    },
};

/// Levels by which browsers change what pages read so that people do not see it. More is no picture.
const NOISE: u8 = 4;

/// Decodes a picture file.
///
/// # Errors
/// Not a picture, too large, or one that the browser does not let pages see.
pub async fn decode(file: &Blob, handle: Handle, name: String) -> Result<Picture, Notice> {
    let not_a_picture = |_| Notice::NotAPicture { name: name.clone() };
    let promise: Promise = dom::window().create_image_bitmap_with_blob(file).map_err(not_a_picture)?;
    let bitmap: ImageBitmap = JsFuture::from(promise).await.map_err(not_a_picture)?.unchecked_into();
    let (width, height) = (bitmap.width() as usize, bitmap.height() as usize);
    if width.saturating_mul(height) > LARGEST {
        bitmap.close();
        return Err(Notice::TooLarge { width, height });
    }
    if !canvases::fit(width, height) {
        bitmap.close();
        return Err(Notice::NoCanvas { width, height });
    }
    let unreadable = |_: JsValue| Notice::Unreadable { name: name.clone() };
    let error = canvases::reading_error().map_err(unreadable)?;
    if error > NOISE {
        bitmap.close();
        return Err(Notice::Unreadable { name });
    }
    let pixels = read(&bitmap, width, height).await;
    bitmap.close();
    let mut notes = vec![Note::Converted];
    notes.extend((error > 0).then_some(Note::Inexact));
    let pixels = Rc::new(pixels.map_err(unreadable)?);
    Ok(Picture { name: opening::stem(&name), file: handle, width, height, pixels, metadata: Metadata::default(), notes })
}

/// Its pixels, read band by band, with a turn of the browser's loop between two: the page stands still meanwhile.
async fn read(bitmap: &ImageBitmap, width: usize, height: usize) -> Result<Vec<u8>, JsValue> {
    let rows = Bands::new(width, height).largest();
    let canvas = dom::new_canvas(width, rows);
    let context = dom::readable(&canvas)?;
    let mut pixels = Vec::with_capacity(4 * width * height);
    for top in (0..height).step_by(rows) {
        // Of transparent pixels nothing of the band before may be left.
        context.clear_rect(0.0, 0.0, width as f64, rows as f64);
        context.draw_image_with_image_bitmap(bitmap, 0.0, -(top as f64))?;
        let data = context.get_image_data(0.0, 0.0, width as f64, rows.min(height - top) as f64)?;
        pixels.extend_from_slice(&data.data());
        wait::milliseconds(0).await;
    }
    // Its memory is given back now, not when the browser gets to it.
    canvas.set_width(0);
    Ok(pixels)
}

/// The picture that comes with the page, as a PNG file.
///
/// # Errors
/// When the browser has no memory for it.
pub async fn sample() -> Result<Blob, JsValue> {
    let (width, height) = sample::SIZE;
    let canvas = dom::new_canvas(width, height);
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&sample::pixels()), width as u32, height as u32)?;
    dom::readable(&canvas)?.put_image_data(&data, 0.0, 0.0)?;
    let file = Promise::new(&mut |resolve, refuse| {
        if let Err(error) = canvas.to_blob(&resolve) {
            let _ = refuse.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(file).await?.dyn_into()
}

/// A file's bytes. A file that cannot be read is empty, and the worker says what it thinks of that.
pub async fn bytes(file: &Blob) -> Uint8Array {
    let buffer = JsFuture::from(file.array_buffer()).await;
    buffer.map_or_else(|_| Uint8Array::new(&JsValue::NULL), |buffer| Uint8Array::new(&buffer))
}

/// Gives the file at an address to the visitor.
pub fn save(address: &str, name: &str) {
    let Ok(link) = dom::document().create_element("a") else { return };
    let _ = link.set_attribute("href", address);
    let _ = link.set_attribute("download", name);
    link.unchecked_into::<web_sys::HtmlElement>().click();
}
