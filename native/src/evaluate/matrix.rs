//! Matrices of double precision, as Fréchet distances need them: products, the factor of a covariance, singular values. It stays
//! ours: nalgebra 0.35 takes 26 s of a processor to build, and turns on features of num-complex with which gemm and all of burn
//! above it are built anew. The same numbers come out on any number of threads.

use rayon::prelude::*;

/// Rows that one thread works on at a time.
const BLOCK: usize = 64;

/// Passes of QL for one singular value; three are usual.
const PASSES: usize = 60;

/// A matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// From a function of row and column.
    pub fn new(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Matrix {
        Matrix { rows, columns, values: (0..rows * columns).map(|place| value(place / columns, place % columns)).collect() }
    }

    /// The element of a row and a column.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    /// Σ of all squares, the trace of XᵀX.
    pub fn squares(&self) -> f64 {
        self.values.iter().map(|value| value * value).sum()
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// A·Bᵀ of two matrices with rows of one length.
    pub fn times_transposed(&self, other: &Matrix) -> Matrix {
        let mut values = vec![0.0; self.rows * other.rows];
        values.par_chunks_mut(other.rows.max(1)).enumerate().for_each(|(row, target)| {
            for (column, target) in target.iter_mut().enumerate() {
                *target = dot(self.row(row), other.row(column));
            }
        });
        Matrix { rows: self.rows, columns: other.rows, values }
    }

    /// A square U with UᵀU = XᵀX, in place of an X of many rows (Cholesky; Golub and Van Loan, section 4.2). A direction in which X
    /// does not vary gives a row of zeros.
    pub fn factor(&self) -> Matrix {
        let side = self.columns;
        let mut gram = Matrix { rows: side, columns: side, values: vec![0.0; side * side] };
        gram.values.par_chunks_mut(BLOCK * side).enumerate().for_each(|(block, targets)| {
            for row in self.values.chunks_exact(side) {
                for (target, value) in targets.chunks_exact_mut(side).zip(&row[block * BLOCK..]) {
                    add(target, *value, row);
                }
            }
        });
        let largest = (0..side).map(|place| gram.get(place, place)).fold(0.0, f64::max);
        for place in 0..side {
            let (above, below) = gram.values.split_at_mut((place + 1) * side);
            let row = &mut above[place * side..];
            let pivot = row[place];
            row[..place].fill(0.0);
            if pivot <= largest * side as f64 * f64::EPSILON {
                row.fill(0.0);
                continue;
            }
            let root = pivot.sqrt();
            row.iter_mut().for_each(|value| *value /= root);
            let row = &*row;
            below.par_chunks_mut(side).with_min_len(BLOCK).enumerate().for_each(|(number, target)| {
                let first = place + 1 + number;
                add(&mut target[first..], -row[first], &row[first..]);
            });
        }
        gram
    }

    /// Its singular values: by Householder's reflections to two diagonals d and e (Golub and Van Loan, section 5.4), whose singular
    /// values are the eigenvalues, each with both signs, of the symmetric matrix that has 0 on its diagonal and d₁ e₁ d₂ e₂ … beside it.
    pub fn singular_values(&self) -> Vec<f64> {
        let mut work =
            if self.rows < self.columns { Matrix::new(self.columns, self.rows, |row, column| self.get(column, row)) } else { self.clone() };
        let side = work.columns;
        let mut beside = Vec::with_capacity(2 * side);
        for place in 0..side {
            beside.push(work.reflect_column(place));
            beside.push(work.reflect_row(place));
        }
        let mut values = eigenvalues(vec![0.0; beside.len()], beside);
        values.sort_by(f64::total_cmp);
        values.split_off(side)
    }

    /// Turns a column's part from the diagonal down on to the diagonal; gives what stands there then.
    fn reflect_column(&mut self, place: usize) -> f64 {
        let columns = self.columns;
        let mut axis: Vec<f64> = (place..self.rows).map(|row| self.get(row, place)).collect();
        let Some((length, factor)) = reflection(&mut axis) else { return 0.0 };
        let under = &mut self.values[place * columns..];
        // In fixed blocks, whose sums are added in their order: the same numbers on any number of threads.
        let sums: Vec<Vec<f64>> = under
            .par_chunks(BLOCK * columns)
            .zip(axis.par_chunks(BLOCK))
            .map(|(rows, axis)| {
                let mut sum = vec![0.0; columns - place];
                rows.chunks_exact(columns).zip(axis).for_each(|(row, value)| add(&mut sum, *value, &row[place..]));
                sum
            })
            .collect();
        let mut along = vec![0.0; columns - place];
        sums.iter().for_each(|sum| add(&mut along, factor, sum));
        under.par_chunks_mut(columns).with_min_len(BLOCK).zip(&axis).for_each(|(row, value)| add(&mut row[place..], -value, &along));
        length
    }

    /// Turns a row's part right of the diagonal on to the place beside it; gives what stands there then.
    fn reflect_row(&mut self, place: usize) -> f64 {
        let columns = self.columns;
        let mut axis = self.row(place)[(place + 1).min(columns)..].to_vec();
        let Some((length, factor)) = reflection(&mut axis) else { return 0.0 };
        let under = &mut self.values[(place + 1).min(self.rows) * columns..];
        under.par_chunks_mut(columns).with_min_len(BLOCK).for_each(|row| {
            let row = &mut row[place + 1..];
            let along = factor * dot(row, &axis);
            add(row, -along, &axis);
        });
        length
    }
}

/// Makes of x the axis v of the reflection 1 − f·v·vᵀ that turns x on to its first axis; gives the first number of what x becomes, and
/// f. Nothing where all of x is 0.
fn reflection(x: &mut [f64]) -> Option<(f64, f64)> {
    let norm = dot(x, x).sqrt();
    if norm == 0.0 {
        return None;
    }
    let length = if x[0] > 0.0 { -norm } else { norm };
    x[0] -= length;
    Some((length, 2.0 / dot(x, x)))
}

/// Eigenvalues of a symmetric matrix of three diagonals, by QL with shifts (Golub and Van Loan, section 8.3). `beside[k]` stands between
/// the diagonal's k and k + 1; the last one counts not.
fn eigenvalues(mut diagonal: Vec<f64>, mut beside: Vec<f64>) -> Vec<f64> {
    let side = diagonal.len();
    if let Some(last) = beside.last_mut() {
        *last = 0.0;
    }
    let largest = beside.iter().chain(&diagonal).fold(0.0, |most: f64, value| most.max(value.abs()));
    for first in 0..side {
        for _ in 0..PASSES {
            let is_small = |place: &usize| beside[*place].abs() <= f64::EPSILON * largest;
            let end = (first..side).find(is_small).unwrap_or(side - 1);
            if end == first {
                break;
            }
            let mut g = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
            g = diagonal[end] - diagonal[first] + beside[first] / (g + g.hypot(1.0).copysign(g));
            let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
            let mut whole = true;
            for place in (first..end).rev() {
                let (f, b) = (sine * beside[place], cosine * beside[place]);
                let length = f.hypot(g);
                beside[place + 1] = length;
                if length == 0.0 {
                    diagonal[place + 1] -= shift;
                    beside[end] = 0.0;
                    whole = false;
                    break;
                }
                (sine, cosine) = (f / length, g / length);
                g = diagonal[place + 1] - shift;
                let between = (diagonal[place] - g) * sine + 2.0 * cosine * b;
                shift = sine * between;
                diagonal[place + 1] = g + shift;
                g = cosine * between - b;
            }
            if whole {
                diagonal[first] -= shift;
                beside[first] = g;
                beside[end] = 0.0;
            }
        }
    }
    diagonal
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    // Several sums, so that the processor need not wait for each addition.
    const LANES: usize = 8;
    let (ones, rest) = one.as_chunks::<LANES>();
    let (others, other_rest) = other.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (one, other) in ones.iter().zip(others) {
        for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
            *sum += one * other;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().zip(other_rest).map(|(one, other)| one * other).sum::<f64>()
}

/// target + factor·values.
fn add(target: &mut [f64], factor: f64, values: &[f64]) {
    for (target, value) in target.iter_mut().zip(values) {
        *target += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use infill::noise::{self, Purpose};

    fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
        let values = noise::gaussian(&mut noise::stream(seed, Purpose::Start, 0, 0), rows * columns);
        Matrix::new(rows, columns, |row, column| f64::from(values[row * columns + column]))
    }

    #[test]
    fn singular_values_of_a_matrix_with_known_ones() {
        // The second difference on n points: 2 − 2·cos(kπ/(n + 1)).
        let side = 24;
        let matrix = Matrix::new(side, side, |row, column| match row.abs_diff(column) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        for (number, value) in matrix.singular_values().iter().enumerate() {
            let expected = 2.0 - 2.0 * ((number + 1) as f64 * std::f64::consts::PI / (side + 1) as f64).cos();
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
    }

    #[test]
    fn singular_values_say_length_volume_and_rank() {
        for (rows, columns) in [(9, 5), (5, 9), (130, 70), (1, 4), (1, 1)] {
            let matrix = random(rows, columns, 3);
            let values = matrix.singular_values();
            assert_eq!(values.len(), rows.min(columns));
            let squares: f64 = values.iter().map(|value| value * value).sum();
            assert!((squares / matrix.squares() - 1.0).abs() < 1e-12, "{rows}×{columns}: {squares}");
        }
        // The fourth powers are those of XᵀX.
        let (matrix, transposed) = (random(40, 30, 1), random(40, 30, 1).times_transposed(&random(40, 30, 1)));
        let fourth: f64 = matrix.singular_values().iter().map(|value| value.powi(4)).sum();
        assert!((fourth / transposed.squares() - 1.0).abs() < 1e-12);
        // Rank 3 of 20.
        let low = random(20, 3, 5).times_transposed(&random(20, 3, 6));
        let values = low.singular_values();
        assert!(values[..17].iter().all(|value| *value < 1e-13) && values[17] > 0.1, "{values:?}");
    }

    #[test]
    fn a_factor_has_the_same_products_and_no_more_rows() {
        for (rows, columns) in [(300, 20), (8, 20)] {
            let matrix = random(rows, columns, 2);
            let factor = matrix.factor();
            assert_eq!(factor.rows, columns);
            let gram = |matrix: &Matrix, one: usize, other: usize| -> f64 {
                (0..matrix.rows).map(|row| matrix.get(row, one) * matrix.get(row, other)).sum()
            };
            for (one, other) in [(0, 0), (3, 17), (19, 19), (5, 4)] {
                let (found, expected) = (gram(&factor, one, other), gram(&matrix, one, other));
                assert!((found - expected).abs() < 1e-6, "{rows} rows: {found} {expected}");
            }
        }
    }
}
