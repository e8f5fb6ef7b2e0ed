//! What this browser's canvases can do: some leave large ones empty, some give back other pixels than were put there. Both is
//! found out by trying, because no browser says so.

use wasm_bindgen::{Clamped, JsValue};
use web_sys::ImageData;

use crate::page::{bands::Bands, dom};

/// Side of the picture that is put on a canvas and read back, pixels.
const SIDE: u32 = 64;

/// Whether canvases as large as those of a picture of this size show what is drawn on them, as far as their last pixel.
pub fn fit(width: usize, height: usize) -> bool {
    let height = Bands::new(width, height).largest();
    let canvas = dom::new_canvas(width, height);
    let last = (width.saturating_sub(1) as f64, height.saturating_sub(1) as f64);
    let drawn = dom::readable(&canvas).and_then(|context| {
        context.set_fill_style_str("#ffffff");
        context.fill_rect(last.0, last.1, 1.0, 1.0);
        context.get_image_data(last.0, last.1, 1.0, 1.0)
    });
    // Its memory is given back now, not when the browser gets to it.
    canvas.set_width(0);
    drawn.is_ok_and(|drawn| drawn.data().last().is_some_and(|opacity| *opacity > 127))
}

/// How far what is read of a canvas is from what was put there, in levels of 255.
///
/// # Errors
/// When nothing can be read at all.
pub fn reading_error() -> Result<u8, JsValue> {
    let value = |place: u32| if place % 4 == 3 { 255 } else { (place.wrapping_mul(2_654_435_761) >> 24) as u8 };
    let written: Vec<u8> = (0..4 * SIDE * SIDE).map(value).collect();
    let canvas = dom::new_canvas(SIDE as usize, SIDE as usize);
    let context = dom::readable(&canvas)?;
    context.put_image_data(&ImageData::new_with_u8_clamped_array_and_sh(Clamped(&written), SIDE, SIDE)?, 0.0, 0.0)?;
    let read = context.get_image_data(0.0, 0.0, f64::from(SIDE), f64::from(SIDE))?.data().0;
    Ok(written.iter().zip(&read).map(|(written, read)| written.abs_diff(*read)).max().unwrap_or(0))
}
