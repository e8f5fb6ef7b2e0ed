//! What the worker holds between messages.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use burn::tensor::Device;
use infill::denoiser::Model;

use crate::message::Failure;

/// What the worker holds between messages.
#[derive(Default)]
pub struct State {
    /// The page's address.
    pub base: RefCell<String>,
    /// Where it computes, once that is known.
    pub device: RefCell<Option<Device>>,
    /// The device is a GPU's, and is missed when it is lost.
    pub on_gpu: Cell<bool>,
    /// The model in use.
    pub model: RefCell<Option<Rc<Model>>>,
    /// The run under way is to stop.
    pub cancelled: Cell<bool>,
    /// Counts what was asked for as a model, so that a slow answer does not replace a later one.
    pub wanted: Cell<u32>,
    /// Counts the runs that were asked for.
    pub runs: Cell<u32>,
}

impl State {
    /// Another model is wanted: its number.
    pub fn want(&self) -> u32 {
        self.wanted.set(self.wanted.get() + 1);
        self.wanted.get()
    }

    /// The model in use.
    ///
    /// # Errors
    /// When there is none yet.
    pub fn model(&self) -> Result<Rc<Model>, Failure> {
        self.model.borrow().clone().ok_or_else(|| Failure::Model { detail: "no model is loaded yet".to_owned() })
    }

    /// Changes whenever another model or a run is asked for.
    pub fn moment(&self) -> (u32, u32) {
        (self.wanted.get(), self.runs.get())
    }
}
