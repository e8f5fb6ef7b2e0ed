//! A hole filled without a net by what its rim suggests: a sampler may begin from it. And which known pixel is the
//! nearest, which the baselines of an evaluation go by too.

use super::smooth_fill;

/// What stands far from the rim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Far {
    /// The known part in a mirror: texture, at the price of doubled things.
    Mirror,
    /// The smoothest continuation of the rim.
    Smooth,
}

impl Far {
    /// Of the side of a picture: so near to the rim its nearest pixel is repeated, and from the second share on what is far
    /// stands alone.
    fn shares(self) -> [f32; 2] {
        match self {
            Self::Mirror => [3.0 / 64.0, 1.0 / 8.0],
            Self::Smooth => [1.0 / 16.0, 1.0 / 4.0],
        }
    }
}

/// Of the side of a picture: in a hole that is nowhere deeper only the rim is repeated. A mirror doubles things and a smooth
/// fill has no texture, which pays where there is much to be told, and not in a narrow border or a small hole.
const SHALLOW: f32 = 1.0 / 4.0;

/// Replaces what is missing: at the rim by the nearest known pixel, far from it by `far`, between them by both, and in a
/// hole too shallow for it by the nearest pixel alone. Where nothing is known the picture becomes 0, mid-grey.
///
/// # Shapes
/// - planes: any number of `[height, width]`
/// - missing: `[height, width]`
///
/// # Panics
/// When the planes are not a multiple of what `missing` has.
pub fn guess_fill(planes: &mut [f32], width: usize, missing: &[bool], far: Far) {
    let Some(nearest) = nearest_known(missing, width) else {
        return smooth_fill(planes, width, missing);
    };
    let known = planes.to_vec();
    if far == Far::Smooth {
        smooth_fill(planes, width, missing);
    }
    let side = width.max(missing.len() / width) as f32;
    let [begin, end] = far.shares().map(|share| share * side);
    let distance = |place: usize| {
        let near = nearest[place];
        let across = (near % width).abs_diff(place % width) as f32;
        across.hypot((near / width).abs_diff(place / width) as f32)
    };
    let shallow = (0..missing.len()).map(distance).fold(0.0, f32::max) <= SHALLOW * side;
    for place in (0..missing.len()).filter(|place| missing[*place]) {
        let near = nearest[place];
        let part = if shallow { 0.0 } else { ((distance(place) - begin) / (end - begin)).clamp(0.0, 1.0) };
        let mirrored = mirror_image(missing, width, place, near);
        for (plane, known) in planes.chunks_exact_mut(missing.len()).zip(known.chunks_exact(missing.len())) {
            let away = match far {
                Far::Mirror => known[mirrored],
                Far::Smooth => plane[place],
            };
            plane[place] = known[near] + part * (away - known[near]);
        }
    }
}

/// The place of a missing pixel's mirror image behind the nearest known one; that one where the image is missing too, or
/// outside.
pub fn mirror_image(missing: &[bool], width: usize, place: usize, nearest: usize) -> usize {
    let height = missing.len() / width;
    let across = (2 * (nearest % width)).checked_sub(place % width).filter(|x| *x < width);
    let down = (2 * (nearest / width)).checked_sub(place / width).filter(|y| *y < height);
    across.zip(down).map(|(x, y)| y * width + x).filter(|image| !missing[*image]).unwrap_or(nearest)
}

/// For every pixel the place of the known one at the smallest distance; `None` when nothing is known. First along
/// columns, then along rows, so that it takes side³ and not side⁴ steps.
pub fn nearest_known(missing: &[bool], width: usize) -> Option<Vec<usize>> {
    let height = missing.len() / width;
    let mut in_column: Vec<Option<usize>> = vec![None; missing.len()];
    for x in 0..width {
        let known: Vec<usize> = (0..height).filter(|y| !missing[y * width + x]).collect();
        for y in 0..height {
            in_column[y * width + x] = known.iter().copied().min_by_key(|row| row.abs_diff(y));
        }
    }
    (0..missing.len())
        .map(|place| {
            let (x, y) = (place % width, place / width);
            let found = (0..width).filter_map(|column| in_column[y * width + column].map(|row| (column, row)));
            found.min_by_key(|(column, row)| column.abs_diff(x).pow(2) + row.abs_diff(y).pow(2)).map(|(column, row)| row * width + column)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two planes 32 wide of which the right half is missing, and nonsense stands there.
    fn half() -> (Vec<f32>, Vec<bool>) {
        let missing: Vec<bool> = (0..32 * 8).map(|place| place % 32 >= 16).collect();
        let value = |index: usize| if index % 32 >= 16 { f32::NAN } else { (index % 32) as f32 + (index / 32) as f32 * 0.01 };
        ((0..2 * 32 * 8).map(value).collect(), missing)
    }

    #[test]
    fn the_rim_is_repeated_and_the_far_is_a_mirror_or_smooth() {
        let (known, missing) = half();
        for far in [Far::Mirror, Far::Smooth] {
            let mut planes = known.clone();
            guess_fill(&mut planes, 32, &missing, far);
            for (index, value) in planes.iter().enumerate() {
                let (x, row) = (index % 32, (index / 32) as f32 * 0.01);
                let expected = match (x, far) {
                    (..16, _) => x as f32 + row,
                    // Of 32 pixels 1.5 and 2 from the rim at column 15.
                    (16, _) | (17, Far::Smooth) => 15.0 + row,
                    (19..=30, Far::Mirror) => (30 - x) as f32 + row,
                    _ => continue,
                };
                assert!((value - expected).abs() < 1e-4, "{far:?} at {index}: {value} is not {expected}");
            }
            assert!(planes.iter().all(|value| value.is_finite()), "{far:?} took something from what is missing");
        }
    }

    #[test]
    fn a_narrow_border_repeats_the_rim() {
        let missing: Vec<bool> = (0..32 * 32).map(|place| place % 32 >= 24).collect();
        let mut planes: Vec<f32> = (0..32 * 32).map(|place| (place % 32) as f32).collect();
        guess_fill(&mut planes, 32, &missing, Far::Mirror);
        for (place, value) in planes.into_iter().enumerate() {
            assert_eq!(value, (place % 32).min(23) as f32, "{place}");
        }
    }

    #[test]
    fn where_nothing_is_known_it_is_grey() {
        let mut planes = vec![0.7; 48];
        guess_fill(&mut planes, 4, &[true; 16], Far::Mirror);
        assert_eq!(planes, [0.0; 48]);
    }
}
