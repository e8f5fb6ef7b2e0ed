//! A picture on canvases, one for each of its bands.

use infill::mask::Rect;
use wasm_bindgen::{Clamped, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::page::{bands::Bands, dom};

/// The canvases.
pub struct Banded {
    /// What each of them shows.
    pub bands: Bands,
    /// Made when something is put there.
    canvases: Vec<Option<HtmlCanvasElement>>,
}

impl Banded {
    /// Nothing is on them.
    pub fn new(width: usize, height: usize) -> Self {
        let bands = Bands::new(width, height);
        Self { bands, canvases: vec![None; bands.count()] }
    }

    /// Puts RGBA pixels into a place.
    ///
    /// # Errors
    /// When the browser is out of memory.
    pub fn put(&mut self, pixels: &[u8], place: Rect) -> Result<(), JsValue> {
        for (band, canvas) in self.canvases.iter_mut().enumerate() {
            let (top, bottom) = self.bands.shown(band);
            let (from, to) = (top.max(place.top), bottom.min(place.bottom()));
            if from < to {
                let canvas = canvas.get_or_insert_with(|| dom::new_canvas(self.bands.size().0, bottom - top));
                let pixels = &pixels[4 * place.width * (from - place.top)..4 * place.width * (to - place.top)];
                put(canvas, pixels, (place.width, to - from), (place.left, from - top))?;
            }
        }
        Ok(())
    }

    /// Draws them into a rectangle (x, y, width, height) of a canvas in whose pixels it is, as far as its `end`.
    pub fn draw(&self, context: &CanvasRenderingContext2d, [x, y, width, height]: [f64; 4], end: f64) {
        for (band, canvas) in self.canvases.iter().enumerate() {
            let (Some(canvas), Some(piece)) = (canvas, self.bands.piece(band, y, height, end)) else { continue };
            let ([from, to], [top, bottom]) = (piece.rows, piece.edges);
            // What is shown is not worth a failure: the next frame may have the memory.
            let _ = context.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                canvas,
                0.0,
                from,
                self.bands.size().0 as f64,
                to - from,
                x,
                top,
                width,
                bottom - top,
            );
        }
    }
}

/// Puts RGBA pixels of a size onto a canvas.
///
/// # Errors
/// When the browser is out of memory.
pub fn put(canvas: &HtmlCanvasElement, pixels: &[u8], (width, height): (usize, usize), at: (usize, usize)) -> Result<(), JsValue> {
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width as u32, height as u32)?;
    dom::readable(canvas)?.put_image_data(&data, at.0 as f64, at.1 as f64)
}
