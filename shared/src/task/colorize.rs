//! Colorization: the net is shown luma, three times.

use crate::picture::Picture;

/// Rec.601 luma in three channels, `[3, height, width]` in [−1, 1], rounded to 8 bits as in a grey
/// picture from a file, so that both look the same to the net.
pub fn condition(picture: &Picture) -> Vec<f32> {
    picture.grey().to_planes()
}
