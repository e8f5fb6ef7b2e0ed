//! How work is cut for an adapter: a small table by its limits, looked up once, and no measurement on a
//! visitor's machine. Benchmarks may choose another row.

use std::sync::RwLock;

use burn_cubecl::tensor::CubeTensor;

/// Multiplications that a dispatch may have: less than a second on an adapter that is a CPU, so that no
/// watchdog takes the device away, and so many that a GPU does not notice the cut.
const DISPATCH: usize = 1 << 30;

/// What one invocation of a convolution keeps in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Strip {
    /// Neighbouring pixels of a row, even.
    pub pixels: usize,
    /// Vectors of output channels.
    pub vectors: usize,
}

/// How work is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Invocations of a workgroup.
    pub units: u32,
    /// Largest strip of pixels.
    pub pixels: usize,
    /// Most vectors of output channels.
    pub vectors: usize,
    /// Most multiplications of a dispatch.
    pub dispatch: usize,
}

/// What a benchmark, or a program that found the table's choice wanting on its device, chooses instead of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Invocations of a workgroup.
    pub units: Option<u32>,
    /// Largest strip of pixels.
    pub pixels: Option<usize>,
    /// Most vectors of output channels.
    pub vectors: Option<usize>,
    /// Whether 16-bit numbers are used where the device has them; yes when not said.
    pub half: Option<bool>,
    /// Most multiplications of a dispatch.
    pub dispatch: Option<usize>,
}

static CHOICE: RwLock<Choice> = RwLock::new(Choice { units: None, pixels: None, vectors: None, half: None, dispatch: None });

/// Replaces the table's choice from now on.
pub fn choose(choice: Choice) {
    if let Ok(mut chosen) = CHOICE.write() {
        *chosen = choice;
    }
}

/// What was chosen last.
pub fn chosen() -> Choice {
    CHOICE.read().map(|choice| *choice).unwrap_or_default()
}

/// Whether 16-bit numbers may be used.
pub(super) fn half_chosen() -> bool {
    chosen().half.unwrap_or(true)
}

impl Plan {
    /// The table. WebGPU's default limits allow 256 invocations a workgroup; 64 is what every GPU fills, and
    /// fewer only where the adapter has no more.
    pub fn of(tensor: &CubeTensor) -> Self {
        let hardware = &tensor.client.properties().hardware;
        let most = hardware.max_units_per_cube.max(1);
        let choice = chosen();
        Self {
            units: choice.units.unwrap_or(64).clamp(1, most),
            pixels: choice.pixels.unwrap_or(8),
            vectors: choice.vectors.unwrap_or(2),
            dispatch: choice.dispatch.unwrap_or(DISPATCH),
        }
    }

    /// The strip for rows of `width` pixels and so many vectors of output channels.
    pub fn strip(&self, width: usize, outputs: usize) -> Strip {
        let fitting = width.next_multiple_of(2).max(2);
        let pixels = [self.pixels, 4, 2].into_iter().find(|pixels| *pixels <= fitting.min(self.pixels)).unwrap_or(2);
        let vectors = (1..=self.vectors).rev().find(|vectors| outputs.is_multiple_of(*vectors)).unwrap_or(1);
        Strip { pixels, vectors }
    }

    /// Invocations of a dispatch, each with so many multiplications.
    pub fn part(&self, each: usize) -> usize {
        (self.dispatch / each.max(1)).max(1).next_multiple_of(self.units as usize)
    }
}
