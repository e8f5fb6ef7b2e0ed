//! `Work`: the completion of one region, level after level: passes of matching, the vote, and at the end the join.

use super::{
    area,
    blend::Blend,
    guide::{Guide, Lead},
    level::Level,
    plane::Source,
    pyramid::Raster,
    region::Region,
    search::{self, Match, Pass},
    tree::Tree,
    vote::Vote,
};
use crate::{mask::Mask, picture::Picture};

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
    /// The passes that are left, the next one last.
    Search(Vec<Pass>, Vec<Match>),
    /// What each target's vote counts, and the outcome so far.
    Vote(Vec<f32>, Vec<Option<Vote>>),
    Blend(Blend),
}

/// One octave under way.
#[derive(Debug)]
struct Octave {
    level: Level,
    sources: Vec<Source>,
    /// Rounds that are done, and all.
    round: usize,
    rounds: usize,
    stage: Stage,
}

/// A region's completion.
#[derive(Debug)]
pub struct Work {
    region: Region,
    /// Pixels of the guide for one of its maker's, at full size.
    scale: f32,
    lead: Lead,
    pixels: usize,
    /// The levels that are left, the next one last.
    rasters: Vec<Raster>,
    octave: Option<Octave>,
    /// Of work in all, and in levels that are done.
    shares: [f32; 2],
    /// The guide, where nothing could be copied.
    fallback: Vec<(usize, usize, [f32; 3])>,
}

impl Octave {
    fn new(raster: &Raster, finest: bool, scale: f32, lead: Lead, below: Option<&Level>) -> Self {
        let mut level = Level::new(raster, finest, scale, lead);
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
        let stage = match below {
            Some(below) => {
                level.carry(below);
                // Colours from the offsets carried over, before anything is matched by them.
                Stage::Vote(level.confidence.clone(), Vec::new())
            }
            None => Stage::Search(search::passes(&level, sources.len(), true, 0), Vec::new()),
        };
        // That first vote is a round of its own.
        Self { round: 0, rounds: rounds + usize::from(below.is_some()), level, sources, stage }
    }

    /// Goes on. Whether all is done, or, at the finest level, the join may begin.
    fn step(&mut self, coarsest: bool) -> bool {
        match &mut self.stage {
            Stage::Search(passes, found) => {
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
                        self.stage = Stage::Vote(self.level.votes(), Vec::new());
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
                let round = self.round - usize::from(!coarsest);
                self.stage = Stage::Search(search::passes(&self.level, self.sources.len(), coarsest, round), Vec::new());
                false
            }
            Stage::Blend(blend) => {
                let rounds = (STEP_PAIRS / 4 / blend.size().max(1)).max(1);
                (0..rounds).any(|_| blend.step())
            }
        }
    }
}

impl Work {
    /// Prepares a region: the levels of its pyramid.
    pub fn new(region: Region, picture: &Picture, remaining: &Mask, guide: &Guide) -> Self {
        let finest = crop(&region, picture, remaining, &guide.picture);
        let pixels = finest.known.iter().filter(|known| **known == 0).count();
        let mut work = Self {
            region,
            scale: guide.scale,
            lead: guide.lead,
            pixels,
            rasters: Vec::new(),
            octave: None,
            shares: [0.0; 2],
            fallback: Vec::new(),
        };
        if !area::whole_patches(&finest.hole(true), finest.width).contains(&true) {
            let places = (0..finest.known.len()).filter(|place| finest.known[*place] == 0);
            let colour = |place: usize| std::array::from_fn(|channel| f32::from(finest.guide[3 * place + channel]));
            work.fallback = places.map(|place| (place % finest.width, place / finest.width, colour(place))).collect();
            return work;
        }
        work.rasters.push(finest);
        while let Some(coarser) = coarser(&work.rasters[work.rasters.len() - 1], work.rasters.len() == 1) {
            work.rasters.push(coarser);
        }
        work.shares[0] = (0..work.rasters.len()).map(|level| share(&work.rasters[level], level == 0)).sum();
        work
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
        let current = self.octave.as_ref().map_or(0.0, |octave| octave.round as f32 / octave.rounds as f32 * self.share_of_current());
        (self.shares[1] + current) / self.shares[0].max(1.0)
    }

    fn share_of_current(&self) -> f32 {
        self.rasters.last().map_or(0.0, |raster| share(raster, self.rasters.len() == 1))
    }

    /// Goes on. Whether all is done.
    pub fn step(&mut self) -> bool {
        if !self.fallback.is_empty() {
            return true;
        }
        let Some(octave) = &mut self.octave else {
            return self.next_level(None);
        };
        if !octave.step(self.shares[1] == 0.0) {
            return false;
        }
        if matches!(octave.stage, Stage::Blend(_)) {
            return true;
        }
        if self.rasters.len() == 1 {
            if let Stage::Vote(_, outcome) = &octave.stage {
                octave.stage = Stage::Blend(Blend::new(&octave.level, outcome));
            }
            return false;
        }
        self.shares[1] += self.share_of_current();
        self.rasters.pop();
        let below = self.octave.take().map(|octave| octave.level);
        self.next_level(below.as_ref())
    }

    /// Begins the next level. Whether there is none.
    fn next_level(&mut self, below: Option<&Level>) -> bool {
        let level = self.rasters.len().saturating_sub(1);
        let Some(raster) = self.rasters.last() else { return true };
        let scale = self.scale / (1u32 << level.min(30)) as f32;
        self.octave = Some(Octave::new(raster, level == 0, scale, self.lead, below));
        false
    }

    /// Column and row in the region and colour, 0 to 255 and beyond, of every pixel of the hole.
    pub fn result(&self) -> Vec<(usize, usize, [f32; 3])> {
        match &self.octave {
            Some(Octave { level, stage: Stage::Blend(blend), .. }) => blend
                .result()
                .map(|(target, colour)| {
                    let (x, y) = level.at(target);
                    (x, y, colour)
                })
                .collect(),
            _ => self.fallback.clone(),
        }
    }
}

/// The finest level of a region.
fn crop(region: &Region, picture: &Picture, remaining: &Mask, guide: &Picture) -> Raster {
    let area = region.area;
    let mut raster = Raster { width: area.width, height: area.height, rgb: Vec::new(), guide: Vec::new(), known: Vec::new() };
    for y in area.top..area.bottom() {
        let columns = 3 * area.left..3 * area.right();
        let (own, led) = (&picture.row(y)[columns.clone()], &guide.row(y)[columns]);
        for (x, coverage) in remaining.row(y)[area.left..area.right()].iter().enumerate() {
            let known = *coverage == 0;
            raster.known.push(if known { 255 } else { 0 });
            raster.rgb.extend(own[3 * x..3 * x + 3].iter().map(|value| if known { *value } else { 0 }));
            raster.guide.extend_from_slice(if known { &own[3 * x..3 * x + 3] } else { &led[3 * x..3 * x + 3] });
        }
    }
    raster
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
fn share(raster: &Raster, finest: bool) -> f32 {
    let hole = raster.hole(finest).into_iter().filter(|hole| *hole).count();
    (hole * ROUNDS[usize::from(finest) + 1]) as f32
}
