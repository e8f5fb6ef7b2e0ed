//! Progress that a person likes: a bar on a terminal, plain lines now and then otherwise, and nothing under `--quiet`.

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
        let target = if is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        Self::on(target, name, total, done)
    }

    fn on(target: ProgressDrawTarget, name: &str, total: u64, done: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), target);
        // What does not fit the terminal's width is cut off at the end of the message.
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
        if self.bar.is_hidden() && !is_quiet() && self.last_line.get().elapsed() >= LINE_EVERY {
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

/// Whether only errors are to be said.
fn is_quiet() -> bool {
    !tracing::enabled!(tracing::Level::INFO)
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    #[test]
    fn a_long_line_fits_a_terminal_of_eighty_columns() {
        let terminal = InMemoryTerm::new(4, 80);
        let progress = StepProgress::on(ProgressDrawTarget::term_like(Box::new(terminal.clone())), "training", 1_000_000, 123_000);
        progress.set(123_456, "loss 0.1234, validation 0.1234, 1234.5 pictures/s, 30 % waiting for pictures, 12 steps skipped");
        progress.bar.force_draw();
        let shown = terminal.contents();
        assert_eq!(shown.lines().count(), 1, "{shown}");
        assert!(shown.chars().count() <= 80, "{} columns: {shown}", shown.chars().count());
        assert!(shown.starts_with("training") && shown.contains("123456/1000000") && shown.contains("loss 0.1234, val"), "{shown}");
        progress.finish();
        assert_eq!(terminal.contents(), "");
    }
}
