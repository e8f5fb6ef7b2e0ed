//! The smoothest continuation of a hole's rim, solved for exactly: a baseline's arithmetic.

use infill::mask::Mask;
use infill::picture::Picture;

/// The equations 'every missing pixel is the mean of its neighbours', solved by conjugate gradients.
pub struct Laplace {
    width: usize,
    /// Missing pixels, row by row.
    unknowns: Vec<(usize, usize)>,
    /// Of each unknown: its neighbours that are unknown too.
    inner: Vec<Vec<usize>>,
    /// Of each unknown: its known neighbours.
    rim: Vec<Vec<(usize, usize)>>,
}

impl Laplace {
    /// The equations of a mask.
    pub fn new(width: usize, height: usize, mask: &Mask) -> Laplace {
        let mut index = vec![None; width * height];
        let mut unknowns = Vec::new();
        for (place, number) in index.iter_mut().enumerate() {
            let (x, y) = (place % width, place / width);
            if mask.covers(x, y) {
                *number = Some(unknowns.len());
                unknowns.push((x, y));
            }
        }
        let (mut inner, mut rim) = (Vec::new(), Vec::new());
        for &(x, y) in &unknowns {
            let (mut unknown, mut known) = (Vec::new(), Vec::new());
            for (x, y) in neighbours(x, y, width, height) {
                match index[y * width + x] {
                    Some(number) => unknown.push(number),
                    None => known.push((x, y)),
                }
            }
            inner.push(unknown);
            rim.push(known);
        }
        Laplace { width, unknowns, inner, rim }
    }

    /// One channel (0–255) of the missing pixels, row by row. Stops when the residual is a millionth of what it was.
    pub fn solve(&self, picture: &Picture, channel: usize, start: f64) -> Vec<f64> {
        let known = |(x, y): &(usize, usize)| f64::from(picture.pixels()[(y * self.width + x) * 3 + channel]);
        let wanted: Vec<f64> = self.rim.iter().map(|rim| rim.iter().map(known).sum()).collect();
        let mut values = vec![start; self.unknowns.len()];
        let mut residual: Vec<f64> = wanted.iter().zip(self.apply(&values)).map(|(a, b)| a - b).collect();
        let mut direction = residual.clone();
        let mut norm = dot(&residual, &residual);
        let enough = norm * 1e-12;
        // In exact arithmetic as many iterations as unknowns are enough.
        for _ in 0..self.unknowns.len() {
            if norm <= enough {
                break;
            }
            let applied = self.apply(&direction);
            let length = norm / dot(&direction, &applied);
            for place in 0..values.len() {
                values[place] += length * direction[place];
                residual[place] -= length * applied[place];
            }
            let next = dot(&residual, &residual);
            for place in 0..values.len() {
                direction[place] = residual[place] + next / norm * direction[place];
            }
            norm = next;
        }
        values
    }

    /// Neighbours' count × value − the sum of the unknown neighbours.
    fn apply(&self, values: &[f64]) -> Vec<f64> {
        self.inner
            .iter()
            .zip(&self.rim)
            .zip(values)
            .map(|((inner, rim), value)| (inner.len() + rim.len()) as f64 * value - inner.iter().map(|place| values[*place]).sum::<f64>())
            .collect()
    }
}

fn neighbours(x: usize, y: usize, width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    [
        (x.checked_sub(1), Some(y)),
        (Some(x + 1).filter(|x| *x < width), Some(y)),
        (Some(x), y.checked_sub(1)),
        (Some(x), Some(y + 1).filter(|y| *y < height)),
    ]
    .into_iter()
    .filter_map(|(x, y)| x.zip(y))
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}
