//! Region growing: the pixels that are joined to one and are like it in colour, found run by run in as many slices as its user
//! likes, because a large picture takes longer than a page may stand still. It knows no kind of picture: it asks for colours.

use std::ops::Range;

use super::Mask;

/// The search for the pixels around one, under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    colour: [u8; 3],
    tolerance: u8,
    /// Covered where it has been.
    reached: Mask,
    /// Places from which it goes on, row by row from the top left.
    waiting: Vec<usize>,
}

impl Similar {
    /// Begins at a pixel `(x, y)` of a picture of this width and height. Its colour is given by `colour`, from the place in the picture, row
    /// by row. Pixels are alike whose channels differ from the first one's by `tolerance` at most.
    ///
    /// # Panics
    /// When the picture has no pixels, or the pixel lies outside.
    pub fn new((width, height): (usize, usize), (x, y): (usize, usize), tolerance: u8, colour: impl Fn(usize) -> [u8; 3]) -> Self {
        assert!(x < width && y < height, "pixel {x}, {y} of a picture of {width}×{height}");
        let first = y * width + x;
        Self { colour: colour(first), tolerance, reached: Mask::empty(width, height), waiting: vec![first] }
    }

    /// Goes on for about so many pixels, and calls `put(y, columns)` for each run of pixels that it finds. Returns whether it is at its end.
    ///
    /// Joined are pixels that share an edge.
    pub fn go_on(&mut self, pixels: usize, colour: impl Fn(usize) -> [u8; 3], mut put: impl FnMut(usize, Range<usize>)) -> bool {
        let (width, height) = (self.reached.width(), self.reached.height());
        let mut looked_at = 0;
        while looked_at < pixels {
            let Some(place) = self.waiting.pop() else { return true };
            let (x, y) = (place % width, place / width);
            if self.reached.row(y)[x] > 0 {
                continue;
            }
            let start = y * width;
            let alike = |x: usize| self.is_alike(colour(start + x));
            let left = (0..x).rev().find(|x| !alike(*x)).map_or(0, |before| before + 1);
            let right = (x + 1..width).find(|x| !alike(*x)).unwrap_or(width);
            self.reached.row_mut(y)[left..right].fill(255);
            put(y, left..right);
            looked_at += 3 * (right - left);
            let rows = [y.checked_sub(1), Some(y + 1).filter(|row| *row < height)];
            for row in rows.into_iter().flatten() {
                self.wait_below(row, left..right, &colour);
            }
        }
        self.waiting.is_empty()
    }

    /// One place of each run of a row that touches these columns and was not found yet.
    fn wait_below(&mut self, row: usize, columns: Range<usize>, colour: impl Fn(usize) -> [u8; 3]) {
        let start = row * self.reached.width();
        let mut inside = false;
        for x in columns {
            let wanted = self.reached.row(row)[x] == 0 && self.is_alike(colour(start + x));
            if wanted && !inside {
                self.waiting.push(start + x);
            }
            inside = wanted;
        }
    }

    fn is_alike(&self, colour: [u8; 3]) -> bool {
        colour.iter().zip(self.colour).all(|(one, other)| one.abs_diff(other) <= self.tolerance)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: (usize, usize) = (17, 13);

    /// The whole search, in slices of so many pixels.
    fn all(colours: &[u8], at: (usize, usize), tolerance: u8, slice: usize) -> Mask {
        let colour = |place: usize| [colours[place], 9, 9];
        let mut found = Mask::empty(SIZE.0, SIZE.1);
        let mut search = Similar::new(SIZE, at, tolerance, colour);
        while !search.go_on(slice, colour, |y, columns| found.row_mut(y)[columns].fill(255)) {}
        assert_eq!(found, search.reached);
        found
    }

    /// The same by the definition: what has a neighbour that is in is in, until nothing changes.
    fn by_definition(colours: &[u8], (x, y): (usize, usize), tolerance: u8) -> Mask {
        let mut found = Mask::empty(SIZE.0, SIZE.1);
        let alike = |x: usize, y: usize, first: u8| colours[y * SIZE.0 + x].abs_diff(first) <= tolerance;
        let first = colours[y * SIZE.0 + x];
        found.row_mut(y)[x] = 255;
        loop {
            let before = found.clone();
            for y in 0..SIZE.1 {
                for x in 0..SIZE.0 {
                    let sides = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
                    let joined = sides.iter().any(|(x, y)| *x < SIZE.0 && *y < SIZE.1 && before.covers(*x, *y));
                    if joined && alike(x, y, first) {
                        found.row_mut(y)[x] = 255;
                    }
                }
            }
            if found == before {
                return found;
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_is_joined_and_alike_in_slices_of_any_size(
            colours in proptest::collection::vec(0u8..4, SIZE.0 * SIZE.1),
            x in 0..SIZE.0,
            y in 0..SIZE.1,
            tolerance in 0u8..3,
            slice in 1usize..400,
        ) {
            prop_assert_eq!(all(&colours, (x, y), tolerance, slice), by_definition(&colours, (x, y), tolerance));
        }
    }

    #[test]
    fn a_wall_stops_it_and_all_tolerance_takes_all() {
        let colours: Vec<u8> = (0..SIZE.0 * SIZE.1).map(|place| if place % SIZE.0 == 8 { 200 } else { 10 }).collect();
        assert_eq!(all(&colours, (0, 0), 50, 7).values().iter().filter(|value| **value > 0).count(), 8 * SIZE.1);
        assert!(all(&colours, (8, 5), 255, 7).is_full());
    }
}
