//! The table of an ablation, as Markdown and as JSON.

use serde::Serialize;

use super::{
    outcome::{LOG_SNRS, Outcome, SAMPLE_STEPS},
    variants::Family,
};
use crate::train::TrainingSettings;

/// What was measured, and of what.
#[derive(Serialize)]
pub struct AblationReport<'a> {
    #[serde(skip)]
    family: Family,
    settings: &'a TrainingSettings,
    log_snrs: [f64; LOG_SNRS.len()],
    sample_steps: usize,
    variants: &'a [Outcome],
}

impl<'a> AblationReport<'a> {
    /// Of the settings that the variants change.
    pub fn new(family: Family, settings: &'a TrainingSettings, variants: &'a [Outcome]) -> Self {
        Self { family, settings, log_snrs: LOG_SNRS, sample_steps: SAMPLE_STEPS, variants }
    }

    /// The table; the best of a column is bold.
    pub fn markdown(&self) -> String {
        let TrainingSettings { model, train, run } = self.settings;
        let equal_time = self.family.for_equal_time();
        let time = if equal_time { " of the first, and as many of the others as take the same time," } else { "" };
        let mut text = format!(
            "{} steps{time} of {} pictures of {} px from seed {}, measured on {} validation pictures that are the same for all: mean squared \
             error of the clean picture (in [−1, 1]) where something is to be filled, by log-SNR, and PSNR there of one sample in {} steps, with its 95 % interval over the pictures.\n\n",
            train.total_steps, train.batch, model.size, train.seed, run.validation_pictures, self.sample_steps
        );
        let columns: Vec<String> = LOG_SNRS.iter().map(|log_snr| format!("error at {log_snr}")).collect();
        let (more, count) = if equal_time { ("parameters | steps | ", 4) } else { ("", 2) };
        text += &format!("| variant | {more}{} | PSNR | seconds |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len() + count));
        let least = |column: usize| self.variants.iter().map(|outcome| outcome.clean_error[column]).fold(f64::INFINITY, f64::min);
        let highest = self.variants.iter().map(|outcome| outcome.psnr.value).fold(f64::NEG_INFINITY, f64::max);
        for outcome in self.variants {
            let cell = |text: String, best: bool| if best { format!("**{text}**") } else { text };
            let mut cells: Vec<String> = outcome
                .clean_error
                .iter()
                .enumerate()
                .map(|(column, error)| cell(format!("{error:.4}"), *error == least(column)))
                .collect();
            cells.push(cell(outcome.psnr.text(2), outcome.psnr.value == highest));
            if equal_time {
                cells.splice(0..0, [format!("{:.2} M", outcome.parameters as f64 / 1e6), outcome.steps.to_string()]);
            }
            text += &format!("| {} | {} | {:.0} |\n", outcome.name, cells.join(" | "), outcome.seconds);
        }
        text
    }
}
