//! The whole evaluation of photographs: what is refused first, case after case, and the files that come of it.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use sha2::{Digest, Sha256};

use super::cases::PhotoCase;
use super::folder::{self, Photo};
use super::masks;
use super::peers;
use super::plan::PhotosPlan;
use super::report::{PhotoFinished, PhotoReport};
use super::run::PhotoRun;
use crate::device;
use crate::evaluate::kept::Kept;
use crate::evaluate::known::known_pictures;
use crate::evaluate::output::{self, UNFINISHED};
use crate::evaluate::plan::Tools;
use crate::exit::usage;
use crate::interrupt::Interrupt;
use crate::pictures::{Dataset, file_name};
use crate::progress::StepProgress;

/// A report with the sheets that it names.
pub struct PhotoEvaluation {
    /// The numbers.
    pub report: PhotoReport,
    /// File names and PNG bytes.
    pub sheets: Vec<(String, Vec<u8>)>,
}

/// Puts every case to the net, to fills without one, and to the peers.
///
/// # Errors
/// No photograph, a mask that does not fit, a task that the model was not trained on, a peer that does not run, settings that
/// make no sense, a net that gives numbers that are not finite, or a stop that was asked for.
pub fn evaluate_photos(tools: &Tools<'_>, plan: &PhotosPlan, interrupt: &Interrupt) -> anyhow::Result<PhotoEvaluation> {
    let begun = Instant::now();
    plan.check(&tools.model.config).map_err(usage)?;
    let photos = folder::choose(&plan.photos, plan.count, plan.sampler.seed)?;
    check_masks(plan, &photos)?;
    let known = match plan.photos.to_str() {
        Some(folder) => known_pictures(&tools.summary.file, &Dataset::open(&[folder.to_owned()])?.describe(), tools.trained_on.as_ref()),
        None => Vec::new(),
    };
    let versions: Vec<(String, String)> = peers::versions(&plan.peers, &plan.python, interrupt)?.into_iter().collect();
    let mut run = PhotoRun {
        tools,
        plan,
        photos: &photos,
        progress: StepProgress::new("answers", PhotoRun::expected_answers(plan) * photos.len() as u64, 0),
        answers: 0,
        interrupt,
    };
    let kept = plan.keep_in.as_ref().map(|folder| {
        let common = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": tools.summary,
            "features": tools.yardsticks.features.map(|net| &net.origin().sha256),
            "device": format!("{:?}", tools.device),
            "photos": digest(&photos, plan.masks.as_deref()),
            "masks": plan.masks.is_some(),
            "peers": versions,
            "details": plan.details,
        });
        Kept { folder: folder.join(UNFINISHED), common }
    });
    let prepared = begun.elapsed().as_secs_f64();
    let mut finished = Vec::new();
    for case in &plan.cases {
        finished.push(finish(*case, &mut run, kept.as_ref())?);
    }
    run.progress.finish();
    let seconds = prepared + finished.iter().map(|case| case.seconds).sum::<f64>();
    let (cases, sheets) = finished.into_iter().map(|case| (case.report.clone(), (case.report.sheet, case.sheet))).unzip();
    let report = PhotoReport {
        model: tools.summary.clone(),
        device: device::name(tools.device),
        features: tools.yardsticks.features.map(|net| (net.origin().file.clone(), net.origin().sha256.clone())),
        peers: versions,
        photos: file_name(&plan.photos),
        trained_on: known,
        masks: plan.masks.as_deref().map(file_name),
        count: photos.len(),
        seed: plan.sampler.seed,
        seconds,
        cases,
    };
    Ok(PhotoEvaluation { report, sheets })
}

impl PhotoEvaluation {
    /// Writes the table, the numbers and the sheets into a folder, and removes what was kept there of single cases.
    ///
    /// # Errors
    /// The folder holds an evaluation and `force` is off, or writing fails.
    pub fn write(&self, folder: &Path, force: bool) -> anyhow::Result<()> {
        let numbers = serde_json::to_vec_pretty(&self.report).context("encoding the numbers")?;
        output::write(folder, force, &self.sheets, &numbers, &self.report.markdown())
    }
}

/// A case that was kept, else asked now, and kept.
fn finish(case: PhotoCase, run: &mut PhotoRun<'_>, kept: Option<&Kept>) -> anyhow::Result<PhotoFinished> {
    let (name, sampler) = (case.name(), run.plan.sampler(case, 0.0));
    if let Some((finished, sheet)) = kept.and_then(|kept| kept.read::<PhotoFinished>(&name, &sampler)) {
        run.count(case);
        return Ok(PhotoFinished { sheet, ..finished });
    }
    let finished = run.ask(case)?;
    if let Some(kept) = kept {
        kept.write(&name, &sampler, &finished, &finished.sheet)?;
    }
    Ok(finished)
}

/// Every photograph and every mask is read once before the net does any work.
fn check_masks(plan: &PhotosPlan, photos: &[Photo]) -> anyhow::Result<()> {
    for photo in photos {
        let picture = photo.read()?;
        let Some(folder) = &plan.masks else { continue };
        for case in plan.cases.iter().filter(|case| case.needs_mask()) {
            masks::read(folder, *case, &photo.path, (picture.width(), picture.height()))?;
        }
    }
    Ok(())
}

/// Names and sizes of the photographs' files and their masks', as one number.
fn digest(photos: &[Photo], masks: Option<&Path>) -> String {
    let mut digest = Sha256::new();
    for photo in photos {
        digest.update(format!("{}\t{}\n", photo.name, photo.bytes));
        for case in PhotoCase::ALL.iter().filter(|case| case.needs_mask()) {
            let bytes = masks.and_then(|folder| masks::path(folder, *case, &photo.path).metadata().ok()).map(|mask| mask.len());
            digest.update(format!("{}\t{bytes:?}\n", case.name()));
        }
    }
    hex::encode(digest.finalize())
}
