//! A picture on a canvas of its own, of which each frame lays as many rows as it has time for.

use std::rc::Rc;

use infill::picture::{SATURATION, saturate};
use wasm_bindgen::{Clamped, JsValue};
use web_sys::{HtmlCanvasElement, ImageData};

use crate::page::{dom, picture::Pixels};

/// Pixels that are put onto a canvas in one frame: more would stop the page.
pub const STRIPE: usize = 1 << 21;

/// The same of pixels whose saturation is changed first.
const SATURATED: usize = 1 << 19;

/// What is to be seen.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// RGBA, row by row.
    pub pixels: &'a Pixels,
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// Percent.
    pub saturation: u16,
}

/// A picture on its canvas.
pub struct Sheet {
    /// The canvas, which shows rows of what was there before where new ones are not laid yet.
    pub canvas: HtmlCanvasElement,
    pixels: Pixels,
    saturation: u16,
    /// The first row that is not laid yet.
    next: usize,
}

impl Sheet {
    /// Whether these pixels are on it, all of them and as they are.
    pub fn shows(&self, pixels: &Pixels) -> bool {
        Rc::ptr_eq(&self.pixels, pixels) && self.saturation == SATURATION && !self.is_behind()
    }

    /// Whether rows are waiting.
    pub fn is_behind(&self) -> bool {
        self.next < self.canvas.height() as usize
    }

    /// Lays the next rows of what is wanted onto a sheet; whether anything changed.
    ///
    /// # Errors
    /// When the browser is out of memory.
    pub fn lay(sheet: &mut Option<Self>, wanted: Option<Wanted>) -> Result<bool, JsValue> {
        let Some(wanted) = wanted else { return Ok(sheet.take().is_some()) };
        let there =
            sheet.take().filter(|sheet| sheet.canvas.width() as usize == wanted.size.0 && sheet.canvas.height() as usize == wanted.size.1);
        let (canvas, next) = match there {
            Some(sheet) if Rc::ptr_eq(&sheet.pixels, wanted.pixels) && sheet.saturation == wanted.saturation => (sheet.canvas, sheet.next),
            Some(sheet) => (sheet.canvas, 0),
            None => (dom::new_canvas(wanted.size.0, wanted.size.1), 0),
        };
        let laid = sheet.insert(Self { canvas, pixels: wanted.pixels.clone(), saturation: wanted.saturation, next });
        let behind = laid.is_behind();
        if behind {
            laid.lay_rows()?;
        }
        Ok(behind)
    }

    fn lay_rows(&mut self) -> Result<(), JsValue> {
        let (width, height) = (self.canvas.width() as usize, self.canvas.height() as usize);
        let plain = self.saturation == SATURATION;
        let rows = (if plain { STRIPE } else { SATURATED } / width).max(1).min(height - self.next);
        let pixels = &self.pixels[4 * width * self.next..4 * width * (self.next + rows)];
        if plain {
            put(&self.canvas, pixels, width, rows, (0, self.next))?;
        } else {
            let mut pixels = pixels.to_vec();
            for [red, green, blue, _] in pixels.as_chunks_mut::<4>().0 {
                [*red, *green, *blue] = saturate([*red, *green, *blue], self.saturation);
            }
            put(&self.canvas, &pixels, width, rows, (0, self.next))?;
        }
        self.next += rows;
        Ok(())
    }
}

/// Puts RGBA pixels onto a canvas.
///
/// # Errors
/// When the browser is out of memory.
pub fn put(canvas: &HtmlCanvasElement, pixels: &[u8], width: usize, height: usize, at: (usize, usize)) -> Result<(), JsValue> {
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width as u32, height as u32)?;
    dom::context(canvas)?.put_image_data(&data, at.0 as f64, at.1 as f64)
}
