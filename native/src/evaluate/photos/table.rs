//! A report on photographs as Markdown: what was asked of whom, a row for each case and method, and the sheets.

use std::{collections::BTreeMap, fmt::Write};

use infill::metric::OCTAVES;

use super::report::{PhotoCaseReport, PhotoReport, PhotoScore};
use crate::evaluate::{
    interval::{self, Estimate},
    known,
};

/// What the columns are, for a reader who has not seen them before.
const COLUMNS: &str = "PSNR (dB) and SSIM: error where something was filled (colour and JPEG: everywhere). Features: distance in the features \
     of a classifier, of the square around the hole. Sharpness: energy of detail against the truth's at wavelengths of 2–4, 4–8, 8–16 and \
     16–32 pixels; 1 is right, less is blurred. Patches: sliced Wasserstein distance of 7×7 patches, in 8-bit values; small where what was \
     filled is made of the right stuff, wherever it lies. Rim: step across the hole's rim against the truth's; 1 is right, more is a seam. \
     Seconds: one answer. Means over photographs; of sharpness and rim, which are ratios, the geometric mean. \
     ± is half the 95 % interval (bootstrap over photographs); that of sharpness is in the numbers' file.";

impl PhotoReport {
    /// The report as Markdown.
    pub fn markdown(&self) -> String {
        let (circumstances, known) = (self.circumstances(), known::paragraph(&self.trained_on));
        let mut text =
            format!("# Evaluation of {} on photographs\n\n{circumstances}\n{known}{COLUMNS}\n\n{}\n", self.model.file, self.table());
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
        let estimates = self.estimate(method);
        let cell = |name: &str, digits: usize| interval::text(estimates.get(name).copied(), digits);
        let sharpness: Vec<String> =
            octave_names().filter_map(|name| estimates.get(&name)).map(|octave| format!("{:.2}", octave.value)).collect();
        let sharpness = if sharpness.is_empty() { "–".to_owned() } else { sharpness.join(" ") };
        let mut text = format!(" {} | {} |", cell("psnr", 2), cell("ssim", 3));
        if features {
            let _ = write!(text, " {} |", cell("feature_distance", 2));
        }
        let _ = write!(text, " {sharpness} | {} | {} | {} |", cell("patch_distance", 2), cell("rim_step", 2), cell("seconds", 2));
        text
    }
}

/// What the octaves of sharpness are called in the numbers' file, from the finest.
fn octave_names() -> impl Iterator<Item = String> {
    (0..OCTAVES).map(|octave| format!("sharpness_{octave}"))
}

impl PhotoCaseReport {
    /// Every measure of a method by its name, with its interval; those that were not made are not there.
    pub fn estimate(&self, method: usize) -> BTreeMap<String, Estimate> {
        let mean = |part: fn(&PhotoScore) -> Option<f64>| Estimate::of_mean(&self.values(method, part));
        let octave = |octave: usize| Estimate::of_ratios(&self.values(method, |score| Some(score.sharpness?[octave])));
        let named = [
            ("psnr", mean(|score| Some(score.psnr))),
            ("ssim", mean(|score| Some(score.ssim))),
            ("feature_distance", mean(|score| score.feature_distance)),
            ("patch_distance", mean(|score| score.patch_distance)),
            ("rim_step", Estimate::of_ratios(&self.values(method, |score| score.rim_step))),
            ("seconds", mean(|score| Some(score.seconds))),
        ];
        let named = named.into_iter().map(|(name, estimate)| (name.to_owned(), estimate));
        let all = named.chain(octave_names().zip((0..OCTAVES).map(octave)));
        all.filter_map(|(name, estimate)| Some((name, estimate?))).collect()
    }
}
