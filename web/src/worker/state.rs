//! What the worker holds between messages.

use std::{cell::Cell, rc::Rc};

use burn::tensor::Device;
use infill::denoiser::Model;

use super::own_model::ModelBytes;
use crate::{message::Failure, slot::Slot};

/// What the worker holds between messages.
#[derive(Default)]
pub struct State {
    /// The page's address.
    pub base: Slot<String>,
    /// Where it computes, once that is known.
    pub device: Slot<Device>,
    /// The device is a GPU's, and is missed when it is lost.
    pub on_gpu: Cell<bool>,
    /// The model in use.
    pub model: Slot<Rc<Model>>,
    /// Its file, for helpers.
    pub bytes: Slot<ModelBytes>,
    /// How many workers may compute at a time on the CPU, with this one.
    pub workers: Cell<usize>,
    /// The run under way is to stop.
    pub cancelled: Cell<bool>,
    /// The highest number that a model was asked for with, so that a slow answer does not replace a later one.
    pub wanted: Cell<u32>,
    /// Counts the runs that were asked for.
    pub runs: Cell<u32>,
}

impl State {
    /// A model is asked for; whether none was with a higher number.
    pub fn want(&self, number: u32) -> bool {
        let latest = number >= self.wanted.get();
        self.wanted.set(number.max(self.wanted.get()));
        latest
    }

    /// The model in use.
    ///
    /// # Errors
    /// When there is none yet.
    pub fn model(&self) -> Result<Rc<Model>, Failure> {
        self.model.using(|model| model.clone()).ok_or_else(|| Failure::Model { detail: "no model is loaded yet".to_owned() })
    }

    /// Changes whenever another model or a run is asked for.
    pub fn moment(&self) -> (u32, u32) {
        (self.wanted.get(), self.runs.get())
    }
}
