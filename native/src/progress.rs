//! Progress that a person likes: a bar on a terminal, plain lines now and then otherwise.

use std::{
    cell::Cell,
    io::Write,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Without a terminal, lines are at least this far apart.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Steps of one piece of work.
pub struct StepProgress {
    bar: ProgressBar,
    name: String,
    total: u64,
    last_line: Cell<Instant>,
}

impl StepProgress {
    /// Begins at `done` of `total`.
    pub fn new(name: &str, total: u64, done: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix} {bar:8} {pos}/{len} ({eta} left) {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name.to_owned());
        bar.set_position(done);
        bar.reset_eta();
        Self { bar, name: name.to_owned(), total, last_line: Cell::new(Instant::now()) }
    }

    /// Says how far it is.
    pub fn set(&self, done: u64, message: &str) {
        self.bar.set_position(done);
        self.bar.set_message(message.to_owned());
        if self.bar.is_hidden() && self.last_line.get().elapsed() >= LINE_EVERY {
            self.last_line.set(Instant::now());
            // Where nobody listens any more, the work goes on.
            let _ = writeln!(std::io::stderr(), "{} {done}/{} {message}", self.name, self.total);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
