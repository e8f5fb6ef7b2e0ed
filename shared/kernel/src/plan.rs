//! How work is cut for a GPU's adapter: a small table by what it is and its limits, and no measurement on a visitor's
//! machine. A plan belongs to a device; whoever makes the device may choose another row for it. Numbers only: nothing here
//! needs a GPU.

use std::sync::{PoisonError, RwLock};

/// Multiplications that a dispatch may have: less than a second on an adapter that is a CPU, so that no
/// watchdog takes the device away, and so many that a GPU does not notice the cut.
const DISPATCH: usize = 1 << 30;

/// What one invocation of a convolution keeps in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strip {
    /// Neighbouring pixels of a row, even.
    pub pixels: usize,
    /// Vectors of output channels.
    pub vectors: usize,
}

/// How work is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Invocations of a workgroup.
    pub units: u32,
    /// Largest strip of pixels.
    pub pixels: usize,
    /// Most vectors of output channels.
    pub vectors: usize,
    /// Vectors that an invocation of attention may keep: queries and sums.
    pub registers: usize,
    /// Most multiplications of a dispatch.
    pub dispatch: usize,
}

/// What a benchmark, or a program that found the table's choice wanting on its device, chooses for it instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Invocations of a workgroup.
    pub units: Option<u32>,
    /// Largest strip of pixels.
    pub pixels: Option<usize>,
    /// Most vectors of output channels.
    pub vectors: Option<usize>,
    /// Whether burn's own operations are used instead of the kernels: for comparing the two.
    pub fallback: bool,
    /// Whether 16-bit numbers are used where the device has them; yes when not said.
    pub half: Option<bool>,
    /// Vectors that an invocation of attention may keep: queries and sums.
    pub registers: Option<usize>,
    /// Whether the adapter is a CPU that computes what a graphics card would; its row of the table is another.
    pub software: bool,
    /// Most multiplications of a dispatch.
    pub dispatch: Option<usize>,
}

/// A row of the table.
struct Row {
    pixels: usize,
    vectors: usize,
    registers: usize,
}

/// A graphics card: 128 numbers in registers leave room for as many invocations beside each other as hide its memory's
/// latency, and what does not fit goes to memory.
const CARD: Row = Row { pixels: 8, vectors: 2, registers: 32 };

/// A CPU: what does not fit into its registers stays in its nearest cache, which costs less than the checked loads and
/// the addresses that more pixels and queries share. On SwiftShader four queries instead of one take 0.83 of the time of
/// an evaluation at 128², and strips of 16 pixels instead of 8 then 0.81 of that at 64² (packed weights, `bench kernels`).
const SOFTWARE: Row = Row { pixels: 16, vectors: 2, registers: 128 };

/// What was chosen for each of some devices.
pub struct Choices<D> {
    chosen: RwLock<Vec<(D, Choice)>>,
}

impl<D: PartialEq> Choices<D> {
    /// Nothing is chosen.
    pub const fn new() -> Self {
        Self { chosen: RwLock::new(Vec::new()) }
    }

    /// Replaces the table's choice for this device from now on.
    pub fn choose(&self, device: D, choice: Choice) {
        let mut chosen = self.chosen.write().unwrap_or_else(PoisonError::into_inner);
        match chosen.iter_mut().find(|(known, _)| *known == device) {
            Some((_, known)) => *known = choice,
            None => chosen.push((device, choice)),
        }
    }

    /// What was chosen last for this device.
    pub fn of(&self, device: &D) -> Choice {
        let chosen = self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        chosen.iter().find(|(known, _)| known == device).map(|(_, choice)| *choice).unwrap_or_default()
    }
}

impl Plan {
    /// From the table, for an adapter that runs so many invocations of a workgroup at most. WebGPU's default limits allow
    /// 256; 64 is what every GPU fills, and fewer only where the adapter has no more.
    pub fn new(choice: Choice, most_units: u32) -> Self {
        let row = if choice.software { SOFTWARE } else { CARD };
        Self {
            units: choice.units.unwrap_or(64).clamp(1, most_units.max(1)),
            pixels: choice.pixels.unwrap_or(row.pixels),
            vectors: choice.vectors.unwrap_or(row.vectors),
            registers: choice.registers.unwrap_or(row.registers),
            dispatch: choice.dispatch.unwrap_or(DISPATCH),
        }
    }

    /// The strip for rows of `width` pixels and so many vectors of output channels.
    pub fn strip(&self, width: usize, outputs: usize) -> Strip {
        let fitting = width.next_multiple_of(2).max(2);
        let pixels = [self.pixels, 8, 4, 2].into_iter().find(|pixels| *pixels <= fitting.min(self.pixels)).unwrap_or(2);
        let vectors = (1..=self.vectors).rev().find(|vectors| outputs.is_multiple_of(*vectors)).unwrap_or(1);
        Strip { pixels, vectors }
    }

    /// Queries that an invocation of attention answers, with heads of so many vectors: each has a query and a sum.
    pub fn queries(&self, parts: usize) -> usize {
        [4, 2].into_iter().find(|queries| 2 * parts * queries <= self.registers).unwrap_or(1)
    }

    /// Invocations of a dispatch, each with so many multiplications.
    pub fn part(&self, each: usize) -> usize {
        (self.dispatch / each.max(1)).max(1).next_multiple_of(self.units as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_devices_have_two_plans() {
        let choices = Choices::new();
        choices.choose("card", Choice { units: Some(128), ..Choice::default() });
        choices.choose("software", Choice { software: true, ..Choice::default() });
        let plan = |device| Plan::new(choices.of(&device), 256);
        let (card, software, other) = (plan("card"), plan("software"), plan("other"));
        assert_eq!((card.units, card.pixels, card.registers), (128, 8, 32));
        assert_eq!((software.units, software.pixels, software.registers), (64, 16, 128));
        assert_eq!((other, choices.of(&"other")), (Plan::new(Choice::default(), 256), Choice::default()));
        choices.choose("card", Choice { pixels: Some(4), ..Choice::default() });
        assert_eq!((plan("card").pixels, plan("card").units, plan("software")), (4, 64, software));
    }

    #[test]
    fn plans_keep_within_the_adapter_and_the_work() {
        let plan = Plan::new(Choice { software: true, dispatch: Some(1000), ..Choice::default() }, 32);
        assert_eq!(plan.units, 32);
        assert_eq!(plan.strip(40, 6), Strip { pixels: 16, vectors: 2 });
        assert_eq!(plan.strip(5, 7), Strip { pixels: 4, vectors: 1 });
        assert_eq!((plan.queries(8), plan.queries(64), plan.queries(65)), (4, 1, 1));
        assert_eq!((plan.part(10), plan.part(5000)), (128, 32));
    }
}
