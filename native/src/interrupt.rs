//! A stop that was asked for: Ctrl-C, and from the system SIGTERM (Docker, SLURM, systemd) and SIGHUP (a terminal that is gone).
//! The first one stops between two steps, before anything is written, and a training saves; a second Ctrl-C or SIGTERM ends
//! the program at once.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, bail};

use crate::exit::{CANCELLED, Cancelled};

/// Whether somebody has asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on, once in a process.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub fn listen() -> Result<Self> {
        static LISTENING: OnceLock<Interrupt> = OnceLock::new();
        if let Some(interrupt) = LISTENING.get() {
            return Ok(interrupt.clone());
        }
        let (interrupt, urged) = (Self::default(), Arc::new(AtomicBool::new(false)));
        let (asked, insisting) = (interrupt.clone(), urged.clone());
        ctrlc::set_handler(move || asked.insist(&insisting)).context("cannot listen for Ctrl-C")?;
        #[cfg(unix)]
        system::listen(interrupt.clone(), urged).context("cannot listen for the system's signals")?;
        Ok(LISTENING.get_or_init(|| interrupt).clone())
    }

    /// Whether to stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Goes on, or not.
    ///
    /// # Errors
    /// [`Cancelled`] once somebody has asked to stop; `state` says what is there by then.
    pub fn check(&self, state: impl FnOnce() -> String) -> Result<()> {
        if self.is_asked() {
            bail!(Cancelled(state()));
        }
        Ok(())
    }

    fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Asks; whoever asks again does not want to wait.
    fn insist(&self, urged: &AtomicBool) {
        self.ask();
        if urged.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(CANCELLED));
        }
    }
}

#[cfg(unix)]
mod system {
    use std::{
        io,
        sync::{Arc, atomic::AtomicBool},
    };

    use signal_hook::{
        consts::{SIGHUP, SIGTERM},
        iterator::Signals,
    };

    use super::Interrupt;

    /// Listens for the signals by which a system ends programs. A terminal that goes may send its signal twice, once by the
    /// kernel and once by the shell, so that one never insists.
    pub fn listen(interrupt: Interrupt, urged: Arc<AtomicBool>) -> io::Result<()> {
        let mut signals = Signals::new([SIGTERM])?;
        if !hangup_is_ignored() {
            signals.add_signal(SIGHUP)?;
        }
        let wait = move || {
            for signal in signals.forever() {
                if signal == SIGTERM { interrupt.insist(&urged) } else { interrupt.ask() }
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
    }

    /// Whether this process was started to outlive its terminal, as by `nohup`. Where the system does not say it, hang-ups are
    /// left to the system.
    fn hangup_is_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_none_or(|mask| mask & (1 << (SIGHUP - 1)) != 0)
    }
}
