//! The smoothest continuation of a hole's rim (the discrete harmonic fill): what models that predict a
//! residual start from, and the baseline that others are measured against. Not a net, and no texture.

/// Residual, relative to the first one, at which the solution is close enough for 8-bit pictures.
const TOLERANCE: f32 = 1e-5;

/// Replaces what is missing by the solution of Laplace's equation, 'every missing value is the mean of
/// its neighbours', with the known values given and no flow through the picture's edge. Where nothing is
/// known the picture becomes 0, mid-grey.
///
/// # Shapes
/// - planes: any number of `[height, width]`, about [−1, 1]
/// - missing: `[height, width]`
///
/// # Panics
/// When the planes are not a multiple of what `missing` has.
pub fn smooth_fill(planes: &mut [f32], width: usize, missing: &[bool]) {
    assert!(planes.len().is_multiple_of(missing.len()), "{} values do not fit {} pixels a plane", planes.len(), missing.len());
    let holes = Holes::new(width, missing);
    for plane in planes.chunks_exact_mut(missing.len()) {
        if holes.cells.len() == missing.len() {
            plane.fill(0.0);
        } else if !holes.cells.is_empty() {
            holes.solve(plane, missing);
        }
    }
}

/// One missing value.
struct Cell {
    /// Its place in a plane.
    place: usize,
    /// Its place in a plane with a border of one cell.
    padded: usize,
    /// How many neighbours it has inside the picture.
    neighbours: f32,
}

/// The equations, solved by conjugate gradients.
struct Holes {
    cells: Vec<Cell>,
    width: usize,
    height: usize,
}

impl Holes {
    fn new(width: usize, missing: &[bool]) -> Self {
        let height = missing.len() / width;
        let cells = (0..missing.len()).filter(|place| missing[*place]).map(|place| {
            let (x, y) = (place % width, place / width);
            let inside = [x > 0, x + 1 < width, y > 0, y + 1 < height].into_iter().filter(|inside| *inside).count();
            Cell { place, padded: (y + 1) * (width + 2) + x + 1, neighbours: inside as f32 }
        });
        Self { cells: cells.collect(), width, height }
    }

    /// Neighbours' count × value − the sum of the neighbours. Beyond the border everything is 0.
    fn apply<'a>(&'a self, padded: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let stride = self.width + 2;
        self.cells.iter().map(move |cell| {
            let at = cell.padded;
            cell.neighbours * padded[at] - (padded[at - 1] + padded[at + 1] + padded[at - stride] + padded[at + stride])
        })
    }

    fn solve(&self, plane: &mut [f32], missing: &[bool]) {
        let known = plane.iter().zip(missing).filter(|(_, missing)| !**missing).map(|(value, _)| *value);
        let mean = known.sum::<f32>() / (missing.len() - self.cells.len()) as f32;
        let stride = self.width + 2;
        let mut padded = vec![0.0; stride * (self.height + 2)];
        for (place, value) in plane.iter().enumerate() {
            let value = if missing[place] { mean } else { *value };
            padded[(place / self.width + 1) * stride + place % self.width + 1] = value;
        }
        let mut values = vec![mean; self.cells.len()];
        let mut residual: Vec<f32> = self.apply(&padded).map(|value| -value).collect();
        let mut applied = vec![0.0; self.cells.len()];
        // From here on it holds the direction, which is 0 at the known cells.
        padded.fill(0.0);
        for (cell, value) in self.cells.iter().zip(&residual) {
            padded[cell.padded] = *value;
        }
        let mut norm = dot(&residual, &residual);
        let enough = norm * TOLERANCE * TOLERANCE;
        for _ in 0..self.cells.len() {
            if norm <= enough {
                break;
            }
            for (target, value) in applied.iter_mut().zip(self.apply(&padded)) {
                *target = value;
            }
            let along: f32 = self.cells.iter().zip(&applied).map(|(cell, applied)| padded[cell.padded] * applied).sum();
            let length = norm / along;
            for (index, cell) in self.cells.iter().enumerate() {
                values[index] += length * padded[cell.padded];
                residual[index] -= length * applied[index];
            }
            let next = dot(&residual, &residual);
            for (cell, residual) in self.cells.iter().zip(&residual) {
                padded[cell.padded] = residual + next / norm * padded[cell.padded];
            }
            norm = next;
        }
        for (cell, value) in self.cells.iter().zip(values) {
            plane[cell.place] = value;
        }
    }
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors below this vanish when a picture is rounded to 8 bits.
    const HALF_A_STEP: f32 = 0.5 / 127.5;

    #[test]
    fn a_plane_is_continued_and_known_values_stay() {
        let (width, height) = (24, 20);
        let ramp: Vec<f32> = (0..width * height).map(|place| (place % width) as f32 * 0.03 - (place / width) as f32 * 0.02).collect();
        let inside = |place: usize| (4..17).contains(&(place % width)) && (3..15).contains(&(place / width));
        let missing: Vec<bool> = (0..width * height).map(inside).collect();
        let mut filled: Vec<f32> = ramp.iter().zip(&missing).map(|(value, missing)| if *missing { 7.0 } else { *value }).collect();
        smooth_fill(&mut filled, width, &missing);
        for place in 0..ramp.len() {
            if missing[place] {
                assert!((filled[place] - ramp[place]).abs() < HALF_A_STEP, "{place}: {} is not {}", filled[place], ramp[place]);
            } else {
                assert_eq!(filled[place], ramp[place]);
            }
        }
    }

    #[test]
    fn every_missing_value_is_the_mean_of_its_neighbours_and_within_the_rim() {
        let side = 64;
        let missing: Vec<bool> = (0..side * side).map(|place| place % side >= 20).collect();
        let mut plane: Vec<f32> = (0..side * side).map(|place| ((place * 37 % 101) as f32 / 50.0 - 1.0) * 0.9).collect();
        smooth_fill(&mut plane, side, &missing);
        let holes = Holes::new(side, &missing);
        let mut padded = vec![0.0; (side + 2) * (side + 2)];
        for (place, value) in plane.iter().enumerate() {
            padded[(place / side + 1) * (side + 2) + place % side + 1] = *value;
        }
        assert!(holes.apply(&padded).all(|rest| rest.abs() < 1e-4));
        assert!(holes.cells.iter().all(|cell| plane[cell.place].abs() <= 0.901), "the maximum principle");
    }

    #[test]
    fn nothing_known_is_grey_and_nothing_missing_changes_nothing() {
        let mut planes = vec![0.3; 2 * 12];
        smooth_fill(&mut planes, 4, &[false; 12]);
        assert!(planes.iter().all(|value| *value == 0.3));
        smooth_fill(&mut planes, 4, &[true; 12]);
        assert!(planes.iter().all(|value| *value == 0.0));
    }
}
