//! A task on one picture of any size, under way: it asks the net about one window after another and puts the answers
//! together. It runs no net and draws no levels; `edit` does, with the sampler.

use std::fmt;

use rand_chacha::ChaCha8Rng;

use super::window::Window;
use crate::{
    completion::Hole,
    config::HoleCondition,
    noise::{self, Purpose},
    picture::Picture,
};

/// What a net wants to see of a window.
#[derive(Clone, Copy, Debug)]
pub struct Net {
    /// Its side, in pixels.
    pub size: usize,
    /// What it is shown where something is missing.
    pub hole: HoleCondition,
    /// Whether sampling begins from the task's guess of what is missing.
    pub guess: bool,
}

/// The net's input for one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// What the net is shown, `[3, size, size]`, about [−1, 1].
    pub condition: Vec<f32>,
    /// The known picture `[3, size, size]` and what is missing of it, `[1, size, size]`, 1 or 0. `None` where every pixel
    /// is to be filled.
    pub known: Option<(Vec<f32>, Vec<f32>)>,
    /// What sampling begins from, `[3, size, size]`.
    pub guess: Option<Vec<f32>>,
}

/// What the windows that are done left behind.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// The result's RGB values as far as they are done; empty where none was written yet.
    pub pixels: Vec<u8>,
    /// Weighted sums of windows that overlap, where the task has such.
    pub sums: Vec<f32>,
}

/// A task on one picture, as a sequence of windows.
pub trait Work: fmt::Debug + Send + Sync {
    /// How many windows there are.
    fn windows(&self) -> usize;

    /// Whether no window depends on the answers to earlier ones, so that several can be asked about at a time.
    fn independent(&self) -> bool {
        false
    }

    /// Where a window lies on the result.
    fn window(&self, index: usize) -> Window;

    /// The net's input for a window, after all windows before it were accepted. `random` fills holes that are shown as
    /// noise.
    fn prepare(&self, index: usize, random: &mut ChaCha8Rng) -> Prepared;

    /// The noise that a window's sampling begins with, N(0, 1), `[3, size, size]`: from the stream of the window's number.
    fn start(&self, index: usize, seed: u64) -> Vec<f32> {
        let side = self.net_size();
        noise::gaussian(&mut noise::stream(seed, Purpose::Start, index as u64, 0), 3 * side * side)
    }

    /// The net's side, in pixels.
    fn net_size(&self) -> usize;

    /// Takes the net's answer for a window, `[3, size, size]`.
    fn accept(&mut self, index: usize, values: &[f32]);

    /// What the first `done` windows left behind.
    fn traces(&self, done: usize) -> Traces;

    /// Goes on after `done` windows. Returns whether the traces are those of such a task; nothing is changed when not.
    fn resume(&mut self, done: usize, traces: Traces) -> bool;

    /// A pixel of a preview, from the net's estimate at its place, in [−1, 1].
    fn mix(&self, x: usize, y: usize, generated: [f32; 3]) -> [u8; 3];

    /// The hole that the net has filled, where the task has one, to be filled again with detail.
    fn hole(&self) -> Option<Hole<'_>> {
        None
    }

    /// The result as far as it is done.
    fn picture(&self) -> &Picture;

    /// The result without a copy.
    fn into_picture(self: Box<Self>) -> Picture;
}
