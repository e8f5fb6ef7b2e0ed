//! Where the random numbers of an edit's windows come from.

use rand_chacha::ChaCha8Rng;

use crate::{
    noise::{self, Purpose, stream},
    task::Work,
};

/// The streams of one sample among many that are made for comparison, as in an evaluation. They belong to the question and
/// the sample, so that a sample is the same in whatever batch it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleStreams {
    /// Seed of the noise that holes are shown as and of that which sampling begins with. The noise that a sampler adds has
    /// the seed of its settings.
    pub seed: u64,
    /// Which series of questions.
    pub series: u64,
    /// Which question of the series. All its samples share the noise that holes are shown as.
    pub question: u64,
    /// Number of the sample, unique in the series.
    pub sample: u64,
    /// Which answer to its question it is, by which detail is drawn where the net's own answers do not differ. 0 copies from wherever it fits best.
    pub answer: u64,
}

/// The streams of an edit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Streams {
    /// Of an edit by itself: each window has streams of its number.
    OfWindows {
        /// Seed of all noise.
        seed: u64,
    },
    /// Of one sample among many.
    OfSample(SampleStreams),
}

/// Windows of a sample after the first have numbers this far apart, beyond those of other samples.
const WINDOWS_APART: u32 = 40;

impl Streams {
    /// The noise that holes are shown as in a window.
    pub fn condition(&self, window: usize) -> ChaCha8Rng {
        match self {
            Self::OfWindows { seed } => stream(*seed, Purpose::Condition, window as u64, 0),
            Self::OfSample(of) => stream(of.seed, Purpose::Condition, of.series, of.question + apart(window)),
        }
    }

    /// The noise that sampling begins with in a window of some work, N(0, 1), `[3, size, size]`.
    pub fn start(&self, work: &dyn Work, window: usize) -> Vec<f32> {
        match self {
            Self::OfWindows { seed } => work.start(window, *seed),
            Self::OfSample(of) => {
                let count = 3 * work.net_size() * work.net_size();
                noise::gaussian(&mut stream(of.seed, Purpose::Start, of.series, of.sample + apart(window)), count)
            }
        }
    }

    /// The number by which a sampler draws a window's fresh noise.
    pub fn number(&self, window: usize) -> u64 {
        match self {
            Self::OfWindows { .. } => window as u64,
            Self::OfSample(of) => of.sample + apart(window),
        }
    }
}

fn apart(window: usize) -> u64 {
    (window as u64) << WINDOWS_APART
}
