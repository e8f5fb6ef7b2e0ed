//! A report on photographs as Markdown: what was asked of whom, a row for each case and method, and the sheets.

use std::fmt::Write;

use super::report::{PhotoCaseReport, PhotoReport, PhotoScore};
use crate::evaluate::report::Summary;

/// What the columns are, for a reader who has not seen them before.
const COLUMNS: &str = "PSNR (dB) and SSIM: error where something was filled (colour and JPEG: everywhere). Features: distance in the features \
     of a classifier, of the square around the hole. Sharpness: energy of detail against the truth's at wavelengths of 2–4, 4–8, 8–16 and \
     16–32 pixels; 1 is right, less is blurred. Patches: sliced Wasserstein distance of 7×7 patches, in 8-bit values; small where what was \
     filled is made of the right stuff, wherever it lies. Rim: step across the hole's rim against the truth's; 1 is right, more is a seam. \
     Seconds: one answer. Means over photographs; of sharpness and rim, which are ratios, the geometric mean.";

impl PhotoReport {
    /// The report as Markdown.
    pub fn markdown(&self) -> String {
        let mut text =
            format!("# Evaluation of {} on photographs\n\n{}\n{COLUMNS}\n\n{}\n", self.model.file, self.circumstances(), self.table());
        for case in &self.cases {
            let _ = writeln!(
                text,
                "## {}: {}\n\n![{}]({})\n\nColumns: {}. Rows: {}.\n",
                case.case,
                case.description,
                case.case,
                case.sheet,
                case.sheet_columns.join("; "),
                case.sheet_rows.join("; ")
            );
        }
        text
    }

    /// The model, the photographs, and on what it ran.
    fn circumstances(&self) -> String {
        let masks = self.masks.as_ref().map_or("masks drawn".to_owned(), |folder| format!("masks of {folder}, sampling"));
        let peers: Vec<String> = self.peers.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let mut text = format!(
            "{} photographs of {} at their own size, {masks} with seed {}. Model of {:.1} M parameters for {}² px ({}), {} on {}.\n",
            self.count,
            self.photos,
            self.seed,
            self.model.parameters as f64 / 1e6,
            self.model.size,
            self.model.sha256.get(..12).unwrap_or(&self.model.sha256),
            format_args!("{:.0} s", self.seconds),
            self.device,
        );
        if !peers.is_empty() {
            let _ = writeln!(text, "Methods of others: {}.", peers.join(", "));
        }
        if let Some((file, sha256)) = &self.features {
            let _ = writeln!(text, "Features: {file} ({}).", sha256.get(..12).unwrap_or(sha256));
        }
        text
    }

    /// A row for each case and method.
    pub fn table(&self) -> String {
        let features = self.features.is_some();
        let heading = if features { " features ↓ |" } else { "" };
        let mut text = format!(
            "| case | method | PSNR ↑ | SSIM ↑ |{heading} sharpness → 1 | patches ↓ | rim → 1 | seconds |\n|---|---|---|---|{}---|---|---|---|\n",
            if features { "---|" } else { "" }
        );
        for case in &self.cases {
            for (method, name) in case.methods.iter().enumerate() {
                let _ = writeln!(text, "| {} | {name} |{}", case.case, case.cells(method, features));
            }
        }
        text
    }
}

impl PhotoCaseReport {
    fn cells(&self, method: usize, features: bool) -> String {
        let mean = |part: fn(&PhotoScore) -> Option<f64>, digits: usize| {
            let values = self.values(method, part);
            if values.is_empty() { "–".to_owned() } else { format!("{:.digits$}", Summary::of(&values).mean) }
        };
        let octaves = self.sharpness(method).map_or("–".to_owned(), |octaves| octaves.map(|value| format!("{value:.2}")).join(" "));
        let rim = geometric_mean(&self.values(method, |score| score.rim_step));
        let mut text = format!(" {} | {} |", mean(|score| Some(score.psnr), 2), mean(|score| Some(score.ssim), 3));
        if features {
            let _ = write!(text, " {} |", mean(|score| score.feature_distance, 2));
        }
        let _ = write!(text, " {octaves} | {} |", mean(|score| score.patch_distance, 2));
        let rim = rim.map_or("–".to_owned(), |rim| format!("{rim:.2}"));
        let _ = write!(text, " {rim} | {} |", mean(|score| Some(score.seconds), 2));
        text
    }

    /// Of each octave the geometric mean over photographs; none where it was not measured.
    fn sharpness(&self, method: usize) -> Option<[f64; infill::metric::OCTAVES]> {
        let octave = |octave: usize| geometric_mean(&self.values(method, |score| Some(score.sharpness?[octave])));
        octave(0)?;
        Some(std::array::from_fn(|number| octave(number).unwrap_or(f64::NAN)))
    }
}

/// The mean of ratios: of 2 and ½ it is 1. None of nothing.
fn geometric_mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::geometric_mean;

    #[test]
    fn ratios_that_cancel_have_the_mean_1() {
        assert_eq!(geometric_mean(&[0.5, 2.0]), Some(1.0));
        assert_eq!(geometric_mean(&[]), None);
    }
}
