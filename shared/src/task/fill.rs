//! Filling what is missing, inside a picture or around it: window after window, each seeing what the
//! earlier ones made. Nothing but the missing pixels is ever written.

use rand_chacha::ChaCha8Rng;

use super::{
    window::{Enlarged, Planned, Window},
    work::{Net, Prepared, Traces, Work},
};
use crate::{
    completion::{Hole, Lead},
    config::HoleCondition,
    mask::{Mask, Rect},
    noise,
    picture::{Picture, blend, blend_value, smooth_fill, spread, to_unit},
};

/// Replaces the missing part of `[3, height, width]` by what the net is shown there.
pub fn show(hole: HoleCondition, planes: &mut [f32], width: usize, missing: &[bool], rng: &mut ChaCha8Rng) {
    match hole {
        HoleCondition::Noise => {
            let noise = noise::gaussian(rng, planes.len());
            for (place, value) in planes.iter_mut().enumerate().filter(|(place, _)| missing[place % missing.len()]) {
                *value = noise[place];
            }
        }
        HoleCondition::Smooth => smooth_fill(planes, width, missing),
    }
}

/// A task's guess: fills what is missing of `[3, height, width]`, whose width is the second argument, without a net.
pub type Guess = fn(&mut [f32], usize, &[bool]);

/// A picture with holes, and the windows that fill them.
#[derive(Debug)]
pub struct Fill {
    picture: Picture,
    /// Coverage of what is still to be filled.
    remaining: Mask,
    /// What was to be filled.
    mask: Mask,
    /// The pixels that it covers in part, each with its place, as they were: they are blended into.
    partly: Vec<(usize, [u8; 3])>,
    windows: Vec<Planned>,
    net: Net,
    guess: Guess,
    lead: Lead,
}

impl Fill {
    /// Fills what remains of a picture in these windows, in their order; detail that comes after it is led so far.
    pub fn new(picture: Picture, remaining: Mask, windows: Vec<Planned>, net: Net, guess: Guess, lead: Lead) -> Self {
        let partly = remaining.values().iter().enumerate().filter(|(_, coverage)| (1..255).contains(*coverage));
        let pixel = |place: usize| picture.get(place % picture.width(), place / picture.width());
        let partly = partly.map(|(place, _)| (place, pixel(place))).collect();
        Self { mask: remaining.clone(), partly, picture, remaining, windows, net, guess, lead }
    }

    /// A window's answer without the known colours in it, `[3, size, size]`: what was made goes on over them. With them, its rim would always
    /// look as the picture's does, even where what it makes inside is all darker.
    fn alone(&self, window: &Window, values: &[f32]) -> Vec<f32> {
        let (_, missing) = self.shrink(window);
        let known: Vec<bool> = missing.iter().map(|value| *value < 0.5).collect();
        let mut values = values.to_vec();
        if known.contains(&false) {
            values.chunks_exact_mut(known.len()).for_each(|plane| spread(plane, self.net.size, &known));
        }
        values
    }

    /// What a colour of an enlarged answer lacks, pixel by pixel of an area: on the rim of what is still to be filled the difference to what is
    /// known there, and inside what that spreads to. An answer of a few pixels is enlarged to many, so that its own rim never meets the
    /// picture's; joined like this it keeps what it says of the inside.
    fn lack(&self, area: &Rect, enlarged: &Enlarged, top: isize, channel: usize, missing: &[bool]) -> Vec<f32> {
        let mut lack = Vec::with_capacity(missing.len());
        let mut line = vec![0.0; enlarged.length()];
        for y in area.top..area.bottom() {
            enlarged.row((y as isize - top) as usize, &mut line);
            for (x, made) in (area.left..area.right()).zip(line.chunks_exact(3)) {
                lack.push(to_unit(self.picture.get(x, y)[channel]) - made[channel]);
            }
        }
        spread(&mut lack, area.width, missing);
        lack
    }

    fn dimensions(&self) -> (usize, usize) {
        (self.picture.width(), self.picture.height())
    }

    /// The window at the net's size: known colours `[3, size, size]` and what is missing, 1 or 0.
    ///
    /// Pixels that the mask touches do not count for the known colours, so that what is to be removed does not shine
    /// through. A pixel of the net's is missing where they cover more than half of it.
    fn shrink(&self, window: &Window) -> (Vec<f32>, Vec<f32>) {
        let shrunk = window.shrink(self.dimensions(), self.net.size, 4, |x, y, values| {
            if self.remaining.coverage(x, y) > 0 {
                values.fill(0.0);
            } else {
                let [red, green, blue] = self.picture.get(x, y).map(f32::from);
                values.copy_from_slice(&[red, green, blue, 1.0]);
            }
        });
        let area = self.net.size * self.net.size;
        let (mut known, mut missing) = (vec![0.0; 3 * area], vec![0.0; area]);
        for (place, values) in shrunk.chunks_exact(4).enumerate() {
            if values[3] < 0.5 {
                missing[place] = 1.0;
            } else {
                for channel in 0..3 {
                    known[channel * area + place] = values[channel] / values[3] / 127.5 - 1.0;
                }
            }
        }
        (known, missing)
    }
}

impl Work for Fill {
    fn windows(&self) -> usize {
        self.windows.len()
    }

    fn window(&self, index: usize) -> Window {
        self.windows[index].window
    }

    fn prepare(&self, index: usize, random: &mut ChaCha8Rng) -> Prepared {
        let (known, missing) = self.shrink(&self.windows[index].window);
        let is_missing: Vec<bool> = missing.iter().map(|value| *value > 0.5).collect();
        let mut condition = known.clone();
        show(self.net.hole, &mut condition, self.net.size, &is_missing, random);
        let guess = self.net.guess.then(|| {
            let mut guess = known.clone();
            (self.guess)(&mut guess, self.net.size, &is_missing);
            guess
        });
        Prepared { condition, known: Some((known, missing)), guess }
    }

    fn net_size(&self) -> usize {
        self.net.size
    }

    fn accept(&mut self, index: usize, values: &[f32]) {
        let Planned { window, keep } = self.windows[index];
        let area = keep.grown(1).within(&window.area(self.dimensions()));
        let columns = (area.left as isize - window.left) as usize;
        let side = (window.side, window.side);
        let enlarged = Enlarged::new(&self.alone(&window, values), (self.net.size, self.net.size), side, columns..columns + area.width);
        let mut line = vec![0.0; enlarged.length()];
        let missing: Vec<bool> =
            (area.top..area.bottom()).flat_map(|y| &self.remaining.row(y)[area.left..area.right()]).map(|coverage| *coverage > 0).collect();
        // A colour after the other: what one lacks takes four bytes a pixel.
        for channel in 0..3 {
            let lack = self.lack(&area, &enlarged, window.top, channel, &missing);
            for (y, lack) in
                (area.top..area.bottom()).zip(lack.chunks_exact(area.width)).filter(|(y, _)| (keep.top..keep.bottom()).contains(y))
            {
                enlarged.row((y as isize - window.top) as usize, &mut line);
                let coverages = &self.remaining.row(y)[keep.left..keep.right()];
                let pixels = self.picture.row_mut(y)[3 * keep.left..3 * keep.right()].chunks_exact_mut(3);
                let joined = line.chunks_exact(3).zip(lack).map(|(made, lack)| made[channel] + lack).skip(keep.left - area.left);
                for ((coverage, pixel), joined) in coverages.iter().zip(pixels).zip(joined).filter(|((coverage, _), _)| **coverage > 0) {
                    pixel[channel] = blend_value(pixel[channel], joined, *coverage);
                }
            }
        }
        for y in keep.top..keep.bottom() {
            self.remaining.row_mut(y)[keep.left..keep.right()].fill(0);
        }
    }

    fn traces(&self, done: usize) -> Traces {
        let pixels = if done == 0 { Vec::new() } else { self.picture.pixels().to_vec() };
        Traces { pixels, sums: Vec::new() }
    }

    fn resume(&mut self, done: usize, traces: Traces) -> bool {
        if done > 0 {
            let (width, height) = self.dimensions();
            let Ok(picture) = Picture::new(width, height, traces.pixels) else { return false };
            self.picture = picture;
        }
        for planned in &self.windows[..done] {
            let keep = planned.keep;
            for y in keep.top..keep.bottom() {
                self.remaining.row_mut(y)[keep.left..keep.right()].fill(0);
            }
        }
        true
    }

    fn mix(&self, x: usize, y: usize, generated: [f32; 3]) -> [u8; 3] {
        blend(self.picture.get(x, y), generated, self.remaining.coverage(x, y))
    }

    fn hole(&self) -> Option<Hole<'_>> {
        let side = self.windows.iter().map(|planned| planned.window.side).max()?;
        let scale = side as f32 / self.net.size as f32;
        Some(Hole { picture: &self.picture, mask: &self.mask, partly: &self.partly, scale, lead: self.lead, seed: 0 })
    }

    fn picture(&self) -> &Picture {
        &self.picture
    }

    fn into_picture(self: Box<Self>) -> Picture {
        self.picture
    }
}
