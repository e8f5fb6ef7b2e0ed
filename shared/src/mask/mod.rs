//! `Mask`: what is to be filled of a picture, as coverage from 0 (known) to 255 (to be filled). It is
//! drawn by `raster`, the one rasteriser of training and canvas, at random by `random`, found from one pixel by `similar`, kept in little room by `packed`, and read from a file's pixels by `reading`.

mod coverage;
mod distance;
mod packed;
mod random;
mod raster;
mod reading;
mod rect;
mod similar;

pub use coverage::{Mask, MaskError, THRESHOLD};
pub use packed::Packed;
pub use random::{blob, free_form, free_form_within, rectangles};
pub use raster::Shape;
pub use reading::{MaskDoubt, MaskReading, MaskReadingError, read};
pub use rect::Rect;
pub use similar::Similar;

#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod tests;
