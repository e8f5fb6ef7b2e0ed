//! `Tree`: sources that may look like a patch, found by what is coarse in it (a k-d tree searched nearest leaf first: Beis and
//! Lowe 1997; for patches He and Sun 2012). It only proposes: what a source costs is counted elsewhere.

use std::f32::consts::FRAC_1_SQRT_2;

use super::plane::{Plane, SIDE, Source};

/// Values that a patch is told by: nine of its brightness, three of each of two colours, three of the guide.
const VALUES: usize = 18;
/// Sources of a leaf at most.
pub const LEAF: usize = 8;
/// A patch is cut into three by three blocks, which begin at these columns and rows.
const BLOCKS: [usize; 4] = [0, 2, 5, SIDE];
/// Mean, slope and curve over three blocks of 2, 3 and 2 pixels: an orthonormal basis, each block weighted by the root of its share.
const BASIS: [[f32; 3]; 3] =
    [[0.534_522_5, 0.654_653_7, 0.534_522_5], [FRAC_1_SQRT_2, 0.0, -FRAC_1_SQRT_2], [0.462_91, -0.755_928_9, 0.462_91]];
/// One level of brightness in a key.
const FINE: f32 = 64.0;
/// Variance is measured on so many sources of a branch.
const SAMPLE: usize = 256;

/// What is coarse in a patch. Squared distances of keys are about those of patches.
pub type Key = [i16; VALUES];

/// Parts a branch in two, by one value.
#[derive(Clone, Copy, Debug)]
struct Node {
    value: i16,
    by: u8,
    /// Of the half from the middle on; the other half's node comes next.
    right: u32,
}

/// A branch not yet looked at.
#[derive(Clone, Copy)]
struct Branch {
    /// About how far it is away.
    far: u32,
    node: u32,
    start: u32,
    end: u32,
}

/// All sources of a level, or many of them.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// Leaf by leaf.
    sources: Vec<Source>,
}

impl Tree {
    /// `guidance`: how much a difference to the guide counts, the same as for [`key`].
    pub fn new(plane: &Plane, sources: impl Iterator<Item = Source>, guidance: f32) -> Self {
        let mut keyed: Vec<(Key, Source)> = sources.map(|source| (key(plane, source.x(), source.y(), guidance), source)).collect();
        let mut nodes = Vec::new();
        build(&mut keyed, &mut nodes);
        Self { nodes, sources: keyed.into_iter().map(|(_, source)| source).collect() }
    }

    /// The sources of the so many leaves that seem nearest, the nearest first.
    pub fn near(&self, key: &Key, leaves: usize) -> impl Iterator<Item = Source> {
        let whole = Branch { far: 0, node: 0, start: 0, end: self.sources.len() as u32 };
        let mut open = vec![whole];
        let key = *key;
        (0..leaves).map_while(move |_| self.leaf(&key, &mut open)).flatten().copied()
    }

    /// The nearest leaf of the open branches, what is beside the way to it opened.
    fn leaf(&self, key: &Key, open: &mut Vec<Branch>) -> Option<&[Source]> {
        let first = (0..open.len()).min_by_key(|place| (open[*place].far, open[*place].node))?;
        let Branch { far, mut node, mut start, mut end } = open.swap_remove(first);
        while (end - start) as usize > LEAF {
            let Node { value, by, right } = self.nodes[node as usize];
            let middle = start + (end - start) / 2;
            let apart = i32::from(key[usize::from(by)]) - i32::from(value);
            // A sixteenth, so that no sum on the way can overflow.
            let far = far + apart.unsigned_abs().pow(2) / 16;
            if apart < 0 {
                open.push(Branch { far, node: right, start: middle, end });
                (node, end) = (node + 1, middle);
            } else {
                open.push(Branch { far, node: node + 1, start, end: middle });
                (node, start) = (right, middle);
            }
        }
        Some(&self.sources[start as usize..end as usize])
    }
}

/// The key of the patch around a pixel.
pub fn key(plane: &Plane, x: usize, y: usize, guidance: f32) -> Key {
    let (start, stride) = (plane.patch_start(x, y), plane.stride());
    let mut key = [0; VALUES];
    let mut blocks = [[[0.0; 3]; 3]; 3];
    for (down, blocks) in blocks.iter_mut().enumerate() {
        for (across, block) in blocks.iter_mut().enumerate() {
            let (rows, columns) = (BLOCKS[down]..BLOCKS[down + 1], BLOCKS[across]..BLOCKS[across + 1]);
            let mut sum = [0u32; 3];
            for from in rows.clone().flat_map(|row| columns.clone().map(move |column| start + row * stride + 3 * column)) {
                for (sum, byte) in sum.iter_mut().zip(&plane.rgb()[from..from + 3]) {
                    *sum += u32::from(*byte);
                }
            }
            let scale = FINE / SIDE as f32 / ((rows.len() * columns.len()) as f32).sqrt();
            *block = opponents(sum.map(|sum| sum as f32 * scale));
        }
    }
    let coefficient = |down: usize, across: usize, channel: usize| {
        let sum = |row: usize| (0..3).map(|column| BASIS[across][column] * blocks[row][column][channel]).sum::<f32>();
        (0..3).map(|row| BASIS[down][row] * sum(row)).sum::<f32>() as i16
    };
    for (place, value) in key[..9].iter_mut().enumerate() {
        *value = coefficient(place / 3, place % 3, 0);
    }
    for (place, (down, across)) in [(0, 0), (0, 1), (1, 0)].into_iter().enumerate() {
        key[9 + place] = coefficient(down, across, 1);
        key[12 + place] = coefficient(down, across, 2);
    }
    if guidance > 0.0 {
        let centre = start + SIDE / 2 * (stride + 3);
        let led: [f32; 3] = std::array::from_fn(|channel| f32::from(plane.guide()[centre + channel]) * FINE * guidance.min(1.0).sqrt());
        for (value, led) in key[15..].iter_mut().zip(opponents(led)) {
            *value = led as i16;
        }
    }
    key
}

/// Brightness and two opponent colours: an orthonormal turn of red, green and blue, in which they depend on each other least.
fn opponents([red, green, blue]: [f32; 3]) -> [f32; 3] {
    [(red + green + blue) * 0.577_350_3, (red - blue) * FRAC_1_SQRT_2, (red - 2.0 * green + blue) * 0.408_248_3]
}

/// Orders sources into leaves, by the median of the value that varies most.
fn build(keyed: &mut [(Key, Source)], nodes: &mut Vec<Node>) {
    if keyed.len() <= LEAF {
        nodes.push(Node { value: 0, by: 0, right: 0 });
        return;
    }
    let (node, by, middle) = (nodes.len(), widest(keyed), keyed.len() / 2);
    // The place decides between equals: the order of a selection among equals is not promised.
    keyed.select_nth_unstable_by_key(middle, |(key, source)| (key[by], source.y(), source.x()));
    nodes.push(Node { value: keyed[middle].0[by], by: by as u8, right: 0 });
    let (left, right) = keyed.split_at_mut(middle);
    build(left, nodes);
    nodes[node].right = nodes.len() as u32;
    build(right, nodes);
}

/// The value that varies most; the first of several.
fn widest(keyed: &[(Key, Source)]) -> usize {
    let mut sums = [(0i64, 0i64); VALUES];
    let mut count = 0;
    for (key, _) in keyed.iter().step_by((keyed.len() / SAMPLE).max(1)) {
        count += 1;
        for (sum, value) in sums.iter_mut().zip(key.map(i64::from)) {
            *sum = (sum.0 + value, sum.1 + value * value);
        }
    }
    let spread = |value: usize| count * sums[value].1 - sums[value].0 * sums[value].0;
    (0..VALUES).rev().max_by_key(|value| spread(*value)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane of noise, wholly known, and its sources.
    fn noise(width: usize, height: usize) -> (Plane, Vec<Source>) {
        let byte = |place: usize| ((place as u32).wrapping_mul(2_654_435_761) ^ 0x5bd1_e995).wrapping_mul(2_246_822_519) >> 24;
        let rgb: Vec<u8> = (0..3 * width * height).map(|place| byte(place) as u8).collect();
        let plane = Plane::new(rgb.clone(), Some(rgb), &vec![false; width * height], width);
        let sources = plane.sources();
        (plane, sources)
    }

    #[test]
    fn all_leaves_hold_every_source_once() {
        let (plane, sources) = noise(41, 23);
        let tree = Tree::new(&plane, sources.iter().copied(), 0.3);
        let mut found: Vec<Source> = tree.near(&key(&plane, 20, 11, 0.3), sources.len()).collect();
        found.sort_unstable_by_key(|source| (source.y(), source.x()));
        assert_eq!(found, sources);
    }

    #[test]
    fn the_first_leaves_hold_the_patch_itself_and_nearer_ones_than_others() {
        let (plane, sources) = noise(90, 60);
        let tree = Tree::new(&plane, sources.iter().copied(), 0.0);
        let apart = |one: &Key, other: &Source| {
            let other = key(&plane, other.x(), other.y(), 0.0);
            one.iter().zip(other).map(|(one, other)| (f64::from(*one) - f64::from(other)).powi(2)).sum::<f64>()
        };
        let mean = |one: &Key, many: &[Source]| many.iter().map(|source| apart(one, source)).sum::<f64>() / many.len() as f64;
        let (mut near, mut all) = (0.0, 0.0);
        for source in sources.iter().step_by(97) {
            let key = key(&plane, source.x(), source.y(), 0.0);
            let found: Vec<Source> = tree.near(&key, 2).collect();
            assert!(found.contains(source), "{source:?} is not in its own leaf or the next");
            (near, all) = (near + mean(&key, &found), all + mean(&key, &sources));
        }
        assert!(near < 0.6 * all, "{near} among the proposed, {all} among all");
    }

    #[test]
    fn nothing_is_proposed_from_nothing() {
        let (plane, _) = noise(9, 9);
        let tree = Tree::new(&plane, std::iter::empty(), 1.0);
        assert_eq!(tree.near(&key(&plane, 4, 4, 1.0), 3).count(), 0);
    }
}
