//! What a person sees while an edit runs: the net's current estimate in its place, at a bounded size.

use burn::tensor::Tensor;

use super::machine::Edit;
use crate::{mask::Rect, picture::Picture};

/// Longest side of a preview, in pixels.
const LONGEST: usize = 512;

/// The clean picture as the net currently sees it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// `[1, 3, size, size]`; its values, read by the caller, go to [`Edit::compose_preview`].
    pub tensor: Tensor<4>,
    /// Where the composed preview sits on the result; it may be smaller than that, and is to be
    /// stretched to it.
    pub area: Rect,
}

impl Edit {
    /// The current estimate, once there is one.
    pub fn preview(&self) -> Option<Preview> {
        let (first, run) = self.run.as_ref()?;
        // Of windows that run at a time the first is shown.
        let tensor = run.sampler.estimate()?.narrow(0, 0, 1);
        Some(Preview { tensor, area: self.work.window(*first).area(self.output_size()) })
    }

    /// The preview's picture from the values of its tensor: what is kept of the picture, and the
    /// estimate for the rest, at most 512 pixels a side. `None` when nothing runs any more, or the values are not
    /// a preview's.
    pub fn compose_preview(&self, values: &[f32]) -> Option<Picture> {
        let (first, _) = self.run.as_ref()?;
        let plane = self.size * self.size;
        if values.len() != 3 * plane {
            return None;
        }
        let window = self.work.window(*first);
        let area = window.area(self.output_size());
        let longest = area.width.max(area.height);
        let scaled = |length: usize| (length * LONGEST.min(longest) / longest).max(1);
        let (width, height) = (scaled(area.width), scaled(area.height));
        let mut pixels = Vec::with_capacity(3 * width * height);
        for row in 0..height {
            let y = area.top + (2 * row + 1) * area.height / (2 * height);
            let down = self.net_place(y as isize - window.top, window.side);
            for column in 0..width {
                let x = area.left + (2 * column + 1) * area.width / (2 * width);
                let across = self.net_place(x as isize - window.left, window.side);
                let generated = [0, 1, 2].map(|channel| {
                    let at = |x: usize, y: usize| values[channel * plane + y * self.size + x];
                    let upper = mix(at(across.0, down.0), at(across.1, down.0), across.2);
                    let lower = mix(at(across.0, down.1), at(across.1, down.1), across.2);
                    mix(upper, lower, down.2)
                });
                pixels.extend(self.work.mix(x, y, generated));
            }
        }
        Picture::new(width, height, pixels).ok()
    }

    /// The net's two pixels on either side of a window's pixel, and how far it is to the second.
    fn net_place(&self, place: isize, side: usize) -> (usize, usize, f32) {
        let exact = ((place as f32 + 0.5) * self.size as f32 / side as f32 - 0.5).clamp(0.0, self.size as f32 - 1.0);
        let before = exact.floor() as usize;
        (before, (before + 1).min(self.size - 1), exact.fract())
    }
}

fn mix(first: f32, second: f32, part: f32) -> f32 {
    first + part * (second - first)
}
