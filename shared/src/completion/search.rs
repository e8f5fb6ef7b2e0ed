//! Matching: for every patch that touches the hole a source that looks like it, and like the guide. Every pass reads what the
//! one before found and writes beside it, so that no order of the targets matters.

use super::{
    level::Level,
    patch::Patch,
    plane::Source,
    tree::{self, LEAF},
};
use crate::parallel;

/// A source and its cost.
pub type Match = (Source, f32);

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
        parallel::map(targets.collect(), |target| match pass {
            Pass::All(stride) => self.best_of_all(target, sources, stride),
            Pass::Tree => self.best_proposed(target),
            Pass::Near(distance, beside) => self.best_near(target, distance, beside, sources),
        })
    }

    fn patch(&self, target: usize) -> Patch {
        let (x, y) = self.at(target);
        Patch::new(&self.plane, &self.weights, x, y, self.guidance)
    }

    /// What a target has already, at what it costs now.
    fn own(&self, target: usize, patch: &Patch) -> Match {
        let own = self.field[target];
        (own, if own.is_some() { patch.cost(&self.plane, own, f32::MAX) } else { f32::MAX })
    }

    fn best_of_all(&self, target: usize, sources: &[Source], stride: usize) -> Match {
        let patch = self.patch(target);
        let mut best = self.own(target, &patch);
        for source in sources.iter().step_by(stride) {
            self.try_source(&patch, *source, &mut best);
        }
        best
    }

    fn best_proposed(&self, target: usize) -> Match {
        let patch = self.patch(target);
        let (x, y) = self.at(target);
        let mut best = self.own(target, &patch);
        let key = tree::key(&self.plane, x, y, self.guidance);
        for source in self.tree.near(&key, PROPOSALS / LEAF) {
            self.try_source(&patch, source, &mut best);
        }
        best
    }

    fn best_near(&self, target: usize, distance: isize, beside: bool, sources: &[Source]) -> Match {
        let patch = self.patch(target);
        let (x, y) = self.at(target);
        let mut best = self.own(target, &patch);
        for (across, down) in [(-distance, 0), (distance, 0), (0, -distance), (0, distance)] {
            let moved = self.neighbour(x, y, across, down).and_then(|near| self.field[near].moved(-across, -down));
            if let Some(source) = moved.filter(|source| self.plane.is_source(*source)) {
                self.try_source(&patch, source, &mut best);
            }
        }
        if !best.0.is_some() && beside {
            return self.best_of_all(target, sources, (sources.len() * self.targets.len() / ALL).max(1));
        }
        if beside {
            let centre = best.0;
            for (across, down) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
                if let Some(source) = centre.moved(across, down).filter(|source| self.plane.is_source(*source)) {
                    self.try_source(&patch, source, &mut best);
                }
            }
        }
        best
    }

    fn try_source(&self, patch: &Patch, source: Source, best: &mut Match) {
        if source != best.0 {
            let cost = patch.cost(&self.plane, source, best.1);
            if cost < best.1 {
                *best = (source, cost);
            }
        }
    }

    /// Takes over what a pass found for all targets.
    pub fn take(&mut self, found: Vec<Match>) {
        (self.field, self.costs) = found.into_iter().unzip();
    }
}
