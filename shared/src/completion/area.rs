//! Sets of pixels, one `bool` or number a pixel, row by row: grown by a square, and how deep a pixel lies inside.

/// Pixels from the centre of a patch to its edge.
pub const RADIUS: usize = 3;

/// A step to a neighbour along an axis, in the units of [`depth`].
pub const STEP: u32 = 3;

/// A set with everything within `radius` of it, in the largest coordinate.
pub fn grow(set: &[bool], width: usize, radius: usize) -> Vec<bool> {
    let height = set.len() / width;
    let mut across = vec![false; set.len()];
    for y in 0..height {
        spread(|x| set[y * width + x], |x| across[y * width + x] = true, width, radius);
    }
    let mut grown = vec![false; set.len()];
    for x in 0..width {
        spread(|y| across[y * width + x], |y| grown[y * width + x] = true, height, radius);
    }
    grown
}

/// Calls `mark` for every index within `radius` of a set one.
fn spread(is_set: impl Fn(usize) -> bool, mut mark: impl FnMut(usize), length: usize, radius: usize) {
    let mut marked = 0;
    for index in (0..length).filter(|index| is_set(*index)) {
        for near in marked.max(index.saturating_sub(radius))..(index + radius + 1).min(length) {
            mark(near);
        }
        marked = (index + radius + 1).min(length);
    }
}

/// Centres of patches that lie inside the picture and hold nothing of the hole.
pub fn whole_patches(hole: &[bool], width: usize) -> Vec<bool> {
    let height = hole.len() / width;
    let mut whole: Vec<bool> = grow(hole, width, RADIUS).into_iter().map(|touched| !touched).collect();
    for (place, whole) in whole.iter_mut().enumerate() {
        let (x, y) = (place % width, place / width);
        *whole &= x >= RADIUS && y >= RADIUS && x + RADIUS < width && y + RADIUS < height;
    }
    whole
}

/// How far a pixel of the hole is from the known: 3 a step, 4 a diagonal one (Borgefors 1986); 0 where known.
pub fn depth(hole: &[bool], width: usize) -> Vec<u32> {
    let height = hole.len() / width;
    let mut depth: Vec<u32> = hole.iter().map(|hole| if *hole { 1 << 24 } else { 0 }).collect();
    let mut lower = |place: usize, back: isize| {
        let (x, y) = ((place % width) as isize, (place / width) as isize);
        for (across, down, step) in [(-1, 0, STEP), (0, -1, STEP), (-1, -1, STEP + 1), (1, -1, STEP + 1)] {
            let (u, v) = (x + back * across, y + back * down);
            if (0..width as isize).contains(&u) && (0..height as isize).contains(&v) {
                depth[place] = depth[place].min(depth[v as usize * width + u as usize] + step);
            }
        }
    };
    for place in (0..hole.len()).filter(|place| hole[*place]) {
        lower(place, 1);
    }
    for place in (0..hole.len()).rev().filter(|place| hole[*place]) {
        lower(place, -1);
    }
    depth
}
