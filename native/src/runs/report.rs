//! Runs side by side, as text, as JSON and as a plot.

use std::fmt::Write;

use anyhow::Result;

use super::record::{Run, Summary};
use crate::{
    plot::{Line, Plot, Scale, letter},
    train,
};

/// Settings on which the size of a loss hangs, whatever was learned.
const OF_LOSS: [&str; 14] = [
    "model.size",
    "model.prediction",
    "model.log_snr_range",
    "model.hole",
    "model.tasks",
    "train.levels",
    "train.loss_power",
    "train.loss_frequencies",
    "train.loss_weighting",
    "train.snr_cap",
    "train.hole_normalized",
    "train.task_shares",
    "train.task_levels",
    "run.validation",
];

/// Settings that say where something is and not what.
const PLACES: [&str; 1] = ["run.threads"];

/// Runs that are compared.
pub struct Report {
    /// The runs.
    pub runs: Vec<Run>,
}

impl Report {
    /// Pictures that every run has seen.
    fn common(&self) -> u64 {
        self.runs.iter().map(Run::pictures).min().unwrap_or(0)
    }

    fn summaries(&self) -> Vec<Summary> {
        self.runs.iter().map(|run| run.summary(self.common())).collect()
    }

    /// The table as JSON.
    ///
    /// # Errors
    /// None in practice.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&serde_json::json!({ "common_pictures": self.common(), "runs": self.summaries() }))? + "\n")
    }

    /// Table, curves and differences.
    ///
    /// # Errors
    /// Settings that cannot be compared.
    pub fn text(&self) -> Result<String> {
        let mut text = self.table();
        text += &self.differences()?;
        for (title, lines) in self.curves() {
            let _ = write!(text, "\n{}", plot(title, &lines).text());
        }
        Ok(text)
    }

    /// The curves of the losses, and where there are some those on validation pictures, as one SVG file.
    ///
    /// # Errors
    /// Only when the drawing library fails.
    pub fn svg(&self) -> Result<String> {
        let curves = self.curves();
        let plots = curves.iter().map(|(title, lines)| plot(title, lines).svg()).collect::<Result<Vec<_>>>()?;
        Ok(stacked(&plots))
    }

    fn table(&self) -> String {
        let common = self.common();
        let mut text =
            format!("|  | run | steps | pictures | hours | pictures/s | loss at {common} pictures | loss | best validation loss |\n");
        text += "|---|---|---|---|---|---|---|---|---|\n";
        let loss = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.5}"));
        for (number, summary) in self.summaries().into_iter().enumerate() {
            let Summary { run, steps, total_steps, pictures, hours, pictures_per_second, .. } = &summary;
            let best = summary.best_step.map_or(String::new(), |step| format!(" at step {step}"));
            let _ = writeln!(
                text,
                "| {} | {run} | {steps} of {total_steps} | {pictures} | {hours:.2} | {pictures_per_second:.1} | {} | {} | {}{best} |",
                letter(number),
                loss(summary.loss_at_common),
                loss(summary.loss),
                loss(summary.best_validation_loss),
            );
        }
        text + "\nA loss is the mean over the last twentieth of the pictures until then.\n"
    }

    /// In what every other run differs from the first.
    fn differences(&self) -> Result<String> {
        let mut text = String::new();
        let Some((first, others)) = self.runs.split_first() else { return Ok(text) };
        for (number, other) in (1..).zip(others) {
            let mut differences = train::differences(&first.settings, &other.settings)?;
            differences.retain(|difference| !PLACES.contains(&difference.name.as_str()));
            let named = |name: &str| differences.iter().any(|difference| within(&difference.name, name));
            let of_loss: Vec<&str> = OF_LOSS.into_iter().filter(|name| named(name)).collect();
            let said: Vec<String> = differences.iter().map(ToString::to_string).collect();
            let said = if said.is_empty() { "no other settings".to_owned() } else { said.join(", ") };
            let _ = writeln!(text, "{} → {}: {said}", letter(0), letter(number));
            if !of_loss.is_empty() {
                let _ = writeln!(text, "{} and {}: losses of other {} cannot be compared", letter(0), letter(number), of_loss.join(", "));
            }
        }
        Ok(if text.is_empty() { text } else { format!("\n{text}") })
    }

    /// What is plotted, by title; a run without such losses has no line of its own but keeps its letter.
    fn curves(&self) -> Vec<(&'static str, Vec<Line>)> {
        let lines = |points: fn(&Run) -> Vec<(f64, f64)>| {
            let line = |run: &Run| Line { name: run.name.clone(), points: points(run) };
            self.runs.iter().map(line).collect::<Vec<_>>()
        };
        let mut curves = vec![("training", lines(Run::curve)), ("validation", lines(Run::validation_curve))];
        curves.retain(|(_, lines)| lines.iter().any(|line| !line.points.is_empty()));
        curves
    }
}

fn plot<'a>(title: &'a str, lines: &'a [Line]) -> Plot<'a> {
    Plot { title, across: "pictures", up: "loss", scale: Scale::Even, lines }
}

fn within(name: &str, of: &str) -> bool {
    name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// SVG files of one size below each other in one.
fn stacked(plots: &[String]) -> String {
    let (width, height) = crate::plot::SIZE;
    let mut text = format!("<svg width=\"{width}\" height=\"{}\" xmlns=\"http://www.w3.org/2000/svg\">\n", height as usize * plots.len());
    for (number, plot) in plots.iter().enumerate() {
        let _ = writeln!(text, "<g transform=\"translate(0 {})\">\n{plot}</g>", height as usize * number);
    }
    text + "</svg>\n"
}
