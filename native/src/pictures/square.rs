//! The square that a net is shown of a picture of any shape.

use infill::picture::Picture;

/// The largest centred square of a picture, at `size` × `size`.
pub fn centre_square(picture: &Picture, size: usize) -> Picture {
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    picture.crop(left, top, side, side).resize(size, size)
}
