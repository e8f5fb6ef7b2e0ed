//! Voting: what each pixel of the hole becomes, from the sources of all patches that cover it. Patches that agree on a source pixel add
//! their votes; the pixel with most of them wins, and what looks like it is averaged in. A plain mean would blur.

use super::{
    area::RADIUS,
    level::{Level, NOWHERE},
    plane::{SIDE, Source},
};
use crate::parallel;

/// Nearly exp(−x / 2), of x from 0 on, without a function that differs between machines.
pub fn exp_of_minus_half(x: f32) -> f32 {
    1.0 / (1.0 + 0.5 * x + 0.125 * x * x)
}

/// For each target its pixel's colour and the source pixel that has most of its votes; [`Source::NONE`] where no patch with a source covers it.
#[derive(Debug, Default)]
pub struct Outcome {
    pub colours: Vec<[f32; 3]>,
    pub winners: Vec<Source>,
}

impl Outcome {
    /// Targets so far.
    pub fn len(&self) -> usize {
        self.winners.len()
    }

    pub fn extend(&mut self, votes: Vec<([f32; 3], Source)>) {
        for (colour, winner) in votes {
            self.colours.push(colour);
            self.winners.push(winner);
        }
    }
}

/// Sources that a pixel is offered, each with the votes for it.
struct Offers {
    count: usize,
    sources: [Source; SIDE * SIDE],
    votes: [f32; SIDE * SIDE],
}

impl Offers {
    fn add(&mut self, source: Source, vote: f32) {
        match self.sources[..self.count].iter().position(|other| *other == source) {
            Some(place) => self.votes[place] += vote,
            None => {
                (self.sources[self.count], self.votes[self.count]) = (source, vote);
                self.count += 1;
            }
        }
    }

    /// The first of those with most votes.
    fn winner(&self) -> Option<Source> {
        let mut best = 0;
        for place in 1..self.count {
            if self.votes[place] > self.votes[best] {
                best = place;
            }
        }
        (self.count > 0).then(|| self.sources[best])
    }
}

impl Level {
    /// What each target's vote counts: less the more its match costs beside the others', and the deeper it lies.
    pub fn votes(&self) -> Vec<f32> {
        let mut costs: Vec<f32> = self.costs.clone();
        if costs.is_empty() {
            return costs;
        }
        let quarter = (costs.len() - 1) * 3 / 4;
        let scale = self.counts.strictness / costs.select_nth_unstable_by(quarter, f32::total_cmp).1.max(1.0);
        let vote = |(cost, confidence): (&f32, &f32)| {
            let fall = exp_of_minus_half(cost.max(0.0) * scale);
            fall * fall * confidence + 1e-20
        };
        self.costs.iter().zip(&self.confidence).map(vote).collect()
    }

    /// The outcome for some of the targets.
    pub fn count_votes(&self, targets: std::ops::Range<usize>, votes: &[f32]) -> Vec<([f32; 3], Source)> {
        parallel::map(targets.collect(), |target| self.outcome(target, votes).unwrap_or(([0.0; 3], Source::NONE)))
    }

    fn outcome(&self, target: usize, votes: &[f32]) -> Option<([f32; 3], Source)> {
        let (x, y) = self.at(target);
        let (width, height) = (self.plane.width, self.plane.height);
        let mut offers = Offers { count: 0, sources: [Source::NONE; SIDE * SIDE], votes: [0.0; SIDE * SIDE] };
        let columns = x.saturating_sub(RADIUS)..(x + RADIUS + 1).min(width);
        for v in y.saturating_sub(RADIUS)..(y + RADIUS + 1).min(height) {
            let row = &self.index[v * width..][columns.clone()];
            for (u, near) in columns.clone().zip(row).filter(|(_, near)| **near != NOWHERE) {
                let source = self.field[*near as usize];
                if source.is_some() {
                    offers.add(Source::new(source.x() + x - u, source.y() + y - v), votes[*near as usize]);
                }
            }
        }
        let winner = offers.winner()?;
        let colour = |source: Source| self.plane.get(source.x(), source.y()).map(f32::from);
        let best = colour(winner);
        let per_square = 1.0 / (self.counts.alike * self.counts.alike);
        let (mut sum, mut total) = ([0.0f32; 3], 0.0f32);
        for (source, vote) in offers.sources[..offers.count].iter().zip(&offers.votes) {
            let own = colour(*source);
            let apart: [f32; 3] = std::array::from_fn(|channel| own[channel] - best[channel]);
            let squares = apart[0] * apart[0] + apart[1] * apart[1] + apart[2] * apart[2];
            let alike = 1.0 / (1.0 + squares * per_square);
            let weight = vote * alike * alike;
            total += weight;
            for channel in 0..3 {
                sum[channel] += weight * own[channel];
            }
        }
        Some((sum.map(|sum| sum / total), winner))
    }

    /// Paints the hole with the outcome for all targets.
    pub fn paint(&mut self, outcome: &Outcome) {
        for (target, colour) in outcome.colours.iter().enumerate() {
            if outcome.winners[target].is_some() && self.is_hole(target) {
                let (x, y) = self.at(target);
                self.plane.set(x, y, colour.map(|value| (value + 0.5) as u8));
            }
        }
        self.counted = false;
    }
}
