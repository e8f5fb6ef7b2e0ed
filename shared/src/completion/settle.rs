//! A guide's colours drawn to those that the picture has around the hole. A guide is a mean: between a roof and the sky it is half of both, and
//! nothing in the picture looks like that; what comes nearest is copied and looks like dirt. Each colour goes to the nearest peak of the known
//! colours, those near by counting most (mean shift: Comaniciu and Meer 2002).

use super::{area, vote::exp_of_minus_half};
use crate::{mask::Mask, parallel, picture::Picture};

/// Times that a colour moves.
const MOVES: usize = 3;
/// How far known colours may differ and still count as one: a standard deviation (three channels, 0 to 255).
const ALIKE: f32 = 15.0;
/// Cells from the rim where the guide moves half of the way. Nearer it knows more than the colours around do.
const HALFWAY: f32 = 4.0;
/// Nearer than so much of the way to the rim, known colours count alike.
const NEAR: f32 = 0.3;
/// Known colours are looked for so many times as far as the rim is, and so many cells further.
const REACH: (f32, f32) = (2.5, 4.0);
/// Known colours along a side of what is looked at, about: more are passed over.
const ALONG: usize = 16;
/// Cells that one step takes.
const STEP_CELLS: usize = 512;

/// Colours that are added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    channels: [u64; 3],
    count: usize,
}

impl Sum {
    fn add(&mut self, pixel: &[u8]) {
        self.channels.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u64::from(*value));
        self.count += 1;
    }

    /// Of at least so many.
    fn mean(&self, least: usize) -> Option<[f32; 3]> {
        (self.count >= least).then(|| self.channels.map(|sum| sum as f32 / self.count as f32))
    }
}

/// A guide under way to colours of the picture.
#[derive(Debug)]
pub struct Settling {
    /// Pixels along a cell.
    side: usize,
    columns: usize,
    /// The mean of what is known in each cell, where that is half of it.
    known: Vec<Option<[f32; 3]>>,
    /// The mean of the guide in each cell that touches the hole, until it has settled; then how far it moved.
    moved: Vec<Option<[f32; 3]>>,
    /// How far each cell is from the known, in cells.
    depth: Vec<f32>,
    /// Cells that are done.
    done: usize,
}

impl Settling {
    /// Of what a mask touches of a picture. `scale`: pixels of the picture for one of the guide's.
    pub fn new(picture: &Picture, hole: &Mask, scale: f32) -> Self {
        let side = scale.ceil().max(2.0) as usize;
        let (columns, rows) = (picture.width().div_ceil(side), picture.height().div_ceil(side));
        let mut known = vec![Sum::default(); columns * rows];
        let mut guide = known.clone();
        for y in 0..picture.height() {
            for (x, (pixel, coverage)) in picture.row(y).chunks_exact(3).zip(hole.row(y)).enumerate() {
                let sums = if *coverage > 0 { &mut guide } else { &mut known };
                sums[y / side * columns + x / side].add(pixel);
            }
        }
        let means = |sums: Vec<Sum>, least: usize| -> Vec<_> { sums.iter().map(|sum| sum.mean(least)).collect() };
        let (known, moved) = (means(known, side * side / 2), means(guide, 1));
        let inside: Vec<bool> = moved.iter().map(Option::is_some).collect();
        let depth = area::depth(&inside, columns).into_iter().map(|depth| depth as f32 / area::STEP as f32).collect();
        Self { side, columns, known, moved, depth, done: 0 }
    }

    /// Whether all colours have settled.
    pub fn is_done(&self) -> bool {
        self.done == self.moved.len()
    }

    /// Goes on.
    pub fn step(&mut self) {
        let cells: Vec<usize> = (self.done..self.moved.len()).filter(|cell| self.moved[*cell].is_some()).take(STEP_CELLS).collect();
        self.done = cells.last().map_or(self.moved.len(), |cell| cell + 1);
        let settled = parallel::map(cells, |cell| (cell, self.settled(cell)));
        for (cell, moved) in settled {
            self.moved[cell] = moved;
        }
    }

    /// How far a cell's colour moves.
    fn settled(&self, cell: usize) -> Option<[f32; 3]> {
        let guide = self.moved[cell]?;
        let near = self.near(cell);
        if near.is_empty() {
            return Some([0.0; 3]);
        }
        let colour = (0..MOVES).fold(guide, |colour, _| shifted(colour, &near));
        let squared = self.depth[cell] * self.depth[cell];
        let share = squared / (squared + HALFWAY * HALFWAY);
        Some(std::array::from_fn(|channel| share * (colour[channel] - guide[channel])))
    }

    /// Known colours around a cell, each with how much it counts by its distance.
    fn near(&self, cell: usize) -> Vec<(f32, [f32; 3])> {
        let (x, y) = (cell % self.columns, cell / self.columns);
        let depth = self.depth[cell];
        let reach = (REACH.0 * depth + REACH.1) as usize;
        let stride = (2 * reach / ALONG).max(1);
        let close = NEAR * depth + 0.5;
        let range = |at: usize, end: usize| (at.saturating_sub(reach).next_multiple_of(stride)..(at + reach + 1).min(end)).step_by(stride);
        let mut near = Vec::new();
        for v in range(y, self.known.len() / self.columns) {
            for u in range(x, self.columns) {
                if let Some(colour) = self.known[v * self.columns + u] {
                    let squared = (u.abs_diff(x).pow(2) + v.abs_diff(y).pow(2)) as f32 + close * close;
                    near.push((1.0 / (squared * squared), colour));
                }
            }
        }
        near
    }

    /// A pixel of the guide, settled; between the centres of cells in between.
    pub fn colour(&self, x: usize, y: usize, guide: [u8; 3]) -> [u8; 3] {
        let between = |at: usize, cells: usize| {
            let place = (at as f32 + 0.5) / self.side as f32 - 0.5;
            let first = place.floor();
            [(first, 1.0 - (place - first)), (first + 1.0, place - first)]
                .map(|(cell, share)| (cell.clamp(0.0, cells as f32 - 1.0) as usize, share))
        };
        let (mut sum, mut total) = ([0.0f32; 3], 0.0f32);
        for (v, down) in between(y, self.moved.len() / self.columns) {
            for (u, across) in between(x, self.columns) {
                if let Some(moved) = self.moved[v * self.columns + u] {
                    total += down * across;
                    sum.iter_mut().zip(moved).for_each(|(sum, moved)| *sum += down * across * moved);
                }
            }
        }
        // A pixel of the hole lies in a cell that has something to say: the total is not 0.
        std::array::from_fn(|channel| (f32::from(guide[channel]) + sum[channel] / total + 0.5) as u8)
    }
}

/// The mean of known colours, those most that a colour is like.
fn shifted(colour: [f32; 3], near: &[(f32, [f32; 3])]) -> [f32; 3] {
    let apart = |other: &[f32; 3]| -> f32 {
        let [red, green, blue] = std::array::from_fn(|channel| colour[channel] - other[channel]);
        red * red + green * green + blue * blue
    };
    let nearest = near.iter().map(|(_, other)| apart(other)).fold(f32::MAX, f32::min);
    let (mut sum, mut total) = ([0.0f32; 3], 0.0f32);
    for (close, other) in near {
        let fall = exp_of_minus_half((apart(other) - nearest) * (0.5 / (ALIKE * ALIKE)));
        let weight = close * fall * fall;
        total += weight;
        sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += weight * other);
    }
    sum.map(|sum| sum / total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Shape;

    const SIDE: usize = 96;

    fn disc() -> Mask {
        let mut mask = Mask::empty(SIDE, SIDE);
        mask.draw(&Shape::Disc { x: 48.0, y: 48.0, radius: 28.0 }, true);
        mask
    }

    fn to_the_end(picture: &Picture, mask: &Mask, scale: f32) -> Settling {
        let mut settling = Settling::new(picture, mask, scale);
        while !settling.is_done() {
            settling.step();
        }
        settling
    }

    /// A picture with a guide in a disc, settled; the colour at a place.
    fn settled(picture: impl Fn(usize) -> [u8; 3], guide: impl Fn(usize) -> [u8; 3]) -> impl Fn(usize, usize) -> [u8; 3] {
        let mask = disc();
        let pixel = |place: usize| {
            let (x, y) = (place % SIDE, place / SIDE);
            if mask.coverage(x, y) > 0 { guide(x) } else { picture(x) }
        };
        let picture = Picture::new(SIDE, SIDE, (0..SIDE * SIDE).flat_map(pixel).collect()).unwrap();
        let settling = to_the_end(&picture, &mask, 2.0);
        move |x, y| settling.colour(x, y, picture.get(x, y))
    }

    const ROOF: [u8; 3] = [120, 40, 30];
    const SKY: [u8; 3] = [150, 190, 240];

    fn halves(x: usize) -> [u8; 3] {
        if x < SIDE / 2 { ROOF } else { SKY }
    }

    #[test]
    fn a_mean_of_two_things_becomes_one_of_them() {
        // A little more of the one than of the other, as a net is surer on one side.
        let mean = |x: usize| if x < SIDE / 2 { [130, 90, 105] } else { [140, 140, 165] };
        let at = settled(halves, mean);
        let apart = |one: [u8; 3], other: [u8; 3]| one.iter().zip(other).map(|(one, other)| one.abs_diff(other)).max().unwrap();
        assert!(apart(at(36, 48), ROOF) < 16, "{:?}", at(36, 48));
        assert!(apart(at(60, 48), SKY) < 16, "{:?}", at(60, 48));
    }

    #[test]
    fn it_is_trusted_at_the_rim() {
        let at = settled(halves, |_| [135, 115, 135]);
        assert!(at(22, 48)[2] > 112 && at(74, 48)[2] < 155, "{:?} and {:?}", at(22, 48), at(74, 48));
    }

    #[test]
    fn what_the_picture_has_stays() {
        let ramp = |x: usize| [60 + x as u8 / 4, 80, 200 - x as u8 / 4];
        let at = settled(ramp, ramp);
        let moved = (21..76).map(|x| at(x, 48)[0].abs_diff(ramp(x)[0])).max().unwrap();
        assert!(moved <= 4, "{moved} of 255");
    }

    #[test]
    fn it_stays_where_nothing_is_known() {
        let picture = Picture::filled(8, 8, [135, 115, 135]);
        let settling = to_the_end(&picture, &Mask::full(8, 8), 1.0);
        assert_eq!(settling.colour(4, 4, [135, 115, 135]), [135, 115, 135]);
    }
}
