//! Measures a curve's points, each by an ordinary evaluation that is written down as it is made, so that a curve that was
//! stopped goes on where it was.

use std::path::PathBuf;

use anyhow::Context;
use infill::config::Sampling;
use infill::model_file::ModelFile;
use infill::sampler::{SamplerKind, SamplerSettings};

use super::record::{Curve, CurveQuestion, Point};
use crate::device::{self, DeviceChoice};
use crate::evaluate::cases::Case;
use crate::evaluate::evaluation::evaluate;
use crate::evaluate::known::known_pictures;
use crate::evaluate::plan::{EvaluationPlan, Tools, Yardsticks};
use crate::evaluate::report::ModelSummary;
use crate::exit::input;
use crate::interrupt::Interrupt;
use crate::pictures::{Dataset, DatasetRecord};
use crate::stdout;

/// A curve as it was asked for.
pub struct CurvePlan {
    /// The model, and what a report says of it.
    pub model: (ModelFile, ModelSummary),
    /// Folders, shards and patterns of pictures that the model was not trained on.
    pub data: Vec<String>,
    /// What is asked.
    pub cases: Vec<Case>,
    /// Samplers with numbers of steps, in the order in which they are measured.
    pub points: Vec<(SamplerKind, usize)>,
    /// Pictures, the same for every point.
    pub count: usize,
    /// Seed of the questions and of the samples.
    pub seed: u64,
    /// Factor of all noise.
    pub temperature: f64,
    /// Samples drawn at once.
    pub batch: usize,
    /// Folder of the curve.
    pub output: PathBuf,
    /// Where it computes.
    pub device: DeviceChoice,
}

/// Measures what is not measured yet, writes the curve and prints its table.
///
/// # Errors
/// Data or settings that cannot be used; a folder that holds another curve; results that cannot be written; cancelled.
pub fn run(plan: &CurvePlan) -> anyhow::Result<()> {
    let (file, summary) = &plan.model;
    let output = &plan.output;
    let data = Dataset::open(&plan.data)?.describe();
    std::fs::create_dir_all(output).with_context(|| format!("creating {}", output.display())).map_err(input)?;
    let mut curve = Curve::open(output, plan.question(&data))?;
    curve.trained_on = known_pictures(&summary.file, &data, serde_json::from_value(file.training.data.clone()).ok().as_ref());
    let device = device::choose(plan.device)?;
    let model = file.to_sampling_model(&device).map_err(input)?;
    let tools = Tools {
        model: &model,
        summary: summary.clone(),
        // Told once above, and not again of each point.
        trained_on: None,
        device: &device,
        regression: None,
        yardsticks: Yardsticks::default(),
    };
    let interrupt = Interrupt::listen()?;
    let total = plan.points.len();
    for (number, &(kind, steps)) in plan.points.iter().enumerate() {
        if curve.points.iter().any(|point| point.sampler == kind && point.steps == steps) {
            continue;
        }
        tracing::info!("{kind} at {steps} steps ({} of {total})", number + 1);
        let evaluation = evaluate(&tools, &plan.evaluation(kind, steps), &interrupt)
            .with_context(|| format!("{number} of {total} points are in {}", output.display()))?;
        curve.points.push(Point::of(&evaluation.report));
        curve.write(output)?;
    }
    curve.write(output)?;
    stdout::markdown(&curve.table());
    Ok(())
}

impl CurvePlan {
    fn question(&self, data: &DatasetRecord) -> CurveQuestion {
        CurveQuestion {
            model: self.model.1.clone(),
            data: self.data.clone(),
            index_sha256: data.index_sha256.clone(),
            cases: self.cases.iter().map(|case| case.name()).collect(),
            count: self.count,
            seed: self.seed,
            temperature: self.temperature,
        }
    }

    /// The evaluation of one point.
    fn evaluation(&self, kind: SamplerKind, steps: usize) -> EvaluationPlan {
        EvaluationPlan {
            data: self.data.clone(),
            cases: self.cases.clone(),
            count: self.count,
            samples: 1,
            sampler: SamplerSettings { kind, seed: self.seed, ..SamplerSettings::default() },
            // Steps are compared from noise on, which all of them can begin from.
            sampling: self.cases.iter().map(|case| (case.kind(), Sampling { steps, temperature: self.temperature, guess: None })).collect(),
            batch: self.batch,
            one_evaluation: false,
            detail: 0.0,
            paper: false,
            masks: None,
            keep_in: None,
        }
    }
}
