//! The mean of pictures: blurrier than each, and nearer to the truth on average.

use infill::picture::Picture;

/// The mean of pictures of one size.
pub struct Mean {
    width: usize,
    height: usize,
    /// Sums of the samples, row by row.
    sums: Vec<u32>,
    count: u32,
}

impl Mean {
    /// Of one picture so far.
    pub fn of(picture: &Picture) -> Self {
        let sums = picture.pixels().iter().map(|value| u32::from(*value)).collect();
        Self { width: picture.width(), height: picture.height(), sums, count: 1 }
    }

    /// With one more, of the same size.
    pub fn add(&mut self, picture: &Picture) {
        self.sums.iter_mut().zip(picture.pixels()).for_each(|(sum, value)| *sum += u32::from(*value));
        self.count += 1;
    }

    /// Rounded to the nearest value.
    pub fn picture(&self) -> Picture {
        let mut picture = Picture::filled(self.width, self.height, [0; 3]);
        let values = picture.pixels_mut().iter_mut().zip(&self.sums);
        values.for_each(|(value, sum)| *value = ((sum + self.count / 2) / self.count) as u8);
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_to_the_nearest() {
        let mut mean = Mean::of(&Picture::filled(2, 1, [0, 10, 255]));
        mean.add(&Picture::filled(2, 1, [1, 11, 255]));
        mean.add(&Picture::filled(2, 1, [0, 11, 255]));
        assert_eq!(mean.picture(), Picture::filled(2, 1, [0, 11, 255]));
    }
}
