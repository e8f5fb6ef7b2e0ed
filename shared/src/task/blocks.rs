//! Where a picture shows the blocks of JPEG: how much larger the steps at the edges of 8 × 8 blocks are than those beside them.
//! The blocks need not begin at the picture's corner: it may have been cut. Nothing is repaired here.

use crate::mask::Rect;

/// Side of a block in pixels.
const SIDE: usize = 8;

/// Mean step at the edges, beyond that beside them, from which a part is worth repairing: levels of 255. Of 192 parts of 128 × 128
/// pixels in 64 photographs it left out none at a quality of 10 and 20, 1 at 30, 2 at 50, 13 at 70, and 124 at 95.
const SEEN: f32 = 0.5;

/// How much larger, in the same levels, steps must be elsewhere than at multiples of 8 for the picture to be cut from a larger one.
const CUT: f32 = 0.3;

/// And how many standard errors larger.
const CERTAIN: f32 = 5.0;

/// Rows, or columns, in which the blocks' beginning is looked for, at most and at least.
const LOOKED_AT: (usize, usize) = (256, 32);

/// Pixels of these after which fewer are enough.
const ENOUGH: usize = 1 << 18;

/// Of each block every third row and column: every second would see patterns of the same period as edges.
const EVERY: usize = 3;

/// Steps at the edges that belong to a block.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Edges {
    /// Of twice the step at an edge less those beside it, levels.
    sum: i32,
    /// Places that were counted: where all four pixels are equal there is nothing to see either way.
    count: u32,
}

impl Edges {
    /// Four pixels in a row, with the edge in their middle.
    fn add(&mut self, [first, before, after, last]: [u8; 4]) {
        let step = |one: u8, other: u8| i32::from(one.abs_diff(other));
        let (beside, at) = (step(first, before) + step(after, last), step(before, after));
        if beside + at > 0 {
            self.sum += 2 * at - beside;
            self.count += 1;
        }
    }

    fn mean(self) -> f32 {
        self.sum as f32 / (2 * self.count.max(1)) as f32
    }
}

/// A picture's blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks {
    /// Where they begin: 0 to 7 pixels from the picture's left edge and from its upper one.
    origin: (usize, usize),
    columns: usize,
    /// Row by row.
    edges: Vec<Edges>,
}

impl Blocks {
    /// Of a picture of this width and height: RGB or RGBA, row by row. Green is looked at, which is most of what people see.
    ///
    /// # Panics
    /// When there are fewer pixels.
    pub fn find(size: (usize, usize), pixels: &[u8]) -> Self {
        let mut search = BlockSearch::new(size, pixels);
        search.go_on(usize::MAX, pixels);
        search.found
    }

    /// Columns and rows, 0 to 7, that are missing of the blocks at the left and at the upper edge of the picture: it was cut from a
    /// larger one.
    pub fn missing(&self) -> (usize, usize) {
        let missing = |origin: usize| (SIDE - origin) % SIDE;
        (missing(self.origin.0), missing(self.origin.1))
    }

    /// Whether they are seen in a part of the picture, in pixels.
    pub fn are_seen(&self, part: &Rect) -> bool {
        let (from, to) = (part.left / SIDE, part.right().div_ceil(SIDE).min(self.columns));
        let rows = self.edges.chunks_exact(self.columns.max(1)).take(part.bottom().div_ceil(SIDE)).skip(part.top / SIDE);
        let mut all = Edges::default();
        for edges in rows.flat_map(|row| &row[from.min(to)..to]) {
            all = Edges { sum: all.sum + edges.sum, count: all.count + edges.count };
        }
        all.mean() >= SEEN
    }
}

/// A search for the blocks of a picture, some rows at a time: who must not stand still goes on with it later.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockSearch {
    size: (usize, usize),
    /// The next row of blocks.
    row: usize,
    found: Blocks,
}

impl BlockSearch {
    /// In such a picture.
    ///
    /// # Panics
    /// When there are fewer pixels.
    pub fn new((width, height): (usize, usize), pixels: &[u8]) -> Self {
        let green = green((width, height), pixels);
        let origin = (beginning(width, height, across(&green)), beginning(height, width, down(&green)));
        let (columns, rows) = (width.div_ceil(SIDE), height.div_ceil(SIDE));
        let found = Blocks { origin, columns, edges: vec![Edges::default(); columns * rows] };
        Self { size: (width, height), row: 0, found }
    }

    /// Goes on for about so many rows of its pixels; all blocks that there are, when it is at its end.
    ///
    /// # Panics
    /// When there are fewer pixels.
    pub fn go_on(&mut self, rows: usize, pixels: &[u8]) -> Option<&Blocks> {
        let ((width, height), (left, top)) = (self.size, self.found.origin);
        let green = green(self.size, pixels);
        let (across, down) = (across(&green), down(&green));
        let end = self.row.saturating_add(rows.div_ceil(SIDE));
        for (row, edges) in self.found.edges.chunks_mut(self.found.columns.max(1)).enumerate().take(end).skip(self.row) {
            let y = row * SIDE;
            for (column, edges) in edges.iter_mut().enumerate() {
                let x = column * SIDE;
                if has_edge(x + left, width) {
                    (y..height.min(y + SIDE)).step_by(EVERY).for_each(|y| edges.add(across(x + left, y)));
                }
                if has_edge(y + top, height) {
                    (x..width.min(x + SIDE)).step_by(EVERY).for_each(|x| edges.add(down(y + top, x)));
                }
            }
        }
        self.row = end;
        (end >= height.div_ceil(SIDE)).then_some(&self.found)
    }
}

/// One channel of a pixel. Not the caller's to give: what is asked so often is to be in line.
fn green((width, height): (usize, usize), pixels: &[u8]) -> impl Fn(usize, usize) -> u8 {
    let channels = pixels.len() / (width * height).max(1);
    move |x, y| pixels[channels * (y * width + x) + 1]
}

/// The pixels on either side of an edge, two and two, in a row.
fn across(value: impl Fn(usize, usize) -> u8) -> impl Fn(usize, usize) -> [u8; 4] {
    move |x, y| [value(x - 2, y), value(x - 1, y), value(x, y), value(x + 1, y)]
}

/// The same in a column.
fn down(value: impl Fn(usize, usize) -> u8) -> impl Fn(usize, usize) -> [u8; 4] {
    move |y, x| [value(x, y - 2), value(x, y - 1), value(x, y), value(x, y + 1)]
}

/// Whether there are two pixels on either side of a place.
fn has_edge(place: usize, length: usize) -> bool {
    (2..length.saturating_sub(1)).contains(&place)
}

/// Where blocks begin along lines of a length, of which there are `lines`: 0 to 7.
fn beginning(length: usize, lines: usize, pixels: impl Fn(usize, usize) -> [u8; 4]) -> usize {
    let looked_at = (ENOUGH / length.max(1)).clamp(LOOKED_AT.1, LOOKED_AT.0);
    let found: [(f32, f32); SIDE] = std::array::from_fn(|beginning| {
        let (mut all, mut squares) = (Edges::default(), 0.0);
        for line in (0..lines).step_by(lines.div_ceil(looked_at).max(1)) {
            for place in (beginning..length).step_by(SIDE).filter(|place| has_edge(*place, length)) {
                let before = all.sum;
                all.add(pixels(place, line));
                squares += ((all.sum - before) as f32 / 2.0).powi(2);
            }
        }
        let count = all.count.max(1) as f32;
        (all.mean(), (squares / count - all.mean().powi(2)).max(0.0) / count)
    });
    let largest = (0..SIDE).max_by(|one, other| f32::total_cmp(&found[*one].0, &found[*other].0)).unwrap_or(0);
    let (first, best) = (found[0], found[largest]);
    // In a small or a noisy picture some beginning always looks better than the first.
    let by_chance = CERTAIN * (first.1 + best.1).sqrt();
    if best.0 > first.0 + CUT.max(by_chance) { largest } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slope: in steps of 4 levels at the edges of blocks that begin at 3, or even.
    fn slope(blocky: bool) -> impl Fn(usize, usize) -> u8 {
        move |x, y| match blocky {
            true => ((x + 5) / 8 * 4 + (y + 5) / 8 * 4) as u8,
            false => ((3 * x + 5 * y) / 7) as u8,
        }
    }

    /// A grey picture of these values.
    fn grey((width, height): (usize, usize), value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..width * height).flat_map(|place| [value(place % width, place / width); 3]).collect()
    }

    fn find(size: (usize, usize), value: impl Fn(usize, usize) -> u8) -> Blocks {
        Blocks::find(size, &grey(size, value))
    }

    #[test]
    fn blocks_are_seen_where_they_are_wherever_they_begin() {
        let part = Rect { left: 16, top: 16, width: 64, height: 64 };
        let blocky = find((200, 160), slope(true));
        assert!(blocky.are_seen(&part));
        assert!(!find((200, 160), slope(false)).are_seen(&part));
        assert!(!find((200, 160), |_, _| 90).are_seen(&part));
        assert_eq!((find((200, 160), slope(true)).missing(), find((200, 160), |_, _| 90).missing()), ((5, 5), (0, 0)));
        let half = find((200, 160), |x, y| slope(x < 96)(x, y));
        assert!(half.are_seen(&part) && !half.are_seen(&Rect { left: 112, ..part }));
    }

    #[test]
    fn a_search_in_parts_finds_the_same() {
        for size in [(200, 160), (90, 33)] {
            let picture = grey(size, slope(true));
            let mut search = BlockSearch::new(size, &picture);
            let found = std::iter::repeat_with(|| search.go_on(20, &picture).cloned()).take(20).find_map(|found| found);
            assert_eq!(found, Some(Blocks::find(size, &picture)));
        }
    }

    #[test]
    fn the_smallest_pictures_have_none() {
        for size in [(1, 1), (2, 3), (3, 9), (8, 1)] {
            let blocks = find(size, |x, y| ((x + y) * 30) as u8);
            assert!(!blocks.are_seen(&Rect { left: 0, top: 0, width: size.0, height: size.1 }), "{size:?}");
        }
    }
}
