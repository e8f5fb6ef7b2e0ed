//! `Mask`: what is to be filled of a picture, as coverage from 0 (known) to 255 (to be filled). It is
//! drawn by `raster`, the one rasteriser of training and canvas, and at random by `random`.

mod coverage;
mod distance;
mod random;
mod raster;
mod rect;

pub use coverage::{Mask, MaskError, THRESHOLD};
pub use random::{free_form, free_form_within, rectangles};
pub use raster::Shape;
pub use rect::Rect;

#[cfg(test)]
mod tests;
