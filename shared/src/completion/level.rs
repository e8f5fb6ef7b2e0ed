//! `Level`: one octave of a completion: what it looks like so far and where each patch of it comes from.

use super::{
    area::{self, RADIUS},
    plane::{Plane, Source},
    pyramid::{Raster, blur},
    tree::Tree,
};
use crate::mask::Rect;

/// In `Level::index`: no patch of the hole.
pub const NOWHERE: u32 = u32::MAX;

/// How much the known counts in matching.
const KNOWN: u8 = 120;

/// What counts in matching and voting at a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counts {
    /// How much the rim of the hole counts in matching, where the known counts [`KNOWN`].
    rim: f32,
    /// A pixel of the hole counts less by this factor with every pixel deeper, in matching and in its patch's vote.
    depth: f32,
    /// How much votes differ by what their matches cost: a match that costs less has more of the say.
    pub strictness: f32,
    /// At this distance of colour (three channels, 0 to 255) from the winner a vote counts a quarter.
    pub alike: f32,
}

impl Counts {
    /// Where it is decided what belongs where: what many patches agree on.
    const COARSER: Self = Self { rim: 60.0, depth: 1.3, strictness: 1.0, alike: 15.0 };
    /// Where that is copied: the best matches with the known, and little is averaged. So strict a level further down breaks what
    /// belongs together into pieces, which looks worse and measures better.
    const FINEST: Self = Self { rim: 15.0, depth: 1.6, strictness: 8.0, alike: 5.0 };
}

/// How much less the guide counts with every octave beyond what it can say: a factor.
const FALL: f32 = 0.3;
/// Less than this it need not count.
const LEAST: f32 = 0.01;

/// One octave under way.
#[derive(Debug)]
pub struct Level {
    pub plane: Plane,
    /// `[height, width]`
    pub hole: Vec<bool>,
    /// How much each pixel counts in matching, with the plane's room around.
    pub weights: Vec<u8>,
    /// Centres of the patches that touch the hole, column and row, row by row.
    pub targets: Vec<(u16, u16)>,
    /// For each pixel its place among the targets, or [`NOWHERE`].
    pub index: Vec<u32>,
    /// For each target how much its vote counts by its depth.
    pub confidence: Vec<f32>,
    /// For each target the patch that looks most like it.
    pub field: Vec<Source>,
    /// Its cost.
    pub costs: Vec<f32>,
    /// Whether no source one pixel beside it costs less.
    pub settled: Vec<bool>,
    /// Whether costs are of what the level looks like now.
    pub counted: bool,
    /// How much a difference to the guide counts.
    pub guidance: f32,
    /// What counts in voting.
    pub counts: Counts,
    /// Proposes sources; empty where all of them can be tried.
    pub tree: Tree,
}

impl Level {
    /// The hole begins as the guide; outside `within` it stays so. `scale`: this level's pixels for one of the guide's, `weight`:
    /// how much a difference to it counts where it can say all of a pixel.
    pub fn new(raster: Raster, finest: bool, within: &Rect, scale: f32, weight: f32) -> Self {
        let width = raster.width;
        let hole = raster.hole(finest);
        let Raster { mut rgb, guide, .. } = raster;
        for place in (0..hole.len()).filter(|place| hole[*place]) {
            rgb[3 * place..3 * place + 3].copy_from_slice(&guide[3 * place..3 * place + 3]);
        }
        let guidance = guidance(weight, scale);
        let guide = (guidance > 0.0).then(|| {
            let radius = if scale > 1.0 { (scale * 0.5).round() as usize } else { 0 };
            blur(guide, width, radius)
        });
        let plane = Plane::new(rgb, guide, &hole, width);
        let counts = if finest { Counts::FINEST } else { Counts::COARSER };
        let depth = area::depth(&hole, width);
        let touched = area::grow(&hole, width, RADIUS);
        let mut powers = [1.0f32; 64];
        for power in 1..powers.len() {
            powers[power] = powers[power - 1] / counts.depth;
        }
        let room = plane.stride() / 3;
        let first = plane.patch_start(0, 0) / 3 + RADIUS * room + RADIUS;
        let mut weights = vec![0; room * (2 * (first / room) + plane.height)];
        let (mut targets, mut confidence) = (Vec::new(), Vec::new());
        let mut index = vec![NOWHERE; hole.len()];
        for place in 0..hole.len() {
            let (x, y) = (place % width, place / width);
            let power = powers[((depth[place] / area::STEP) as usize).min(63)];
            weights[first + y * room + x] = if hole[place] { (counts.rim * power).max(1.0) as u8 } else { KNOWN };
            if touched[place] && within.contains(x, y) {
                index[place] = targets.len() as u32;
                targets.push((x as u16, y as u16));
                confidence.push(power);
            }
        }
        let (field, costs) = (vec![Source::NONE; targets.len()], vec![0.0; targets.len()]);
        Self {
            plane,
            hole,
            weights,
            targets,
            index,
            confidence,
            field,
            costs,
            settled: Vec::new(),
            counted: false,
            guidance,
            counts,
            tree: Tree::default(),
        }
    }

    /// Column and row of a target.
    pub fn at(&self, target: usize) -> (usize, usize) {
        let (x, y) = self.targets[target];
        (usize::from(x), usize::from(y))
    }

    /// Whether a target lies in the hole, not beside it.
    pub fn is_hole(&self, target: usize) -> bool {
        let (x, y) = self.at(target);
        self.hole[y * self.plane.width + x]
    }

    /// The target at a step from a pixel, if there is one.
    pub fn neighbour(&self, x: usize, y: usize, across: isize, down: isize) -> Option<usize> {
        let (u, v) = (x as isize + across, y as isize + down);
        let inside = (0..self.plane.width as isize).contains(&u) && (0..self.plane.height as isize).contains(&v);
        let found = inside.then(|| self.index[v as usize * self.plane.width + u as usize])?;
        (found != NOWHERE).then_some(found as usize)
    }

    /// Lets go of what only matching and voting need, for its memory.
    pub fn end_matching(&mut self) {
        self.plane.end_matching();
        self.tree = Tree::default();
        (self.weights, self.field, self.settled) = (Vec::new(), Vec::new(), Vec::new());
        (self.confidence, self.costs) = (Vec::new(), Vec::new());
    }

    /// Takes over the offsets of the level below, of twice as large pixels: of the patch there or the nearest that has one which fits.
    pub fn carry(&mut self, below: &Self) {
        const NEAR: [(isize, isize); 13] =
            [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1), (-2, 0), (2, 0), (0, -2), (0, 2)];
        for target in 0..self.targets.len() {
            let (x, y) = self.at(target);
            let carried = NEAR.into_iter().find_map(|(across, down)| {
                let near = below.neighbour(x / 2, y / 2, across, down)?;
                let (source, (from_x, from_y)) = (below.field[near], below.at(near));
                let offset = |to: usize, from: usize| 2 * (to as isize - from as isize);
                let here = Source::new(x, y).moved(offset(source.x(), from_x), offset(source.y(), from_y));
                here.filter(|here| source.is_some() && self.plane.is_source(*here))
            });
            self.field[target] = carried.unwrap_or(Source::NONE);
        }
    }
}

/// What is left of the guide's weight at a level: all where a pixel is as large as one of the guide's, less with every octave beyond, and nothing
/// where it would hardly tell.
fn guidance(mut weight: f32, mut scale: f32) -> f32 {
    while scale > 1.0 {
        weight *= 1.0 - (1.0 - FALL) * (scale - 1.0).min(1.0);
        scale *= 0.5;
    }
    if weight < LEAST { 0.0 } else { weight }
}
