//! Matching: for every patch that touches the hole a source that looks like it, and like the guide. Every pass reads what the
//! one before found and writes beside it, so that no order of the targets matters.

use super::{
    level::Level,
    patch::Patch,
    plane::Source,
    tree::{self, LEAF},
};
use crate::parallel;

/// A source, its cost, and whether no source one pixel beside it costs less.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    source: Source,
    cost: f32,
    settled: bool,
}

/// What a pass found so far, target by target.
#[derive(Debug, Default)]
pub struct Found {
    sources: Vec<Source>,
    costs: Vec<f32>,
    settled: Vec<bool>,
}

impl Found {
    /// Targets so far.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    pub fn extend(&mut self, matches: Vec<Match>) {
        for Match { source, cost, settled } in matches {
            self.sources.push(source);
            self.costs.push(cost);
            self.settled.push(settled);
        }
    }
}

/// Pairs of patches that are compared at most where all sources are tried again in a later round.
const ALL: usize = 5_000_000;

/// Sources that the tree proposes to a patch, and in how many rounds of a level.
pub const PROPOSALS: usize = 4 * LEAF;
const PROPOSING: usize = 2;

/// How a pass looks for better sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Among all sources, or every so many-th.
    All(usize),
    /// Among those that the tree proposes.
    Tree,
    /// Among the offsets of the patches at this distance, and one pixel beside the own source where asked.
    Near(isize, bool),
}

/// With more patches than this a level keeps to what was carried up from below: a tree would take too long.
const TOO_MANY: usize = 240_000;

/// Whether a tree proposes sources: where not all pairs of patches can be tried.
pub fn wants_tree(level: &Level, sources: usize) -> bool {
    sources * level.targets.len() >= 2 * ALL && level.targets.len() <= TOO_MANY
}

/// The passes of a round of matching, the first one last.
pub fn passes(level: &Level, sources: usize, coarsest: bool, round: usize) -> Vec<Pass> {
    let pairs = sources * level.targets.len();
    let stride = (pairs / ALL).max(1);
    if coarsest && (round == 0 || pairs <= ALL / 4) {
        return vec![Pass::All((stride / 4).max(1))];
    }
    if round.is_multiple_of(2) && stride == 1 {
        return vec![Pass::All(1)];
    }
    let mut passes = vec![Pass::Near(1, true), Pass::Near(2, false), Pass::Near(4, false), Pass::Near(1, true)];
    if wants_tree(level, sources) && round < PROPOSING {
        passes.push(Pass::Tree);
    }
    passes
}

impl Level {
    /// One pass over some of the targets; nothing is changed.
    pub fn search(&self, targets: std::ops::Range<usize>, pass: Pass, sources: &[Source]) -> Vec<Match> {
        parallel::map(targets.collect(), |target| {
            let mut search = Search::new(self, target);
            match pass {
                Pass::All(stride) => search.all(sources, stride),
                Pass::Tree => search.proposed(),
                Pass::Near(distance, beside) => search.near(distance, beside, sources),
            }
            search.best
        })
    }

    /// Takes over what a pass found for all targets.
    pub fn take(&mut self, found: Found) {
        (self.field, self.costs, self.settled) = (found.sources, found.costs, found.settled);
        self.counted = true;
    }
}

/// One target's search.
struct Search<'a> {
    level: &'a Level,
    target: usize,
    /// Made when there is something to compare it with: neighbours mostly agree.
    patch: Option<Patch>,
    best: Match,
}

impl<'a> Search<'a> {
    /// Begins with what the target has already, at what it costs now.
    fn new(level: &'a Level, target: usize) -> Self {
        let own = level.field[target];
        let best = Match { source: own, cost: f32::MAX, settled: false };
        let mut search = Self { level, target, patch: None, best };
        if own.is_some() {
            (search.best.cost, search.best.settled) =
                if level.counted { (level.costs[target], level.settled[target]) } else { (search.cost(own), false) };
        }
        search
    }

    /// What a source costs; something not below the best so far where it is not below it.
    fn cost(&mut self, source: Source) -> f32 {
        let Self { level, target, patch, best } = self;
        let patch = patch.get_or_insert_with(|| {
            let (x, y) = level.at(*target);
            Patch::new(&level.plane, &level.weights, x, y, level.guidance)
        });
        patch.cost(&level.plane, source, best.cost)
    }

    fn try_source(&mut self, source: Source) {
        if source != self.best.source {
            let cost = self.cost(source);
            if cost < self.best.cost {
                self.best = Match { source, cost, settled: false };
            }
        }
    }

    fn all(&mut self, sources: &[Source], stride: usize) {
        for source in sources.iter().step_by(stride) {
            self.try_source(*source);
        }
    }

    fn proposed(&mut self) {
        let (x, y) = self.level.at(self.target);
        let key = tree::key(&self.level.plane, x, y, self.level.guidance);
        for source in self.level.tree.near(&key, PROPOSALS / LEAF) {
            self.try_source(source);
        }
    }

    fn near(&mut self, distance: isize, beside: bool, sources: &[Source]) {
        let level = self.level;
        let (x, y) = level.at(self.target);
        for (across, down) in [(-distance, 0), (distance, 0), (0, -distance), (0, distance)] {
            let moved = level.neighbour(x, y, across, down).and_then(|near| level.field[near].moved(-across, -down));
            if let Some(source) = moved.filter(|source| level.plane.is_source(*source)) {
                self.try_source(source);
            }
        }
        if !beside || self.best.settled {
            return;
        }
        if !self.best.source.is_some() {
            return self.all(sources, (sources.len() * level.targets.len() / ALL).max(1));
        }
        let centre = self.best.source;
        for (across, down) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
            if let Some(source) = centre.moved(across, down).filter(|source| level.plane.is_source(*source)) {
                self.try_source(source);
            }
        }
        self.best.settled = self.best.source == centre;
    }
}
