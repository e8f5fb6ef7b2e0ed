//! A whole evaluation: its pictures, its cases one after the other, and the folder that the results go to.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::cases::Case;
use super::evaluator::Evaluator;
use super::features::Originals;
use super::finished;
use super::known::known_pictures;
use super::masks;
use super::output::{self, UNFINISHED};
use super::plan::{EvaluationPlan, Tools};
use super::report::{LpipsNet, Report};
use super::subjects;
use crate::device;
use crate::exit::usage;
use crate::interrupt::Interrupt;
use crate::pictures::Dataset;
use crate::progress::StepProgress;

/// A report with the picture sheets that it names.
pub struct Evaluation {
    /// The numbers.
    pub report: Report,
    /// File names and PNG bytes.
    pub sheets: Vec<(String, Vec<u8>)>,
}

/// Puts every case of the tasks to the model and to the baselines.
///
/// # Errors
/// No picture to ask about, a task that the model was not trained on, settings that make no sense,
/// a net that gives numbers that are not finite, or a stop that was asked for.
pub fn evaluate(tools: &Tools<'_>, plan: &EvaluationPlan, interrupt: &Interrupt) -> anyhow::Result<Evaluation> {
    let started = Instant::now();
    plan.check(tools).map_err(usage)?;
    let dataset = Dataset::open(&plan.data)?;
    let known = known_pictures(&tools.summary.file, &dataset.describe(), tools.trained_on.as_ref());
    let size = tools.model.config.size;
    let subjects = subjects::choose(&dataset, size, plan.count, plan.sampler.seed)?;
    let masks = plan.masks.as_ref().map(|folder| masks::draw(folder, subjects.len(), size, plan.sampler.seed)).transpose()?;
    let originals = tools.yardsticks.features.map(|net| Originals::look(net, tools.yardsticks.judge, &subjects)).transpose()?;
    if let Some(space) = originals.as_ref().map(Originals::space).filter(|space| subjects.len() <= space.dimensions) {
        tracing::warn!(
            "{} pictures in {} dimensions: FID is mostly its bias, and KID uncertain; ask about more pictures (--count)",
            subjects.len(),
            space.dimensions
        );
    }
    let mut evaluator = Evaluator {
        tools,
        plan,
        subjects: &subjects,
        masks: masks.as_deref(),
        originals: originals.as_ref(),
        progress: StepProgress::new("net evaluations", plan.evaluations(tools, subjects.len()), 0),
        evaluations: 0,
        sampling: Duration::ZERO,
        interrupt,
    };
    let data = dataset.describe();
    let kept = plan.keep_in.as_ref().map(|folder| finished::kept(folder.join(UNFINISHED), &evaluator, &data));
    let prepared = started.elapsed().as_secs_f64();
    let finish = |case: &Case| finished::finish(*case, &mut evaluator, kept.as_ref());
    let finished = plan.cases.iter().map(finish).collect::<anyhow::Result<Vec<_>>>()?;
    evaluator.progress.finish();
    let seconds = prepared + finished.iter().map(|case| case.seconds).sum::<f64>();
    let (cases, sheets) = finished.into_iter().map(|case| (case.report.clone(), (case.report.sheet, case.sheet))).unzip();
    let report = Report {
        model: tools.summary.clone(),
        regression: tools.regression.as_ref().map(|(summary, _)| summary.clone()),
        features: originals.as_ref().map(Originals::space),
        judge: originals.as_ref().and_then(Originals::judge_space),
        lpips: tools.yardsticks.lpips.map(LpipsNet::of),
        paper: plan.paper,
        device: device::name(tools.device),
        sampler: plan.sampler.clone(),
        sampling: plan.cases.iter().map(|case| plan.sampling(*case)).collect(),
        detail: plan.detail,
        samples: plan.samples,
        count: subjects.len(),
        data,
        trained_on: known,
        net_evaluations: evaluator.evaluations,
        seconds,
        sampling_seconds: evaluator.sampling.as_secs_f64(),
        cases,
    };
    Ok(Evaluation { report, sheets })
}

impl Evaluation {
    /// Writes the table, the numbers and the sheets into a folder; see [`output::write`].
    ///
    /// # Errors
    /// The folder holds an evaluation and `force` is off, or writing fails.
    pub fn write(&self, folder: &Path, force: bool) -> anyhow::Result<()> {
        let numbers = serde_json::to_vec_pretty(&self.report).context("encoding the numbers")?;
        output::write(folder, force, &self.sheets, &numbers, &self.report.markdown())
    }
}
