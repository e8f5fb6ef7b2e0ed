//! The join: what the votes made, corrected so that its differences between neighbours are those of its sources, at the rim
//! of the hole and at seams inside (Pérez, Gangnet and Blake 2003). The correction is held a little everywhere: to 0, so that it stays near where
//! it is needed, or to what gives the guide's colours, where those lead. A grid of two colours: each half is made from the other half, in any order.

use super::{area, hole::Lead, level::Level, plane::Source, vote::Outcome};
use crate::parallel;

/// Rounds over both halves.
pub const ROUNDS: usize = 40;
/// How much the correction is held to 0 where differences count 1 and no guide leads everywhere: it is felt some twenty pixels away.
const TO_ITSELF: f32 = 0.003;
/// Where sources disagree by this much (three channels, 0 to 255) the difference counts half: two that do not belong together
/// keep their edge, or each would take on the other's colour turned round.
const SEAM: f32 = 40.0;
/// Overrelaxation.
const OMEGA: f32 = 1.7;

/// A pixel of the hole.
#[derive(Debug)]
struct Cell {
    target: u32,
    /// The neighbours' places in the other half; `NONE` for a known one, whose correction is 0.
    near: [u32; 4],
    /// How much the difference to each neighbour counts.
    weights: [f32; 4],
    /// The weighted sum of what the differences lack, by channel, and of what the guide's colour does.
    lack: [f32; 3],
    /// The sum of the weights, and how much the cell is held.
    count: f32,
}

/// How firmly a join holds to its guide.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub lead: Lead,
    /// Pixels for one of the guide's.
    pub scale: f32,
}

impl Held {
    /// How firmly, so many pixels from the rim. Right at it as half a pixel of the guide's away: nearer it cannot tell.
    fn at(&self, depth: f32) -> f32 {
        self.lead.hold + self.lead.near / (depth * depth + 0.25 * self.scale * self.scale)
    }

    /// How much the correction is held to 0.
    fn own(&self) -> f32 {
        if self.lead.hold > 0.0 { 0.0 } else { TO_ITSELF }
    }
}

const NONE: u32 = u32::MAX;

/// A correction under way.
#[derive(Debug)]
pub struct Blend {
    cells: [Vec<Cell>; 2],
    values: [Vec<[f32; 3]>; 2],
    colours: Vec<[f32; 3]>,
    round: usize,
}

impl Blend {
    /// Of the outcome of the finest level's votes. `guide` gives the guide's colour by column and row.
    pub fn new(level: &Level, outcome: Outcome, held: &Held, guide: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let Outcome { mut colours, mut winners } = outcome;
        for target in 0..colours.len() {
            if !level.is_hole(target) {
                winners[target] = Source::NONE;
            }
            if !winners[target].is_some() {
                let (x, y) = level.at(target);
                colours[target] = level.plane.get(x, y).map(f32::from);
            }
        }
        // Made anew: kept since matching began, it would be memory all that time.
        let depth = area::depth(&level.hole, level.plane.width);
        let mut places = vec![NONE; colours.len()];
        let mut cells = [Vec::new(), Vec::new()];
        for target in (0..colours.len()).filter(|target| level.is_hole(*target)) {
            let (x, y) = level.at(target);
            let half: &mut Vec<Cell> = &mut cells[(x + y) % 2];
            places[target] = half.len() as u32;
            let hold = held.at(depth[y * level.plane.width + x] as f32 / area::STEP as f32);
            let led = guide(x, y).map(f32::from);
            let lack = std::array::from_fn(|channel| hold * (led[channel] - colours[target][channel]));
            half.push(Cell { target: target as u32, near: [NONE; 4], weights: [0.0; 4], lack, count: held.own() + hold });
        }
        for cell in cells.iter_mut().flatten() {
            join(cell, level, &winners, &colours, &places);
        }
        let values = [vec![[0.0; 3]; cells[0].len()], vec![[0.0; 3]; cells[1].len()]];
        Self { cells, values, colours, round: 0 }
    }

    /// One round; whether it was the last.
    pub fn step(&mut self) -> bool {
        for half in 0..2 {
            let other = &self.values[1 - half];
            let own = &self.values[half];
            let cells = &self.cells[half];
            let relax = |place: usize| {
                let (cell, value) = (&cells[place], own[place]);
                let mut sum = cell.lack;
                for (near, weight) in cell.near.iter().zip(cell.weights).filter(|(near, _)| **near != NONE) {
                    for (sum, other) in sum.iter_mut().zip(other[*near as usize]) {
                        *sum += weight * other;
                    }
                }
                let share = 1.0 / cell.count;
                std::array::from_fn(|channel| value[channel] + OMEGA * (sum[channel] * share - value[channel]))
            };
            self.values[half] = parallel::map((0..cells.len()).collect(), relax);
        }
        self.round += 1;
        self.round >= ROUNDS
    }

    /// The part that is done, 0 to 1.
    pub fn progress(&self) -> f32 {
        self.round as f32 / ROUNDS as f32
    }

    /// Pixels of the hole.
    pub fn size(&self) -> usize {
        self.cells[0].len() + self.cells[1].len()
    }

    /// The corrected colours, 0 to 255 and beyond, each with its target.
    pub fn result(&self) -> impl Iterator<Item = (usize, [f32; 3])> {
        let both = self.cells.iter().zip(&self.values).flat_map(|(cells, values)| cells.iter().zip(values));
        both.map(|(cell, value)| {
            let colour = self.colours[cell.target as usize];
            (cell.target as usize, std::array::from_fn(|channel| colour[channel] + value[channel]))
        })
    }
}

/// Finds a cell's neighbours, and adds what the differences to them lack.
fn join(cell: &mut Cell, level: &Level, winners: &[Source], colours: &[[f32; 3]], places: &[u32]) {
    let own = cell.target as usize;
    let (x, y) = level.at(own);
    let source = |target: usize| Some(winners[target]).filter(|winner| winner.is_some());
    for (side, (across, down)) in [(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().enumerate() {
        let Some(near) = level.neighbour(x, y, across, down) else { continue };
        let lacking = |wanted: [f32; 3]| -> [f32; 3] {
            std::array::from_fn(|channel| colours[near][channel] - colours[own][channel] - wanted[channel])
        };
        let by_own = source(own).and_then(|source| step(level, source, across, down));
        let by_near = source(near).and_then(|source| step(level, source, -across, -down)).map(|step| step.map(|value| -value));
        let wanted = match (by_own, by_near) {
            // The one that the colours are nearer to: two sources that each lie beside an edge, and copy no more of it than its side,
            // would both want that edge here.
            (Some(one), Some(other)) => {
                let [to_one, to_other] = [one, other].map(|wanted| squares(lacking(wanted)));
                if to_one <= to_other { one } else { other }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => continue,
        };
        let lack = lacking(wanted);
        let weight = 1.0 / (1.0 + squares(lack) * (1.0 / (SEAM * SEAM)));
        cell.near[side] = places[near];
        cell.weights[side] = weight;
        cell.count += weight;
        for (sum, lack) in cell.lack.iter_mut().zip(lack) {
            *sum += weight * lack;
        }
    }
}

fn squares([red, green, blue]: [f32; 3]) -> f32 {
    red * red + green * green + blue * blue
}

/// The difference from a source pixel to its neighbour.
fn step(level: &Level, source: Source, across: isize, down: isize) -> Option<[f32; 3]> {
    let near = source.moved(across, down).filter(|near| near.x() < level.plane.width && near.y() < level.plane.height)?;
    let [from, to] = [source, near].map(|source| level.plane.get(source.x(), source.y()).map(f32::from));
    Some(std::array::from_fn(|channel| to[channel] - from[channel]))
}
