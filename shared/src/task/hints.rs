//! Colour hints: colours that a person knows at some places of a picture, and how they spread. What a hint changes in the net's answer
//! spreads along similar luma, as Levin et al. (2004) spread scribbles: neighbours of like luma get like chroma. It is solved on a grid of the
//! picture, by first differences instead of their affine form, and pulled to no change far from all hints, where the net knows better.

use super::window::Enlarged;
use crate::{
    mask::{Mask, Shape},
    picture::{Picture, colour, luma, pixel_chroma},
};

/// Cells of the grid along the picture's longer side, at most.
const CELLS: usize = 320;

/// Difference of luma, of 255, over which two neighbours are hardly joined any more: more than the grain of photographs, less than their edges.
const ALIKE: f32 = 16.0;

/// How much neighbours are joined however different they are, so that no cell is alone.
const JOINED: f32 = 1e-4;

/// The pull to no change, against the pull of a neighbour of the same luma: a hint reaches about two hundred cells.
const PULL: f32 = 3e-5;

/// The pull of a hint on its own cell.
const HINT: f32 = 100.0;

/// Rounds of the conjugate gradient at most, and the part of the first residual that is good enough.
const ROUNDS: usize = 600;
const ENOUGH: f32 = 1e-3;

/// Radius of the thinnest dab, pixels: wherever it is put down it covers a pixel by more than a half.
const THINNEST: f32 = 0.75;

/// Colours known at places of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Column, row and colour, each place once.
    pixels: Vec<(u32, u32, [u8; 3])>,
    /// Width and height of the picture that they are for.
    size: (usize, usize),
}

impl Hints {
    /// The hints of a picture of this width and height, from RGBA, row by row: its pixels that are more than half opaque.
    pub fn of_rgba(width: usize, height: usize, rgba: &[u8]) -> Self {
        let pixels = rgba.as_chunks::<4>().0.iter().take(width * height).enumerate().filter(|(_, pixel)| pixel[3] > 127);
        let pixels = pixels.map(|(place, [red, green, blue, _])| ((place % width) as u32, (place / width) as u32, [*red, *green, *blue]));
        Self { pixels: pixels.collect(), size: (width, height) }
    }

    /// The hints of a picture of this width and height, from dabs of the brush: of each its colour, and its path as x, y and radius in
    /// pixels. Where two are, the later one counts. Even the thinnest is at least a pixel.
    pub fn of_dabs<'a>(width: usize, height: usize, dabs: impl DoubleEndedIterator<Item = ([u8; 3], &'a [[f32; 3]])>) -> Self {
        let mut taken = Mask::empty(width, height);
        let mut pixels = Vec::new();
        for (colour, path) in dabs.rev() {
            let reach = |side: usize, end: usize| {
                let ends = path.iter().map(|point| [point[side] - point[2] - 2.0, point[side] + point[2] + 3.0]);
                let [low, high] = ends.fold([f32::INFINITY, f32::NEG_INFINITY], |all, ends| [all[0].min(ends[0]), all[1].max(ends[1])]);
                let pixel = |place: f32| place.clamp(0.0, end as f32) as usize;
                pixel(low)..pixel(high)
            };
            let (columns, rows) = (reach(0, width), reach(1, height));
            if columns.is_empty() || rows.is_empty() {
                continue;
            }
            let mut drawn = Mask::empty(columns.len(), rows.len());
            let inside = |[x, y, _]: [f32; 3]| (x - columns.start as f32, y - rows.start as f32);
            for (place, point) in path.iter().enumerate() {
                let from = inside(path[place.saturating_sub(1)]);
                drawn.draw(&Shape::Segment { from, to: inside(*point), radius: point[2].max(THINNEST) }, true);
            }
            for (x, y) in rows.clone().flat_map(|y| columns.clone().map(move |x| (x, y))) {
                if drawn.coverage(x - columns.start, y - rows.start) > 127 && taken.coverage(x, y) == 0 {
                    taken.row_mut(y)[x] = 255;
                    pixels.push((x as u32, y as u32, colour));
                }
            }
        }
        Self { pixels, size: (width, height) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Width and height of the picture that they are for.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Lays them over a coloured picture: at a hint stands its chroma, with the picture's luma, and around it what follows.
    pub fn apply(&self, picture: &mut Picture) {
        if self.is_empty() {
            return;
        }
        let grid = Grid::of(picture);
        let (count, sums) = grid.changes(&self.pixels, |x, y, hint| {
            let (wanted, found) = (pixel_chroma(hint), pixel_chroma(picture.get(x, y)));
            [wanted[0] - found[0], wanted[1] - found[1]]
        });
        let planes = sums.map(|sums| grid.spread(&count, &sums));
        let (width, height) = (picture.width(), picture.height());
        let enlarged = Enlarged::new(&planes.concat(), grid.cells, (width, height), 0..width);
        let mut line = vec![0.0; enlarged.length()];
        for y in 0..height {
            enlarged.row(y, &mut line);
            for (pixel, change) in picture.row_mut(y).as_chunks_mut::<3>().0.iter_mut().zip(line.as_chunks::<2>().0) {
                let found = pixel_chroma(*pixel);
                *pixel = colour(luma(*pixel), [found[0] + change[0], found[1] + change[1]]);
            }
        }
        for (x, y, hint) in &self.pixels {
            let pixel = &mut picture.row_mut(*y as usize).as_chunks_mut::<3>().0[*x as usize];
            *pixel = colour(luma(*pixel), pixel_chroma(*hint));
        }
    }
}

/// A picture's luma in cells, and how much each is joined to its right and lower neighbour.
struct Grid {
    cells: (usize, usize),
    picture: (usize, usize),
    right: Vec<f32>,
    down: Vec<f32>,
}

impl Grid {
    fn of(picture: &Picture) -> Self {
        let (width, height) = (picture.width(), picture.height());
        let long = width.max(height);
        let side = |length: usize| if long <= CELLS { length } else { (length * CELLS / long).max(1) };
        let mut grid = Self { cells: (side(width), side(height)), picture: (width, height), right: Vec::new(), down: Vec::new() };
        let (columns, rows) = grid.cells;
        let (mut sums, mut counts) = (vec![0.0; columns * rows], vec![0.0; columns * rows]);
        for y in 0..height {
            for x in 0..width {
                let cell = grid.cell(x, y);
                sums[cell] += luma(picture.get(x, y));
                counts[cell] += 1.0;
            }
        }
        let mean: Vec<f32> = sums.iter().zip(&counts).map(|(sum, count): (&f32, &f32)| sum / count.max(1.0)).collect();
        let joined = |one: usize, other: usize| {
            let difference = (mean[one] - mean[other]) / ALIKE;
            (-difference * difference).exp() + JOINED
        };
        let cells = 0..columns * rows;
        grid.right = cells.clone().map(|cell| if cell % columns + 1 < columns { joined(cell, cell + 1) } else { 0.0 }).collect();
        grid.down = cells.map(|cell| if cell + columns < columns * rows { joined(cell, cell + columns) } else { 0.0 }).collect();
        grid
    }

    fn cell(&self, x: usize, y: usize) -> usize {
        y * self.cells.1 / self.picture.1 * self.cells.0 + x * self.cells.0 / self.picture.0
    }

    /// For each cell how many hints are in it, and the sum of what each changes, Cb and Cr.
    fn changes(&self, pixels: &[(u32, u32, [u8; 3])], change: impl Fn(usize, usize, [u8; 3]) -> [f32; 2]) -> (Vec<f32>, [Vec<f32>; 2]) {
        let none = vec![0.0; self.cells.0 * self.cells.1];
        let (mut count, mut sums) = (none.clone(), [none.clone(), none]);
        for (x, y, hint) in pixels {
            let (x, y) = (*x as usize, *y as usize);
            let cell = self.cell(x, y);
            count[cell] += 1.0;
            let values = change(x, y, *hint);
            (0..2).for_each(|channel| sums[channel][cell] += values[channel]);
        }
        (count, sums)
    }

    /// The change everywhere that the hints ask for: the least of Σ joined·(difference)² + PULL·change² + HINT·(change − hint)², by the
    /// conjugate gradient with the diagonal as preconditioner.
    fn spread(&self, count: &[f32], sums: &[f32]) -> Vec<f32> {
        let cells = count.len();
        let hinted = |cell: usize| if count[cell] > 0.0 { HINT } else { 0.0 };
        let diagonal: Vec<f32> = (0..cells).map(|cell| self.sum_of_joined(cell) + PULL + hinted(cell)).collect();
        let mut change = vec![0.0; cells];
        let mut residual: Vec<f32> = (0..cells).map(|cell| hinted(cell) * sums[cell] / count[cell].max(1.0)).collect();
        let mut direction: Vec<f32> = residual.iter().zip(&diagonal).map(|(value, by)| value / by).collect();
        let mut power = dot(&residual, &direction);
        let enough = power * f64::from(ENOUGH * ENOUGH);
        for _ in 0..ROUNDS {
            if power <= enough || power == 0.0 {
                break;
            }
            let moved = self.apply(&direction, &diagonal);
            let step = (power / dot(&direction, &moved)) as f32;
            for cell in 0..cells {
                change[cell] += step * direction[cell];
                residual[cell] -= step * moved[cell];
            }
            let scaled: Vec<f32> = residual.iter().zip(&diagonal).map(|(value, by)| value / by).collect();
            let next = dot(&residual, &scaled);
            let kept = (next / power) as f32;
            direction.iter_mut().zip(&scaled).for_each(|(direction, scaled)| *direction = scaled + kept * *direction);
            power = next;
        }
        change
    }

    fn sum_of_joined(&self, cell: usize) -> f32 {
        let columns = self.cells.0;
        let before = |joined: &[f32], back: usize| cell.checked_sub(back).map_or(0.0, |cell| joined[cell]);
        // The last of a row is joined to nothing at its right, so the row before ends with 0.
        self.right[cell] + self.down[cell] + before(&self.right, 1) + before(&self.down, columns)
    }

    /// The matrix of the least squares times a vector.
    fn apply(&self, vector: &[f32], diagonal: &[f32]) -> Vec<f32> {
        let columns = self.cells.0;
        let mut result: Vec<f32> = vector.iter().zip(diagonal).map(|(value, by)| value * by).collect();
        for cell in 0..vector.len() {
            for (joined, other) in [(self.right[cell], cell + 1), (self.down[cell], cell + columns)] {
                if joined > 0.0 {
                    result[cell] -= joined * vector[other];
                    result[other] -= joined * vector[cell];
                }
            }
        }
        result
    }
}

fn dot(one: &[f32], other: &[f32]) -> f64 {
    one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (60, 40);

    /// Dark on the left, light on the right, in grey.
    fn two_walls() -> Picture {
        let pixels = (0..SIZE.0 * SIZE.1).flat_map(|place| [if place % SIZE.0 < 30 { 90 } else { 180 }; 3]).collect();
        Picture::new(SIZE.0, SIZE.1, pixels).unwrap()
    }

    fn hint(at: &[(usize, usize)], colour: [u8; 3]) -> Hints {
        let mut rgba = vec![0; 4 * SIZE.0 * SIZE.1];
        for (x, y) in at {
            rgba[4 * (y * SIZE.0 + x)..][..4].copy_from_slice(&[colour[0], colour[1], colour[2], 255]);
        }
        Hints::of_rgba(SIZE.0, SIZE.1, &rgba)
    }

    fn applied(hints: &Hints) -> Picture {
        let mut picture = two_walls();
        hints.apply(&mut picture);
        picture
    }

    /// How red a pixel is, Cr.
    fn red(picture: &Picture, x: usize, y: usize) -> f32 {
        pixel_chroma(picture.get(x, y))[1]
    }

    #[test]
    fn a_colour_spreads_along_its_wall_and_ends_where_it_ends() {
        let wanted = [150, 60, 70];
        let picture = applied(&hint(&[(8, 20), (9, 20), (8, 21)], wanted));
        let full = pixel_chroma(wanted)[1];
        assert!((red(&picture, 8, 20) - full).abs() < 1.5, "the hint itself");
        for (x, y) in [(2, 2), (27, 37), (20, 10)] {
            assert!(red(&picture, x, y) > 0.8 * full, "at {x}, {y}: {} of {full}", red(&picture, x, y));
        }
        for (x, y) in [(33, 2), (45, 20), (58, 38)] {
            assert!(red(&picture, x, y) < 0.2 * full, "at {x}, {y}: {} of {full}", red(&picture, x, y));
        }
        let before = two_walls();
        for y in 0..SIZE.1 {
            for x in 0..SIZE.0 {
                assert!((luma(picture.get(x, y)) - luma(before.get(x, y))).abs() <= 0.51, "luma at {x}, {y}");
            }
        }
    }

    #[test]
    fn two_hints_share_a_wall_and_none_changes_nothing() {
        let mut rgba = vec![0; 4 * SIZE.0 * SIZE.1];
        for (x, colour) in [(2, [160, 60, 60]), (27, [60, 90, 160])] {
            // Dabs, as people paint them.
            for (x, y) in (19..22).flat_map(|y| (x - 1..x + 2).map(move |x| (x, y))) {
                rgba[4 * (y * SIZE.0 + x)..][..4].copy_from_slice(&[colour[0], colour[1], colour[2], 255]);
            }
        }
        let picture = applied(&Hints::of_rgba(SIZE.0, SIZE.1, &rgba));
        assert!(red(&picture, 4, 20) > 20.0 && red(&picture, 25, 20) < -5.0, "{} and {}", red(&picture, 4, 20), red(&picture, 25, 20));
        let row: Vec<f32> = (2..28).map(|x| red(&picture, x, 20)).collect();
        assert!(row.windows(2).all(|pair| pair[1] <= pair[0] + 1.0), "{row:?}");
        assert_eq!(applied(&Hints::default()), two_walls());
        assert!(hint(&[], [0; 3]).is_empty());
    }

    #[test]
    fn dabs_are_the_pixels_under_the_brush_and_the_later_one_counts() {
        let (red, blue) = ([200, 0, 0], [0, 0, 200]);
        let dabs: [([u8; 3], &[[f32; 3]]); 3] =
            [(red, &[[10.0, 10.0, 4.0], [20.0, 10.0, 4.0]]), (blue, &[[20.0, 10.0, 4.0]]), (red, &[[-50.0, 9.0, 3.0]])];
        let hints = Hints::of_dabs(SIZE.0, SIZE.1, dabs.into_iter());
        let at = |x: u32, y: u32| hints.pixels.iter().filter(|pixel| (pixel.0, pixel.1) == (x, y)).map(|pixel| pixel.2).collect::<Vec<_>>();
        assert_eq!((at(10, 10), at(20, 10), at(30, 10)), (vec![red], vec![blue], vec![]));
        let thinnest = Hints::of_dabs(SIZE.0, SIZE.1, [(red, &[[10.0, 10.0, 0.1]][..])].into_iter());
        assert!(!thinnest.is_empty() && thinnest.pixels.len() <= 4, "{:?}", thinnest.pixels);
        assert!(Hints::of_dabs(SIZE.0, SIZE.1, dabs[2..].iter().copied()).is_empty());
    }
}
