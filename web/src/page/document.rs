//! The picture being edited, with its mask, as canvases that can be drawn and pixels that can be sent.

use infill::mask::{Mask, Rect};
use js_sys::Uint8Array;
use wasm_bindgen::{Clamped, JsValue};
use web_sys::{HtmlCanvasElement, ImageData};

use super::{dom, history::History};

/// Colour and strength of the mask's overlay.
const OVERLAY: [u8; 3] = [236, 72, 112];
const STRENGTH: u16 = 150;

/// A picture and what is marked on it.
pub struct Document {
    /// File name without its ending.
    pub name: String,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// RGBA, row by row, as the browser decoded it.
    pub pixels: Vec<u8>,
    /// The picture to be drawn.
    pub picture: HtmlCanvasElement,
    /// What is to be filled.
    pub mask: Mask,
    /// The mask to be drawn.
    pub overlay: HtmlCanvasElement,
    /// Strokes that can be undone.
    pub history: History,
    /// Pixels to add: left, top, right, bottom.
    pub extend: [usize; 4],
}

impl Document {
    /// With an empty mask.
    ///
    /// # Errors
    /// When the browser cannot make canvases of this size.
    pub fn new(name: String, width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, JsValue> {
        let picture = dom::new_canvas(width, height);
        put(&picture, &pixels, width, height, (0, 0))?;
        let overlay = dom::new_canvas(width, height);
        let (mask, history) = (Mask::empty(width, height), History::default());
        Ok(Self { name, width, height, pixels, picture, mask, overlay, history, extend: [0; 4] })
    }

    /// Draws the mask's overlay anew in a rectangle, or everywhere.
    pub fn refresh_overlay(&self, place: Option<Rect>) {
        let place = place.unwrap_or(Rect { left: 0, top: 0, width: self.width, height: self.height });
        if place.width == 0 || place.height == 0 {
            return;
        }
        let [red, green, blue] = OVERLAY;
        let part = self.mask.crop(place.left, place.top, place.width, place.height);
        let colour = |value: &u8| [red, green, blue, (u16::from(*value) * STRENGTH / 255) as u8];
        let pixels: Vec<u8> = part.values().iter().flat_map(colour).collect();
        // The canvas exists and the rectangle lies on it.
        let _ = put(&self.overlay, &pixels, place.width, place.height, (place.left, place.top));
    }

    /// Changes the mask as one step that can be undone.
    pub fn change(&mut self, change: impl FnOnce(&mut Mask)) {
        let before = self.mask.clone();
        change(&mut self.mask);
        if let Some(place) = self.history.push(&before, &self.mask) {
            self.refresh_overlay(Some(place));
        }
    }

    /// The frame with what is added, as x, y, width, height on the picture.
    pub fn frame(&self) -> [f64; 4] {
        let [left, top, right, bottom] = self.extend.map(|side| side as f64);
        [-left, -top, self.width as f64 + left + right, self.height as f64 + top + bottom]
    }
}

/// A finished run.
pub struct ResultPicture {
    /// What to draw.
    pub canvas: HtmlCanvasElement,
    /// RGBA, row by row.
    pub pixels: Vec<u8>,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Where the picture before lies on it.
    pub origin: (usize, usize),
    /// Address of the PNG file, released on drop.
    pub file: FileAddress,
}

impl ResultPicture {
    /// From the worker's pixels and PNG.
    ///
    /// # Errors
    /// When the browser cannot make a canvas or a file of it.
    pub fn new(width: usize, height: usize, origin: (usize, usize), rgba: &Uint8Array, png: &Uint8Array) -> Result<Self, JsValue> {
        let pixels = rgba.to_vec();
        let canvas = dom::new_canvas(width, height);
        put(&canvas, &pixels, width, height, (0, 0))?;
        Ok(Self { canvas, pixels, width, height, origin, file: FileAddress::new(png)? })
    }
}

/// A file held in memory under an address of the page.
pub struct FileAddress(pub String);

impl FileAddress {
    fn new(bytes: &Uint8Array) -> Result<Self, JsValue> {
        let options = web_sys::BlobPropertyBag::new();
        options.set_type("image/png");
        let blob = web_sys::Blob::new_with_u8_array_sequence_and_options(&js_sys::Array::of1(bytes), &options)?;
        web_sys::Url::create_object_url_with_blob(&blob).map(Self)
    }
}

impl Drop for FileAddress {
    fn drop(&mut self) {
        let _ = web_sys::Url::revoke_object_url(&self.0);
    }
}

/// Puts RGBA pixels onto a canvas.
///
/// # Errors
/// When their number does not fit the size, or the browser is out of memory.
pub fn put(canvas: &HtmlCanvasElement, pixels: &[u8], width: usize, height: usize, at: (usize, usize)) -> Result<(), JsValue> {
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width as u32, height as u32)?;
    dom::context(canvas).put_image_data(&data, at.0 as f64, at.1 as f64)
}
