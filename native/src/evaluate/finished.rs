//! One case from question to report: asked, or taken from what was kept of an evaluation that was stopped.

use std::path::PathBuf;

use anyhow::Context;
use infill::picture::Picture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cases::Case;
use super::evaluator::Evaluator;
use super::features::CaseFeatures;
use super::kept::Kept;
use super::report::CaseReport;
use super::score::Answered;
use super::sheet;
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

/// The folder of the cases that are done; it need not exist.
pub fn kept(folder: PathBuf, evaluator: &Evaluator<'_>, data: &DatasetRecord) -> Kept {
    let mut masks = Sha256::new();
    evaluator.masks.into_iter().flatten().for_each(|mask| masks.update(mask.values()));
    let yardsticks = &evaluator.tools.yardsticks;
    let common = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "model": evaluator.tools.summary,
        "regression": evaluator.tools.regression.as_ref().map(|(summary, _)| summary),
        "features": yardsticks.features.map(|net| &net.origin().sha256),
        "judge": yardsticks.judge.map(|net| (&net.origin().sha256, net.classes())),
        "lpips": yardsticks.lpips.map(|net| net.origin().iter().map(|origin| &origin.sha256).collect::<Vec<_>>()),
        "device": format!("{:?}", evaluator.tools.device),
        "data": data,
        "count": evaluator.subjects.len(),
        "samples": evaluator.plan.samples,
        "batch": evaluator.plan.batch,
        "one_evaluation": evaluator.plan.one_evaluation,
        "detail": evaluator.plan.detail,
        "masks": format!("{:x?}", masks.finalize()),
    });
    Kept { folder, common }
}

/// A case that was kept, where that answers what is asked now; else asks it, and keeps it where a folder is given.
///
/// # Errors
/// A case that cannot be prepared or sampled, a stop that was asked for, or a file that cannot be written.
pub fn finish(case: Case, evaluator: &mut Evaluator<'_>, kept: Option<&Kept>) -> anyhow::Result<Finished> {
    let (name, sampler) = (case.name(), evaluator.plan.sampler(case));
    if let Some((finished, sheet)) = kept.and_then(|kept| kept.read::<Finished>(&name, &sampler)) {
        evaluator.count(finished.evaluations, finished.sampling_seconds);
        return Ok(Finished { sheet, ..finished });
    }
    let finished = ask(case, evaluator)?;
    if let Some(kept) = kept {
        kept.write(&name, &sampler, &finished, &finished.sheet)?;
    }
    Ok(finished)
}

/// Asks a case.
///
/// # Errors
/// A case that cannot be prepared or sampled, or a stop that was asked for.
fn ask(case: Case, evaluator: &mut Evaluator<'_>) -> anyhow::Result<Finished> {
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
    let mut report =
        CaseReport { case: name, description, sheet, sheet_rows, methods, baselines, features, estimates: Vec::new(), answers };
    report.estimates = report.estimate();
    Ok((report, sheet::png(&rows)?))
}
