//! How work is cut for an adapter: a small table by what it is and its limits, looked up once, and no measurement on
//! a visitor's machine. Benchmarks may choose another row.

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
    /// Vectors that an invocation of attention may keep: queries and sums.
    pub registers: usize,
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

static CHOICE: RwLock<Choice> =
    RwLock::new(Choice { units: None, pixels: None, vectors: None, half: None, registers: None, software: false, dispatch: None });

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
        let row = if choice.software { SOFTWARE } else { CARD };
        Self {
            units: choice.units.unwrap_or(64).clamp(1, most),
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
