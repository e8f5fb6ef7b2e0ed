//! Eigenvalues of small symmetric matrices by Jacobi's rotations, and the square root they give, for feature spaces of some tens
//! of dimensions. It stays ours: nalgebra 0.35 gives the same Fréchet distances (to seven digits, of 64 dimensions), but takes
//! 26 s of a processor to build, and turns on features of num-complex with which gemm and all of burn above it are built anew.

/// A square matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    side: usize,
    values: Vec<f64>,
}

/// Sweeps over all pairs; ten are usual for doubles.
const SWEEPS: usize = 60;

impl Matrix {
    /// From a function of row and column.
    pub fn new(side: usize, value: impl Fn(usize, usize) -> f64) -> Matrix {
        Matrix { side, values: (0..side * side).map(|place| value(place / side, place % side)).collect() }
    }

    /// The element of a row and a column.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.side + column]
    }

    /// Σ of the diagonal.
    pub fn trace(&self) -> f64 {
        (0..self.side).map(|place| self.get(place, place)).sum()
    }

    /// The product of two matrices of one size.
    pub fn product(&self, other: &Matrix) -> Matrix {
        let side = self.side;
        let mut values = vec![0.0; side * side];
        for (row, target) in values.chunks_exact_mut(side).enumerate() {
            for inner in 0..side {
                let factor = self.get(row, inner);
                for (target, value) in target.iter_mut().zip(&other.values[inner * side..(inner + 1) * side]) {
                    *target += factor * value;
                }
            }
        }
        Matrix { side, values }
    }

    /// Eigenvalues of a symmetric matrix and its eigenvectors, one in each column (cyclic Jacobi; Golub
    /// and Van Loan, section 8.5).
    pub fn eigen(&self) -> (Vec<f64>, Matrix) {
        let side = self.side;
        let mut work = self.clone();
        let mut vectors = Matrix::new(side, |row, column| f64::from(u8::from(row == column)));
        let size: f64 = self.values.iter().map(|value| value * value).sum();
        for _ in 0..SWEEPS {
            let beside: f64 = (0..side)
                .flat_map(|row| (0..row).map(move |column| (row, column)))
                .map(|(row, column)| work.get(row, column).powi(2))
                .sum();
            if beside <= size * 1e-30 {
                break;
            }
            for row in 0..side {
                for column in row + 1..side {
                    if work.get(row, column) != 0.0 {
                        work.rotate(&mut vectors, row, column);
                    }
                }
            }
        }
        ((0..side).map(|place| work.get(place, place)).collect(), vectors)
    }

    /// Turns two axes so that the element of both becomes 0.
    fn rotate(&mut self, vectors: &mut Matrix, first: usize, second: usize) {
        let side = self.side;
        let theta = (self.get(second, second) - self.get(first, first)) / (2.0 * self.get(first, second));
        let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
        let cosine = 1.0 / tangent.hypot(1.0);
        let sine = tangent * cosine;
        let turn = |values: &mut [f64], one: usize, other: usize| {
            let (a, b) = (values[one], values[other]);
            (values[one], values[other]) = (cosine * a - sine * b, sine * a + cosine * b);
        };
        for place in 0..side {
            turn(&mut self.values, place * side + first, place * side + second);
            turn(&mut vectors.values, place * side + first, place * side + second);
        }
        for place in 0..side {
            turn(&mut self.values, first * side + place, second * side + place);
        }
    }

    /// The square root of a symmetric matrix without negative eigenvalues; those that rounding made
    /// negative count as 0.
    pub fn square_root(&self) -> Matrix {
        let (values, vectors) = self.eigen();
        let scaled = Matrix::new(self.side, |row, column| vectors.get(row, column) * values[column].max(0.0).sqrt());
        let transposed = Matrix::new(self.side, |row, column| vectors.get(column, row));
        scaled.product(&transposed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use infill::noise::{self, Purpose};

    #[test]
    fn eigenvalues_of_a_matrix_with_known_ones() {
        // The second difference on n points: 2 − 2·cos(kπ/(n + 1)).
        let side = 24;
        let matrix = Matrix::new(side, |row, column| match row.abs_diff(column) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        let (mut values, _) = matrix.eigen();
        values.sort_by(f64::total_cmp);
        for (number, value) in values.iter().enumerate() {
            let expected = 2.0 - 2.0 * ((number + 1) as f64 * std::f64::consts::PI / (side + 1) as f64).cos();
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
    }

    #[test]
    fn the_square_root_times_itself_is_the_matrix() {
        let values = noise::gaussian(&mut noise::stream(1, Purpose::Start, 0, 0), 20 * 12);
        // A Gram matrix of rank 12: eight eigenvalues are 0.
        let matrix =
            Matrix::new(20, |row, column| (0..12).map(|place| f64::from(values[row * 12 + place] * values[column * 12 + place])).sum());
        let root = matrix.square_root();
        let square = root.product(&root);
        for row in 0..20 {
            for column in 0..20 {
                assert!((square.get(row, column) - matrix.get(row, column)).abs() < 1e-6, "at {row}, {column}");
                assert!((root.get(row, column) - root.get(column, row)).abs() < 1e-9);
            }
        }
    }
}
