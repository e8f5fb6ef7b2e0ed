//! Ctrl-C while pictures are made: the first one stops between two steps, before anything is written;
//! a second one ends the program at once. Training has its own, because it saves first.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, bail};

use crate::exit::{CANCELLED, Cancelled};

/// Whether the user has asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for Ctrl-C from now on.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub fn listen() -> Result<Self> {
        let interrupt = Self::default();
        let asked = interrupt.0.clone();
        ctrlc::set_handler(move || {
            if asked.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(CANCELLED));
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(interrupt)
    }

    /// Goes on, or not.
    ///
    /// # Errors
    /// [`Cancelled`] once the user has asked to stop; `state` says what is there by then.
    pub fn check(&self, state: impl FnOnce() -> String) -> Result<()> {
        if self.0.load(Ordering::SeqCst) {
            bail!(Cancelled(state()));
        }
        Ok(())
    }
}
