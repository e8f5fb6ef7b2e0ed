//! `Expected`: how much detail the known part of a picture has near each place, spread into the hole.

/// Pixels along a cell of the finest grid.
const CELL: usize = 8;

/// A grid of cells over a plane, each with the detail that is to be expected there.
#[derive(Debug, Default)]
pub struct Expected {
    cells: Vec<f32>,
    columns: usize,
}

impl Expected {
    /// The mean over the wholly known patches of each cell; where a cell has none, of the smallest block of cells around it
    /// that has some, blocks of two by two cells, four by four and so on. 0 where nothing is known.
    pub fn new(detail: &[u16], whole: &[bool], width: usize) -> Self {
        let rows = (detail.len() / width).div_ceil(CELL);
        let columns = width.div_ceil(CELL);
        let mut sums = vec![(0.0f64, 0u32); columns * rows];
        for (place, detail) in detail.iter().enumerate().filter(|(place, _)| whole[*place]) {
            let sum = &mut sums[place / width / CELL * columns + place % width / CELL];
            // Roots, so that the few patches on an edge do not speak for all.
            *sum = (sum.0 + f64::from(*detail).sqrt(), sum.1 + 1);
        }
        Self { cells: spread(&sums, columns), columns }
    }

    /// At a pixel.
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.cells[y / CELL * self.columns + x / CELL]
    }
}

/// Squared means of cells, those without a count from the grid of half the resolution.
fn spread(sums: &[(f64, u32)], columns: usize) -> Vec<f32> {
    let rows = sums.len() / columns;
    let coarse_columns = columns.div_ceil(2);
    let coarser = (columns > 1 || rows > 1).then(|| {
        let mut coarse = vec![(0.0, 0); coarse_columns * rows.div_ceil(2)];
        for (place, (sum, count)) in sums.iter().enumerate() {
            let into = &mut coarse[place / columns / 2 * coarse_columns + place % columns / 2];
            *into = (into.0 + sum, into.1 + count);
        }
        spread(&coarse, coarse_columns)
    });
    let value = |(place, (sum, count)): (usize, &(f64, u32))| {
        if *count > 0 {
            let mean = (sum / f64::from(*count)) as f32;
            return mean * mean;
        }
        coarser.as_ref().map_or(0.0, |coarser| coarser[place / columns / 2 * coarse_columns + place % columns / 2])
    };
    sums.iter().enumerate().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_expects_what_is_around_it() {
        // The left half has detail, the right none; a hole of 16 by 16 in the middle of each half.
        let (width, height) = (128, 64);
        let detail: Vec<u16> = (0..width * height).map(|place| if place % width < 64 { 400 } else { 0 }).collect();
        let in_hole = |place: usize| (24..40).contains(&(place / width)) && (24..40).contains(&(place % width % 64));
        let whole: Vec<bool> = (0..width * height).map(|place| !in_hole(place)).collect();
        let expected = Expected::new(&detail, &whole, width);
        assert_eq!((expected.at(2, 2), expected.at(32, 32), expected.at(96, 32), expected.at(127, 63)), (400.0, 400.0, 0.0, 0.0));
    }

    #[test]
    fn nothing_is_expected_where_nothing_is_known() {
        let expected = Expected::new(&[9; 30], &[false; 30], 6);
        assert_eq!(expected.at(5, 4), 0.0);
    }
}
