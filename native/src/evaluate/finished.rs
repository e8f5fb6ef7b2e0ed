//! Cases that are done, kept beside the tables to be until the whole evaluation is written, so that one that was
//! stopped, or died, goes on with the next case. It measures nothing.

use std::path::PathBuf;

use anyhow::Context;
use infill::picture::Picture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cases::Case;
use super::evaluator::Evaluator;
use super::features::CaseFeatures;
use super::report::CaseReport;
use super::score::Answered;
use super::sheet;
use crate::files::write_atomically;
use crate::pictures::DatasetRecord;

/// A case with what it took.
#[derive(Debug, Deserialize, Serialize)]
pub struct Finished {
    /// Tiles that went through the net.
    pub evaluations: u64,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Seconds of sampling alone.
    pub sampling_seconds: f64,
    /// The numbers.
    pub report: CaseReport,
    /// The picture sheet as PNG; a file of its own.
    #[serde(skip)]
    pub sheet: Vec<u8>,
}

/// A case's file.
#[derive(Deserialize, Serialize)]
struct CaseFile<T> {
    /// What was asked, as [`Kept::asked`] has it.
    asked: String,
    /// What came of it.
    finished: T,
}

/// The folder of the cases that are done.
pub struct Kept {
    folder: PathBuf,
    /// All that answers depend on but the case and its sampling.
    common: serde_json::Value,
}

impl Kept {
    /// The folder need not exist; it is made with the first case.
    pub fn new(folder: PathBuf, evaluator: &Evaluator<'_>, data: &DatasetRecord) -> Kept {
        let mut masks = Sha256::new();
        evaluator.masks.into_iter().flatten().for_each(|mask| masks.update(mask.values()));
        let common = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": evaluator.tools.summary,
            "regression": evaluator.tools.regression.as_ref().map(|(summary, _)| summary),
            "features": evaluator.tools.features.map(|net| &net.sha256),
            "device": format!("{:?}", evaluator.tools.device),
            "data": data,
            "count": evaluator.subjects.len(),
            "samples": evaluator.plan.samples,
            "batch": evaluator.plan.batch,
            "one_evaluation": evaluator.plan.one_evaluation,
            "masks": format!("{:x?}", masks.finalize()),
        });
        Kept { folder, common }
    }

    /// What a case asks, as text: equal for equal answers.
    fn asked(&self, case: Case, evaluator: &Evaluator<'_>) -> String {
        let sampler = evaluator.plan.sampler(case);
        serde_json::json!({ "case": case.name(), "sampler": sampler, "common": self.common }).to_string()
    }

    /// A case from its file, where that holds the answers to what is asked now; else asks it, and keeps it.
    ///
    /// # Errors
    /// A case that cannot be prepared or sampled, a stop that was asked for, or a file that cannot be written.
    pub fn finish(&self, case: Case, evaluator: &mut Evaluator<'_>) -> anyhow::Result<Finished> {
        let asked = self.asked(case, evaluator);
        if let Some(finished) = self.read(case, &asked) {
            evaluator.count(finished.evaluations, finished.sampling_seconds);
            return Ok(finished);
        }
        let finished = finish(case, evaluator)?;
        std::fs::create_dir_all(&self.folder).with_context(|| format!("creating {}", self.folder.display()))?;
        write_atomically(&self.folder.join(&finished.report.sheet), &finished.sheet)?;
        // Last, because a case counts as done when this file is there.
        let file = CaseFile { asked, finished: &finished };
        write_atomically(&self.numbers(case), &serde_json::to_vec(&file).context("encoding a case")?)?;
        Ok(finished)
    }

    fn numbers(&self, case: Case) -> PathBuf {
        self.folder.join(format!("{}.json", case.name()))
    }

    fn read(&self, case: Case, asked: &str) -> Option<Finished> {
        let path = self.numbers(case);
        let bytes = std::fs::read(&path).ok()?;
        let read = || -> anyhow::Result<Finished> {
            let file: CaseFile<Finished> = serde_json::from_slice(&bytes)?;
            anyhow::ensure!(file.asked == asked, "it is of another evaluation");
            let finished = file.finished;
            let sheet = std::fs::read(self.folder.join(&finished.report.sheet)).context("its picture sheet")?;
            Ok(Finished { sheet, ..finished })
        };
        match read() {
            Ok(finished) => {
                tracing::info!("{} is done already, from {}", case.name(), path.display());
                Some(finished)
            }
            Err(error) => {
                tracing::warn!("{} is not used: {error:#}; the case is asked again", path.display());
                None
            }
        }
    }
}

/// Asks a case.
///
/// # Errors
/// A case that cannot be prepared or sampled, or a stop that was asked for.
pub fn finish(case: Case, evaluator: &mut Evaluator<'_>) -> anyhow::Result<Finished> {
    let (started, evaluations, sampling) = (std::time::Instant::now(), evaluator.evaluations, evaluator.sampling);
    let (answers, features) = evaluator.ask(case)?;
    let (report, sheet) = summarise(case, answers, features.as_ref())?;
    Ok(Finished {
        evaluations: evaluator.evaluations - evaluations,
        seconds: started.elapsed().as_secs_f64(),
        sampling_seconds: (evaluator.sampling - sampling).as_secs_f64(),
        report,
        sheet,
    })
}

/// The report and the sheet of a case.
fn summarise(case: Case, answered: Vec<Answered>, features: Option<&CaseFeatures<'_>>) -> anyhow::Result<(CaseReport, Vec<u8>)> {
    let first = answered.first().context("a case without answers")?;
    let methods = first.methods.iter().map(|(name, _)| name.clone()).collect();
    let baselines = first.baselines;
    let sheet_rows: Vec<String> = first.column.iter().map(|(name, _)| name.clone()).collect();
    let mut rows: Vec<Vec<Picture>> = vec![Vec::new(); sheet_rows.len()];
    let mut answers = Vec::with_capacity(answered.len());
    for answered in answered {
        for (row, (_, picture)) in rows.iter_mut().zip(answered.column) {
            row.push(picture);
        }
        answers.push(answered.answer);
    }
    let (name, features) = (case.name(), features.map_or(Vec::new(), CaseFeatures::scores));
    let (sheet, description) = (format!("{name}.png"), case.description());
    let report = CaseReport { case: name, description, sheet, sheet_rows, methods, baselines, features, answers };
    Ok((report, sheet::png(&rows)?))
}
