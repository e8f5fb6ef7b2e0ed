//! A picture on canvases of its own, on which rows are laid a few at a time.

use std::rc::Rc;

use infill::{
    mask::Rect,
    picture::{SATURATION, saturate},
};
use wasm_bindgen::JsValue;

use super::banded::Banded;
use crate::page::picture::Pixels;

/// Pixels that are put onto canvases at a time: about a millisecond.
pub const STRIPE: usize = 1 << 16;

/// The same where their saturation is changed first.
const SATURATED: usize = 1 << 15;

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

/// A picture on its canvases.
pub struct Sheet {
    /// The canvases, which show rows of what was there before where new ones are not laid yet.
    pub canvases: Banded,
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
        self.next < self.canvases.bands.size().1
    }

    /// Lays the next rows of what is wanted onto a sheet; whether anything changed.
    ///
    /// # Errors
    /// When the browser is out of memory.
    pub fn lay(sheet: &mut Option<Self>, wanted: Option<Wanted>) -> Result<bool, JsValue> {
        let Some(wanted) = wanted else { return Ok(sheet.take().is_some()) };
        let there = sheet.take().filter(|sheet| sheet.canvases.bands.size() == wanted.size);
        let (canvases, next) = match there {
            Some(sheet) if Rc::ptr_eq(&sheet.pixels, wanted.pixels) && sheet.saturation == wanted.saturation => {
                (sheet.canvases, sheet.next)
            }
            Some(sheet) => (sheet.canvases, 0),
            None => (Banded::new(wanted.size.0, wanted.size.1), 0),
        };
        let laid = sheet.insert(Self { canvases, pixels: wanted.pixels.clone(), saturation: wanted.saturation, next });
        let behind = laid.is_behind();
        if behind {
            laid.lay_rows()?;
        }
        Ok(behind)
    }

    fn lay_rows(&mut self) -> Result<(), JsValue> {
        let (width, height) = self.canvases.bands.size();
        let plain = self.saturation == SATURATION;
        let rows = (if plain { STRIPE } else { SATURATED } / width).max(1).min(height - self.next);
        let place = Rect { left: 0, top: self.next, width, height: rows };
        let pixels = &self.pixels[4 * width * self.next..4 * width * (self.next + rows)];
        if plain {
            self.canvases.put(pixels, place)?;
        } else {
            let mut pixels = pixels.to_vec();
            for [red, green, blue, _] in pixels.as_chunks_mut::<4>().0 {
                [*red, *green, *blue] = saturate([*red, *green, *blue], self.saturation);
            }
            self.canvases.put(&pixels, place)?;
        }
        self.next += rows;
        Ok(())
    }
}
