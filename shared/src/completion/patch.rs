//! `Patch`: what a patch of the hole looks like so far, and what a source in its place would cost.

use super::plane::{Plane, ROW, SIDE, Source};

/// Values of the guide that a patch is compared by: three by three pixels.
const GUIDED: usize = 27;

/// How much a source's own detail is preferred over none, as a share of its mean square. A smooth patch is a better
/// guess, by squares, than any texture that is not the very same: without this, texture is lost. More detail than the known
/// surroundings have is not preferred, or a hole in a clear sky gets what the picture has of texture elsewhere.
const DETAIL: f32 = 0.6;

/// A patch to be matched.
pub struct Patch {
    values: [i16; SIDE * ROW],
    weights: [i16; SIDE * ROW],
    /// One over the sum of the weights.
    share: f32,
    guide: [i16; GUIDED],
    guidance: f32,
    /// The detail that the surroundings have.
    expected: f32,
}

impl Patch {
    /// The patch around a pixel. `weights` say how much each pixel counts, 0 to 127 (products must fit 16 bits), and have the
    /// plane's room around them, `guidance` how much a difference to the guide does.
    pub fn new(plane: &Plane, weights: &[u8], x: usize, y: usize, guidance: f32) -> Self {
        let expected = plane.expected_detail(x, y);
        let mut patch = Self { values: [0; SIDE * ROW], weights: [0; SIDE * ROW], share: 0.0, guide: [0; GUIDED], guidance, expected };
        let (start, stride) = (plane.patch_start(x, y), plane.stride());
        let mut sum = 0i32;
        for row in 0..SIDE {
            let from = start + row * stride;
            let bytes = &plane.rgb()[from..][..ROW];
            let weights = &weights[from / 3..][..SIDE];
            sum += weights.iter().map(|weight| i32::from(*weight)).sum::<i32>();
            let values = &mut patch.values[row * ROW..][..ROW];
            values.iter_mut().zip(bytes).for_each(|(value, byte)| *value = i16::from(*byte));
            // The pixel more has no weight.
            for (thrice, weight) in patch.weights[row * ROW..][..3 * SIDE].chunks_exact_mut(3).zip(weights) {
                thrice.fill(i16::from(*weight));
            }
        }
        patch.share = 1.0 / sum.max(1) as f32;
        if guidance > 0.0 {
            patch.guide = guide(plane, start);
        }
        patch
    }

    /// Mean square difference a pixel, three channels summed, and the guide's, less the source's detail; something not below
    /// `best` where it is not below it.
    pub fn cost(&self, plane: &Plane, source: Source, best: f32) -> f32 {
        let (first, stride) = (plane.patch_start(source.x(), source.y()), plane.stride());
        let detail = DETAIL * plane.detail(source).min(self.expected);
        let share = self.share * plane.preference.factor(source.x(), source.y());
        let mut sum = 0;
        for row in 0..SIDE {
            if row == 3 && sum as f32 * share - detail >= best {
                return f32::MAX;
            }
            let bytes = &plane.rgb()[first + row * stride..][..ROW];
            let values = &self.values[row * ROW..][..ROW];
            let weights = &self.weights[row * ROW..][..ROW];
            for index in 0..ROW {
                let apart = i16::from(bytes[index]) - values[index];
                sum += i32::from(apart) * i32::from(apart * weights[index]);
            }
        }
        let cost = sum as f32 * share - detail;
        if self.guidance == 0.0 || cost >= best {
            return cost;
        }
        let squares = self.guide.iter().zip(guide(plane, first)).map(|(own, other)| {
            let apart = i32::from(*own) - i32::from(other);
            apart * apart
        });
        cost + self.guidance * (squares.sum::<i32>() as f32 * (1.0 / 9.0))
    }
}

/// The guide at the corners, the middles of the sides and the centre of a patch.
fn guide(plane: &Plane, start: usize) -> [i16; GUIDED] {
    let mut values = [0; GUIDED];
    for (row, values) in values.chunks_exact_mut(9).enumerate() {
        let from = start + 3 * row * plane.stride();
        for (column, values) in values.chunks_exact_mut(3).enumerate() {
            for (value, byte) in values.iter_mut().zip(&plane.guide()[from + 9 * column..]) {
                *value = i16::from(*byte);
            }
        }
    }
    values
}
