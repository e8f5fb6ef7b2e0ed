//! A report as Markdown: what was asked of whom, a summary, the paper's table, who beats whom, then each
//! case with its sheet.

use std::fmt::Write;

use infill::config::Sampling;

use super::interval::{self, Estimate};
use super::known;
use super::measure::Measure;
use super::report::{CaseReport, FeatureSpace, LpipsNet, Report, Score, has_frechet_interval, median};

/// What the overview shows.
const OVERVIEW: [Measure; 3] = [Measure::Psnr, Measure::Distance, Measure::Fid];

/// What needs a net, in the table of whole pictures.
const WITH_FEATURES: [Measure; 5] = [Measure::Fid, Measure::Kid, Measure::InceptionScore, Measure::Accuracy, Measure::Distance];

/// Hexadecimal digits by which a file is told apart in a table.
const SHORT: usize = 12;

impl Report {
    /// The report as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Evaluation of {}\n\n{}\n{}", self.model.file, self.circumstances(), known::paragraph(&self.trained_on));
        text.push_str(
            "PSNR, SSIM, MS-SSIM and L1 (mean absolute error, of 255) are measured where something was filled (colour and JPEG: \
             everywhere). SSIM and MS-SSIM are of luma, for colour the mean of the channels. Means over pictures ± half their \
             95 % interval: by the bootstrap over pictures (1,000 sets, seeded), of FID, KID and IS by the jackknife over 20 parts of them. The \
             mean of several samples minimises the error and looks blurred; a single sample is what a user gets.\n\n",
        );
        for words in self.yardsticks() {
            let _ = writeln!(text, "{words}\n");
        }
        let _ = writeln!(text, "{}\n{}", self.summary(), self.conclusion());
        for case in &self.cases {
            let _ = writeln!(text, "## {}: {}\n\n{}", case.case, case.description, case.table());
            let _ = writeln!(text, "{}", case.whole_table());
            if self.samples > 1 {
                let _ = writeln!(text, "{}\n", case.diversity());
            }
            let _ = writeln!(text, "![{}]({})\n\nRows: {}.\n", case.case, case.sheet, case.sheet_rows.join("; "));
        }
        text
    }

    /// The model, the questions, the sampler and the time it took.
    fn circumstances(&self) -> String {
        let sources: Vec<_> = self.data.sources.iter().map(|source| source.name.as_str()).collect();
        let mut text = format!(
            "{} pictures of {}, {}² px, model of {:.1} M parameters, {} pictures seen in training. Sampler {}, {}, seed {}, {} samples a \
             question{}. {} net evaluations in {:.0} s of sampling ({:.0} s in all) on {}.\n",
            self.count,
            sources.join(", "),
            self.model.size,
            self.model.parameters as f64 / 1e6,
            self.model.pictures_seen,
            self.sampler.kind,
            self.steps_and_temperatures(),
            self.sampler.seed,
            self.samples,
            if self.detail > 0.0 { format!(" with detail {}", self.detail) } else { String::new() },
            self.net_evaluations,
            self.sampling_seconds,
            self.seconds,
            self.device,
        );
        if let Some(regression) = &self.regression {
            let _ = writeln!(
                text,
                "The regression net is {} ({}), one evaluation, {} pictures seen in training.",
                regression.file,
                short(&regression.sha256),
                regression.pictures_seen
            );
        }
        text
    }

    /// One text where all cases are sampled alike, else one for each way with its cases.
    fn steps_and_temperatures(&self) -> String {
        let mut ways: Vec<(Sampling, Vec<&str>)> = Vec::new();
        for (sampling, case) in self.sampling.iter().zip(&self.cases) {
            match ways.iter_mut().find(|(way, _)| way == sampling) {
                Some((_, cases)) => cases.push(&case.case),
                None => ways.push((*sampling, vec![&case.case])),
            }
        }
        match ways.as_slice() {
            [(way, _)] => way.to_string(),
            ways => ways.iter().map(|(way, cases)| format!("{way} ({})", cases.join(", "))).collect::<Vec<_>>().join(", "),
        }
    }

    /// What is printed at the end: a row for each case, or the paper's table and who beats whom.
    pub fn summary(&self) -> String {
        if self.paper { format!("{}\n{}", self.paper_table(), self.overview()) } else { self.short_table() }
    }

    /// Who beats whom, and whether by chance, under their own heading.
    pub fn conclusion(&self) -> String {
        let mut text = format!(
            "## Does the net beat every baseline?\n\n{}\nYes names the net's answer, no the baseline that is at least as good. Open: the net's \
             lead may come from the choice of pictures, because the 95 % interval of the difference on the same pictures holds a tie, or there \
             is no interval.{}\n",
            self.verdicts(),
            self.label(),
        );
        let by_picture = self.accuracy_by_picture();
        if !by_picture.is_empty() {
            let _ = write!(text, "\n{by_picture}");
        }
        text
    }

    /// Whose features the numbers above are of.
    fn label(&self) -> String {
        let mut text = self.features.as_ref().map_or(String::new(), |space| format!(" Features: {}.", space.label()));
        if let Some(judge) = &self.judge {
            let _ = write!(text, " CA: {}.", judge.label());
        }
        if let Some(lpips) = &self.lpips {
            let _ = write!(text, " LPIPS: {}.", lpips.label());
        }
        text
    }

    /// What the numbers that need a net are, a paragraph for each net.
    fn yardsticks(&self) -> Vec<String> {
        let features = self.features.as_ref().map(|space| space.describe(self.count, self.judge.is_none()));
        let judge = self.judge.as_ref().map(|judge| {
            let originals = per_cent(judge.accuracy_of_originals);
            format!("CA is of whole pictures by {}, a {}, which knows {originals} of the originals here.", judge.label(), judge.kind)
        });
        let lpips = self.lpips.as_ref().map(|lpips| format!("LPIPS, version 0.1, is of whole pictures by {}.", lpips.label()));
        [features, judge, lpips].into_iter().flatten().collect()
    }

    /// One row for each case: the best baseline and the net.
    fn short_table(&self) -> String {
        let mut text = String::from(
            "| case | best baseline | its PSNR | net, one sample | net, mean of samples | its SSIM | net, one sample | net, mean of samples |\n\
             |---|---|---|---|---|---|---|---|\n",
        );
        for case in &self.cases {
            let (one, last) = (case.one_sample(), case.methods.len() - 1);
            let Some((best, _)) = Measure::Psnr.best_baseline(case) else {
                continue;
            };
            let best_ssim = Measure::Ssim.best_baseline(case).map_or(best, |(method, _)| method);
            let cells = |measure: Measure, best: usize| [best, one, last].map(|method| measure.cell(case, method)).join(" | ");
            let (psnr, ssim) = (cells(Measure::Psnr, best), cells(Measure::Ssim, best_ssim));
            let _ = writeln!(text, "| {} | {} | {psnr} | {ssim} |", case.case, case.methods[best]);
        }
        text.push_str("\nPSNR in dB; SSIM is that of the best baseline by SSIM. ± is half the 95 % interval (bootstrap over pictures).\n");
        text
    }

    /// A row for each task and method, as the paper's tables have it.
    fn paper_table(&self) -> String {
        let measures = self.measures();
        let headings: Vec<&str> = measures.iter().map(|measure| measure.heading()).collect();
        let mut text = format!("| task | method | {} |\n|---|---|{}\n", headings.join(" | "), "---|".repeat(headings.len()));
        for case in &self.cases {
            let verdicts: Vec<_> = measures.iter().map(|measure| measure.verdict(case)).collect();
            for (method, name) in case.methods.iter().enumerate() {
                let _ = write!(text, "| {} | {name} |", case.case);
                for (measure, verdict) in measures.iter().zip(&verdicts) {
                    let better = verdict.is_some_and(|verdict| verdict.wins && verdict.net.0 == method);
                    let cell = measure.cell(case, method);
                    let _ = write!(text, " {} |", if better { format!("**{cell}**") } else { cell });
                }
                text.push('\n');
            }
        }
        if let Some(space) = &self.features {
            let _ = write!(text, "| – | the originals | – | {:.2} |", space.inception_score_of_originals);
            let judge = self.judge.as_ref().unwrap_or(space);
            let accuracy = judge.accuracy_of_originals.map_or("–".to_owned(), |accuracy| format!("{:.1} %", 100.0 * accuracy));
            let _ = writeln!(text, " {accuracy} |{}", " – |".repeat(measures.len() - 3));
        }
        let _ = writeln!(
            text,
            "\n{} pictures. Bold: the net's best, where it beats every baseline beyond the choice of pictures.{}",
            self.count,
            self.label()
        );
        text
    }

    /// What a user gets, in few numbers: for PSNR, and for feature distances where there are features, the best
    /// baseline and one sample, for PSNR also the mean of samples. Bold where it is better beyond the choice of pictures.
    fn overview(&self) -> String {
        let measures: Vec<Measure> = OVERVIEW.into_iter().filter(|measure| self.measures().contains(measure)).collect();
        let columns: Vec<String> = measures.iter().map(|measure| self.overview_headings(*measure)).collect();
        let count = columns.concat().matches('|').count();
        let mut text = format!("| case |{}\n|---|{}\n", columns.concat(), "---|".repeat(count));
        for case in &self.cases {
            let _ = write!(text, "| {} |", case.case);
            for measure in &measures {
                let best = measure.best_baseline(case);
                let named = best.map(|(method, _)| format!("{} {}", case.methods[method], measure.cell(case, method)));
                let _ = write!(text, " {} |", named.as_deref().unwrap_or("–"));
                let answers = [case.one_sample()].into_iter().chain(self.has_mean(*measure).then(|| case.methods.len() - 1));
                for method in answers {
                    let cell = measure.cell(case, method);
                    let wins = best.is_some_and(|(best, _)| measure.beats(case, method, best));
                    let cell = if wins { format!("**{cell}**") } else { cell };
                    let _ = write!(text, " {cell} |");
                }
            }
            text.push('\n');
        }
        text
    }

    /// The headings of a measure's columns, each ended by a bar.
    fn overview_headings(&self, measure: Measure) -> String {
        let mean = if self.has_mean(measure) { format!(" mean of {} |", self.samples) } else { String::new() };
        format!(" {}: best baseline | one sample |{mean}", measure.heading())
    }

    /// Whether the overview has a column for the mean of samples: where a mean is what is asked for.
    fn has_mean(&self, measure: Measure) -> bool {
        measure == Measure::Psnr && self.samples > 1
    }
}

impl FeatureSpace {
    /// Which net it is, for every table that its numbers stand in.
    fn label(&self) -> String {
        format!("{} ({}), {} dimensions at {}²", self.file, short(&self.sha256), self.dimensions, self.size)
    }

    /// `judges`: whether CA is this net's too.
    fn describe(&self, count: usize, judges: bool) -> String {
        let mut text = format!(
            "FID, KID, IS{} PD are of whole pictures in the features of {}, {}",
            if judges { ", CA and" } else { " and" },
            self.label(),
            self.kind
        );
        if let Some(accuracy) = self.validation_accuracy {
            let _ = write!(
                text,
                ", of {} classes, with an accuracy of {} on its validation pictures",
                self.classes.len(),
                per_cent(Some(accuracy))
            );
        }
        if judges && self.accuracy_of_originals.is_some() {
            let _ = write!(text, "; it knows {} of the originals here", per_cent(self.accuracy_of_originals));
        }
        // Only nets of the literature have no validation accuracy in their file.
        text.push_str(if self.validation_accuracy.is_some() {
            ". They compare with each other, not with numbers of Inception-v3."
        } else {
            ". FID and KID compare with those of others who use the same weights on as many pictures; PD is Euclidean."
        });
        let _ = write!(text, " FID is of {count} pictures and biased upwards by so few; KID is not.");
        if !has_frechet_interval(count, self.dimensions) {
            text.push_str(" FID has no interval and is open: there are too few pictures for one, or so many that it would take too long.");
        }
        text
    }
}

impl LpipsNet {
    fn label(&self) -> String {
        let files: Vec<String> = self.files.iter().map(|(file, sha256)| format!("{file} ({})", short(sha256))).collect();
        format!("{}, {}", self.trunk, files.join(" and "))
    }
}

fn per_cent(part: Option<f64>) -> String {
    part.map_or("an unknown part".to_owned(), |part| format!("{:.1} %", 100.0 * part))
}

fn short(sha256: &str) -> &str {
    sha256.get(..SHORT).unwrap_or(sha256)
}

impl CaseReport {
    /// Where something was filled.
    fn table(&self) -> String {
        let reference = Measure::Psnr.best_baseline(self).map(|(method, _)| self.values(method, |score| score.psnr));
        let mut text = String::from(
            "| answer | PSNR (dB) | median | SSIM | median | MS-SSIM | L1 | above the best baseline's PSNR |\n|---|---|---|---|---|---|---|---|\n",
        );
        for (method, name) in self.methods.iter().enumerate() {
            let values = self.values(method, |score| score.psnr);
            let cell = |measure: Measure| measure.cell(self, method);
            let medians = (median(&values), median(&self.values(method, |score| score.ssim)));
            let wins = reference.as_ref().filter(|_| method >= self.baselines).map_or("".to_owned(), |reference| {
                let wins: Vec<f64> =
                    values.iter().zip(reference).map(|(value, reference)| if value > reference { 100.0 } else { 0.0 }).collect();
                format!("{} % of pictures", interval::text(Estimate::of_mean(&wins), 0))
            });
            let _ = writeln!(
                text,
                "| {name} | {} | {:.2} | {} | {:.3} | {} | {} | {wins} |",
                cell(Measure::Psnr),
                medians.0,
                cell(Measure::Ssim),
                medians.1,
                cell(Measure::MsSsim),
                cell(Measure::L1)
            );
        }
        text
    }

    /// Over whole pictures, features included where there are some.
    fn whole_table(&self) -> String {
        let with_features: &[Measure] = if self.features.is_empty() { &[] } else { &WITH_FEATURES };
        let with_lpips: &[Measure] = if Measure::Lpips.of(self, 0).is_some() { &[Measure::Lpips] } else { &[] };
        let measures: Vec<Measure> = with_features.iter().chain(with_lpips).copied().collect();
        let mut text = String::from("| whole picture | PSNR (dB) | SSIM | MS-SSIM | L1 |");
        for measure in &measures {
            let _ = write!(text, " {} |", measure.heading().trim_end_matches([' ', '↑', '↓']));
        }
        let _ = writeln!(text, "\n|---|---|---|---|---|{}", "---|".repeat(measures.len()));
        for (method, name) in self.methods.iter().enumerate() {
            let of = |part: fn(&Score) -> f64, digits: usize| interval::text(Estimate::of_mean(&self.whole(method, part)), digits);
            let (psnr, ssim) = (of(|score| score.psnr, 2), of(|score| score.ssim, 3));
            let (ms_ssim, l1) = (of(|score| score.ms_ssim, 3), of(|score| score.l1, 2));
            let _ = write!(text, "| {name} | {psnr} | {ssim} | {ms_ssim} | {l1} |");
            for measure in &measures {
                let _ = write!(text, " {} |", measure.cell(self, method));
            }
            text.push('\n');
        }
        text
    }

    /// How far samples of one question lie apart.
    fn diversity(&self) -> String {
        let spread: Vec<f64> = self.answers.iter().map(|answer| answer.spread).collect();
        let similarity: Vec<f64> = self.answers.iter().filter_map(|answer| answer.ms_ssim_between_samples).collect();
        let distance: Vec<f64> = self.answers.iter().filter_map(|answer| answer.feature_distance_between_samples).collect();
        let of = |values: &[f64], digits: usize| interval::text(Estimate::of_mean(values), digits);
        let mut text =
            format!("Between samples of one question: standard deviation {} of 255, MS-SSIM {}", of(&spread, 1), of(&similarity, 3));
        if !distance.is_empty() {
            let _ = write!(text, ", feature distance {}", of(&distance, 2));
        }
        text.push('.');
        text
    }
}
