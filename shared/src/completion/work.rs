//! `Work`: the completion of one region, level after level: passes of matching, the vote, and at the end the join.

use super::{
    area,
    blend::{Blend, Held},
    hole::Lead,
    level::Level,
    plane::Source,
    preference::Preference,
    pyramid::Raster,
    region::Region,
    search::{self, Found, Pass},
    settle::Settling,
    tree::Tree,
    vote::Outcome,
};
use crate::{
    mask::{Mask, Rect},
    picture::Picture,
};

/// A hole that is nowhere deeper, in pixels, begins at this level.
const SHALLOW: f32 = 2.5;
/// No coarser level has a side below this.
const SHORTEST: usize = 16;
/// Sources that a coarser level must have.
const SOURCES: usize = 64;

/// Rounds of matching and voting at the coarsest level, at those between, and at the finest.
const ROUNDS: [usize; 3] = [8, 4, 3];
/// With more targets than this, a level has half as many rounds, and with four times as many one.
const MANY: usize = 60_000;

/// Sources that a tree holds at most, for its memory; what lies between is found from a neighbour.
const PROPOSED: usize = 400_000;

/// Pairs of patches, patches and pixels that one step takes.
const STEP_PAIRS: usize = 1_000_000;
const STEP_TARGETS: usize = 8_192;

#[derive(Debug)]
enum Stage {
    /// The passes that are left, the next one last; how many there were; and what the current one found.
    Search(Vec<Pass>, usize, Found),
    /// What each target's vote counts, and the outcome so far.
    Vote(Vec<f32>, Outcome),
    Blend(Blend),
}

/// One octave under way.
#[derive(Debug)]
struct Octave {
    /// 0 the finest.
    number: usize,
    level: Level,
    sources: Vec<Source>,
    /// Rounds that are done, and all.
    round: usize,
    rounds: usize,
    stage: Stage,
}

/// A picture that is being completed.
#[derive(Clone, Copy, Debug)]
pub struct Guided<'a> {
    /// The guide's fill in what is still to be filled.
    pub picture: &'a Picture,
    /// Coverage of that.
    pub remaining: &'a Mask,
    /// The guide's colours as they lead, where they settle.
    pub settling: Option<&'a Settling>,
}

impl Guided<'_> {
    /// The finest level of a region.
    fn crop(&self, region: &Region) -> Raster {
        let Rect { left, top, width, height } = region.area;
        let rgb = self.picture.crop(left, top, width, height).into_pixels();
        let mut guide = rgb.clone();
        let mut known = Vec::with_capacity(width * height);
        for y in top..top + height {
            for (x, coverage) in self.remaining.row(y)[left..left + width].iter().enumerate() {
                if *coverage > 0 {
                    guide[3 * known.len()..][..3].copy_from_slice(&self.colour(left + x, y));
                }
                known.push(if *coverage == 0 { 255 } else { 0 });
            }
        }
        Raster { width, height, rgb, guide, known }
    }

    /// What leads at a pixel that is to be filled.
    fn colour(&self, x: usize, y: usize) -> [u8; 3] {
        let colour = self.picture.get(x, y);
        self.settling.map_or(colour, |settling| settling.colour(x, y, colour))
    }
}

/// A region's completion.
#[derive(Debug)]
pub struct Work {
    region: Region,
    /// Pixels of the guide for one of its maker's, at full size.
    scale: f32,
    lead: Lead,
    seed: u64,
    pixels: usize,
    /// The levels that are left, the next one last; the finest is made anew when its turn comes, for its memory.
    rasters: Vec<Raster>,
    octave: Option<Octave>,
    /// Of work, of each level, the finest first.
    shares: Vec<f32>,
    /// Nothing can be copied.
    stands: bool,
}

impl Octave {
    fn new(raster: Raster, number: usize, within: &Rect, scale: f32, weight: f32, preference: Preference, below: Option<Level>) -> Self {
        let finest = number == 0;
        let mut level = Level::new(raster, finest, within, scale, weight);
        level.plane.preference = preference;
        let sources = level.plane.sources();
        if search::wants_tree(&level, sources.len()) {
            let stride = sources.len().div_ceil(PROPOSED);
            level.tree = Tree::new(&level.plane, sources.iter().copied().step_by(stride), level.guidance);
        }
        let few = match level.targets.len() {
            many if many > 4 * MANY => 4,
            many if many > MANY => 2,
            _ => 1,
        };
        let rounds = ROUNDS[if below.is_none() {
            0
        } else if finest {
            2
        } else {
            1
        }]
        .div_ceil(few);
        let mut octave = Self { number, round: 0, rounds, sources, stage: Stage::Vote(Vec::new(), Outcome::default()), level };
        match below {
            Some(below) => {
                octave.level.carry(&below);
                // Colours from the offsets carried over, before anything is matched by them: a round of its own.
                octave.rounds += 1;
                octave.stage = Stage::Vote(octave.level.confidence.clone(), Outcome::default());
            }
            None => octave.search(true, 0),
        }
        octave
    }

    /// Begins a round of matching.
    fn search(&mut self, coarsest: bool, round: usize) {
        let passes = search::passes(&self.level, self.sources.len(), coarsest, round);
        let all = passes.len();
        self.stage = Stage::Search(passes, all, Found::default());
    }

    /// The part that is done, 0 to 1.
    fn progress(&self) -> f32 {
        let part = |done: usize| done as f32 / self.level.targets.len().max(1) as f32;
        let within = match &self.stage {
            Stage::Search(passes, all, found) => 0.7 * (((all - passes.len()) as f32 + part(found.len())) / *all as f32).min(1.0),
            Stage::Vote(_, outcome) => 0.7 + 0.3 * part(outcome.len()),
            Stage::Blend(blend) => blend.progress(),
        };
        (self.round as f32 + within) / (self.rounds + 1) as f32
    }

    /// Goes on. Whether all is done, or, at the finest level, the join may begin.
    fn step(&mut self, coarsest: bool) -> bool {
        match &mut self.stage {
            Stage::Search(passes, _, found) => {
                let Some(pass) = passes.last().copied() else { return true };
                let pairs = match pass {
                    Pass::All(stride) => self.sources.len() / stride,
                    Pass::Tree => search::PROPOSALS,
                    Pass::Near(..) => 1,
                };
                let chunk = (STEP_PAIRS / pairs.max(1)).clamp(16, STEP_TARGETS);
                let next = found.len()..(found.len() + chunk).min(self.level.targets.len());
                found.extend(self.level.search(next, pass, &self.sources));
                if found.len() == self.level.targets.len() {
                    self.level.take(std::mem::take(found));
                    passes.pop();
                    if passes.is_empty() {
                        self.stage = Stage::Vote(self.level.votes(), Outcome::default());
                    }
                }
                false
            }
            Stage::Vote(votes, outcome) => {
                let next = outcome.len()..(outcome.len() + STEP_TARGETS).min(self.level.targets.len());
                outcome.extend(self.level.count_votes(next, votes));
                if outcome.len() < self.level.targets.len() {
                    return false;
                }
                self.level.paint(outcome);
                self.round += 1;
                if self.round == self.rounds {
                    return true;
                }
                self.search(coarsest, self.round - usize::from(!coarsest));
                false
            }
            Stage::Blend(blend) => {
                let rounds = (STEP_PAIRS / 4 / blend.size().max(1)).max(1);
                (0..rounds).any(|_| blend.step())
            }
        }
    }

    /// Begins the join, with what the last votes made. `held` says how firmly, and `guide` to which colours, by column and row.
    fn join(&mut self, held: &Held, guide: impl Fn(usize, usize) -> [u8; 3]) {
        if let Stage::Vote(_, outcome) = &mut self.stage {
            let outcome = std::mem::take(outcome);
            self.sources = Vec::new();
            self.level.end_matching();
            self.stage = Stage::Blend(Blend::new(&self.level, outcome, held, guide));
        }
    }
}

impl Work {
    /// Prepares a region of a picture: the levels of its pyramid.
    pub fn new(region: Region, guided: &Guided, scale: f32, lead: Lead, seed: u64) -> Self {
        let finest = guided.crop(&region);
        let keep = region.keep;
        let row = |y: usize| &guided.remaining.row(y)[keep.left..keep.right()];
        let pixels = (keep.top..keep.bottom()).flat_map(row).filter(|coverage| **coverage > 0).count();
        let stands = !area::whole_patches(&finest.hole(true), finest.width).contains(&true);
        let (mut rasters, mut shares) = (Vec::new(), vec![share(&finest, &region, 0)]);
        let mut next = if stands { None } else { coarser(&finest, true) };
        drop(finest);
        while let Some(raster) = next {
            next = coarser(&raster, false);
            shares.push(share(&raster, &region, shares.len()));
            rasters.push(raster);
        }
        Self { region, scale, lead, seed, pixels, rasters, octave: None, shares, stands }
    }

    /// What is completed.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Pixels of the hole.
    pub fn pixels(&self) -> usize {
        self.pixels
    }

    /// The part that is done, 0 to 1.
    pub fn progress(&self) -> f32 {
        let Some(octave) = &self.octave else { return 0.0 };
        let level = self.level();
        let done: f32 = self.shares[level + 1..].iter().sum();
        let all: f32 = self.shares.iter().sum();
        (done + octave.progress() * self.shares[level]) / all.max(1.0)
    }

    /// The level of the current octave, 0 the finest.
    fn level(&self) -> usize {
        self.octave.as_ref().map_or(self.shares.len(), |octave| octave.number)
    }

    /// Goes on, with the picture that it was begun with. Whether all is done.
    pub fn step(&mut self, guided: &Guided) -> bool {
        if self.stands {
            return true;
        }
        let coarsest = self.level() + 1 == self.shares.len();
        let Some(octave) = &mut self.octave else {
            self.next_level(guided);
            return false;
        };
        if !octave.step(coarsest) {
            return false;
        }
        if matches!(octave.stage, Stage::Blend(_)) {
            return true;
        }
        if octave.number == 0 {
            let Rect { left, top, .. } = self.region.area;
            octave.join(&Held { lead: self.lead, scale: self.scale }, |x, y| guided.colour(left + x, top + y));
        } else {
            self.next_level(guided);
        }
        false
    }

    /// Begins the next level.
    fn next_level(&mut self, guided: &Guided) {
        let raster = self.rasters.pop();
        let number = raster.as_ref().map_or(0, |_| self.rasters.len() + 1);
        let raster = raster.unwrap_or_else(|| guided.crop(&self.region));
        let scale = self.scale / (1u32 << number.min(30)) as f32;
        let Rect { left, top, .. } = self.region.keep;
        let stream = (top as u64) << 32 | left as u64;
        let preference = Preference::new(self.seed, stream, (raster.width, raster.height), (self.shares.len() - 1 - number) as u32);
        let below = self.octave.take().map(|octave| octave.level);
        self.octave = Some(Octave::new(raster, number, &self.region.completed(number), scale, self.lead.weight, preference, below));
    }

    /// Column and row in the region and colour, 0 to 255 and beyond, of every pixel of the hole; of none where the guide stands.
    pub fn result(&self, mut take: impl FnMut(usize, usize, [f32; 3])) {
        if let Some(Octave { level, stage: Stage::Blend(blend), .. }) = &self.octave {
            for (target, colour) in blend.result() {
                let (x, y) = level.at(target);
                take(x, y, colour);
            }
        }
    }
}

/// The level below, if the hole is deep enough for one and it would have sources.
fn coarser(raster: &Raster, finest: bool) -> Option<Raster> {
    let depth = area::depth(&raster.hole(finest), raster.width).into_iter().max().unwrap_or(0);
    if depth as f32 <= SHALLOW * area::STEP as f32 || raster.width.min(raster.height) < 2 * SHORTEST {
        return None;
    }
    let half = raster.half();
    let sources = area::whole_patches(&half.hole(false), half.width).into_iter().filter(|whole| *whole).count();
    (sources >= SOURCES).then_some(half)
}

/// The work that a level makes, in patches matched.
fn share(raster: &Raster, region: &Region, level: usize) -> f32 {
    let (hole, within) = (raster.hole(level == 0), region.completed(level));
    let row = |y: usize| &hole[y * raster.width..][within.left..within.right()];
    let count = (within.top..within.bottom()).flat_map(row).filter(|hole| **hole).count();
    (count * ROUNDS[usize::from(level == 0) + 1]) as f32
}
