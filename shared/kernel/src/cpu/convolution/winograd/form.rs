//! The transforms of Winograd's convolutions along one row or column, by size (Lavin and Gray, arXiv 1509.09308,
//! section 4.1 and 4.3). In two dimensions each is applied to the columns and then to the rows.

/// How many results a tile has in a row and a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// F(2×2, 3×3): 4 products a result. For weights that change, which are transformed each time.
    Two,
    /// F(4×4, 3×3): 2.25 products a result, but more numbers for a weight, and larger ones on the way, which costs a
    /// digit. Without gradients.
    Four,
}

impl Form {
    /// Results of a tile in a row.
    pub const fn results(self) -> usize {
        match self {
            Self::Two => Two::RESULTS,
            Self::Four => Four::RESULTS,
        }
    }

    /// Numbers of a transformed tile in a row: one for every pixel that its results depend on.
    pub const fn side(self) -> usize {
        self.results() + 2
    }

    /// Numbers of a transformed tile.
    pub const fn positions(self) -> usize {
        self.side() * self.side()
    }
}

/// The transforms of one form; the matrices are called as in the paper.
pub trait Transforms<const RESULTS: usize, const SIDE: usize> {
    /// Bᵀ·d
    fn input(pixels: [f32; SIDE]) -> [f32; SIDE];
    /// Aᵀ·m
    fn output(products: [f32; SIDE]) -> [f32; RESULTS];
    /// G·g
    fn weight(taps: [f32; 3]) -> [f32; SIDE];
}

/// [`Form::Two`].
pub struct Two;

impl Two {
    pub const RESULTS: usize = 2;

    /// A·y, for gradients.
    #[cfg(feature = "autodiff")]
    #[inline(always)]
    pub fn gradient([a, b]: [f32; 2]) -> [f32; 4] {
        [a, a + b, a - b, -b]
    }

    /// Gᵀ·u, for gradients.
    #[cfg(feature = "autodiff")]
    #[inline(always)]
    pub fn taps([a, b, c, d]: [f32; 4]) -> [f32; 3] {
        let (sum, difference) = (0.5 * (b + c), 0.5 * (b - c));
        [a + sum, difference, sum + d]
    }
}

impl Transforms<2, 4> for Two {
    #[inline(always)]
    fn input([a, b, c, d]: [f32; 4]) -> [f32; 4] {
        [a - c, b + c, c - b, b - d]
    }

    #[inline(always)]
    fn output([a, b, c, d]: [f32; 4]) -> [f32; 2] {
        [a + b + c, b - c - d]
    }

    #[inline(always)]
    fn weight([a, b, c]: [f32; 3]) -> [f32; 4] {
        let (ends, middle) = (0.5 * (a + c), 0.5 * b);
        [a, ends + middle, ends - middle, c]
    }
}

/// [`Form::Four`].
pub struct Four;

impl Four {
    pub const RESULTS: usize = 4;
}

impl Transforms<4, 6> for Four {
    #[inline(always)]
    fn input([a, b, c, d, e, f]: [f32; 6]) -> [f32; 6] {
        let (even, odd) = (e - 4.0 * c, d - 4.0 * b);
        let (of_even, of_odd) = (e - c, 2.0 * (d - b));
        [4.0 * a - 5.0 * c + e, even + odd, even - odd, of_even + of_odd, of_even - of_odd, 4.0 * b - 5.0 * d + f]
    }

    #[inline(always)]
    fn output([a, b, c, d, e, f]: [f32; 6]) -> [f32; 4] {
        let (sum, difference) = (b + c, b - c);
        let (of_two, from_two) = (d + e, d - e);
        [a + sum + of_two, difference + 2.0 * from_two, sum + 4.0 * of_two, difference + 8.0 * from_two + f]
    }

    #[inline(always)]
    fn weight([a, b, c]: [f32; 3]) -> [f32; 6] {
        let (ends, middle) = ((a + c) / -6.0, b / -6.0);
        let (of_ends, of_middle) = (a / 24.0 + c / 6.0, b / 12.0);
        [a / 4.0, ends + middle, ends - middle, of_ends + of_middle, of_ends - of_middle, c]
    }
}

#[cfg(all(test, feature = "autodiff"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Three taps over a row, and the same by one form.
    fn check<F: Transforms<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize>(pixels: [f32; SIDE], taps: [f32; 3]) {
        let (pixels_there, taps_there) = (F::input(pixels), F::weight(taps));
        let found = F::output(std::array::from_fn(|place| pixels_there[place] * taps_there[place]));
        for (place, found) in found.into_iter().enumerate() {
            let expected: f32 = (0..3).map(|tap| taps[tap] * pixels[place + tap]).sum();
            assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
        }
    }

    fn product(left: &[f32], right: &[f32]) -> f32 {
        left.iter().zip(right).map(|(left, right)| left * right).sum()
    }

    proptest! {
        #[test]
        fn forms_are_convolutions(pixels in prop::array::uniform6(-1f32..1.0), taps in prop::array::uniform3(-1f32..1.0)) {
            let [a, b, c, d, ..] = pixels;
            check::<Two, 2, 4>([a, b, c, d], taps);
            check::<Four, 4, 6>(pixels, taps);
        }

        /// ⟨y, Aᵀ·m⟩ = ⟨A·y, m⟩, and the same of G.
        #[test]
        fn gradients_are_the_transposed_transforms(
            numbers in prop::array::uniform4(-1f32..1.0), results in prop::array::uniform2(-1f32..1.0), taps in prop::array::uniform3(-1f32..1.0),
        ) {
            for (left, right) in [
                (product(&results, &Two::output(numbers)), product(&Two::gradient(results), &numbers)),
                (product(&taps, &Two::taps(numbers)), product(&Two::weight(taps), &numbers)),
            ] {
                prop_assert!((left - right).abs() < 1e-5, "{left} is not {right}");
            }
        }
    }
}
