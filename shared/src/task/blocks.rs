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

/// Rows, or columns, in which the blocks' beginning is looked for.
const LOOKED_AT: usize = 256;

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
    columns: usize,
    /// Row by row.
    edges: Vec<Edges>,
}

impl Blocks {
    /// Of a picture of this width and height. `value` gives one channel of a pixel; green is most of what people see.
    pub fn find((width, height): (usize, usize), value: impl Fn(usize, usize) -> u8) -> Self {
        let across = |x: usize, y: usize| [value(x - 2, y), value(x - 1, y), value(x, y), value(x + 1, y)];
        let down = |y: usize, x: usize| [value(x, y - 2), value(x, y - 1), value(x, y), value(x, y + 1)];
        let (left, top) = (beginning(width, height, across), beginning(height, width, down));
        let (columns, rows) = (width.div_ceil(SIDE), height.div_ceil(SIDE));
        let mut edges = vec![Edges::default(); columns * rows];
        for (place, edges) in edges.iter_mut().enumerate() {
            let (x, y) = (place % columns * SIDE, place / columns * SIDE);
            if has_edge(x + left, width) {
                (y..height.min(y + SIDE)).step_by(EVERY).for_each(|y| edges.add(across(x + left, y)));
            }
            if has_edge(y + top, height) {
                (x..width.min(x + SIDE)).step_by(EVERY).for_each(|x| edges.add(down(y + top, x)));
            }
        }
        Self { columns, edges }
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

/// Whether there are two pixels on either side of a place.
fn has_edge(place: usize, length: usize) -> bool {
    (2..length.saturating_sub(1)).contains(&place)
}

/// Where blocks begin along lines of a length, of which there are `lines`: 0 to 7.
fn beginning(length: usize, lines: usize, pixels: impl Fn(usize, usize) -> [u8; 4]) -> usize {
    let mut means = [0.0; SIDE];
    for (beginning, mean) in means.iter_mut().enumerate() {
        let mut all = Edges::default();
        for line in (0..lines).step_by(lines.div_ceil(LOOKED_AT).max(1)) {
            (beginning..length).step_by(SIDE).filter(|place| has_edge(*place, length)).for_each(|place| all.add(pixels(place, line)));
        }
        *mean = all.mean();
    }
    let largest = (0..SIDE).max_by(|one, other| f32::total_cmp(&means[*one], &means[*other])).unwrap_or(0);
    if means[largest] > means[0] + CUT { largest } else { 0 }
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

    #[test]
    fn blocks_are_seen_where_they_are_wherever_they_begin() {
        let part = Rect { left: 16, top: 16, width: 64, height: 64 };
        let blocky = Blocks::find((200, 160), slope(true));
        assert!(blocky.are_seen(&part));
        assert!(!Blocks::find((200, 160), slope(false)).are_seen(&part));
        assert!(!Blocks::find((200, 160), |_, _| 90).are_seen(&part));
        let half = Blocks::find((200, 160), |x, y| slope(x < 96)(x, y));
        assert!(half.are_seen(&part) && !half.are_seen(&Rect { left: 112, ..part }));
    }

    #[test]
    fn the_smallest_pictures_have_none() {
        for size in [(1, 1), (2, 3), (3, 9), (8, 1)] {
            let blocks = Blocks::find(size, |x, y| ((x + y) * 30) as u8);
            assert!(!blocks.are_seen(&Rect { left: 0, top: 0, width: size.0, height: size.1 }), "{size:?}");
        }
    }
}
