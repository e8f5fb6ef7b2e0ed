//! `infill curve` on the command line.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use infill::sampler::SamplerKind;

use super::{cases, device_arguments::DeviceArguments};
use crate::{
    evaluate::{
        curve::{self, CurvePlan},
        summary,
    },
    exit::usage,
    model_on_disk,
};

/// Measure quality against the number of steps, for every sampler.
#[derive(Debug, Args)]
pub struct CurveArguments {
    /// Pictures to ask about: a folder, a tar shard, or a pattern such as 'data/*-val-*.tar'. May be given again.
    #[arg(long, value_name = "SOURCE", required = true)]
    pub data: Vec<String>,
    /// Folder for the table, the numbers and the plots. A curve of the same model and questions in there is continued.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Model file, or a checkpoint of a training; without it the model that comes with the program.
    #[arg(long, short, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Cases to measure, by their names in the tables of `infill evaluate`.
    #[arg(long, value_name = "CASE", value_delimiter = ',', default_value = "inpaint-centre,colorize,restore-jpeg-10")]
    pub case: Vec<String>,
    /// Samplers to measure.
    #[arg(long, value_name = "SAMPLER", value_delimiter = ',', default_value = "ancestral,ddim,dpm-solver,uni-pc")]
    pub sampler: Vec<SamplerKind>,
    /// Numbers of steps, which are evaluations of the net.
    #[arg(long, value_name = "STEPS", value_delimiter = ',', default_value = "4,6,10,20,50,100,250")]
    pub steps: Vec<usize>,
    /// More numbers of steps for the ancestral sampler [default: 1000, as the paper runs it].
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub ancestral_steps: Vec<usize>,
    /// Number of pictures, the same ones for every measurement.
    #[arg(long, default_value_t = 16)]
    pub count: usize,
    /// Seed of the questions and of the samples.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Factor of all noise, 0 (always the same answer) to 1 (as varied as the net).
    #[arg(long, default_value_t = 1.0)]
    pub temperature: f64,
    /// Samples drawn at once; a GPU takes 64 and more.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Of the paper's sampler.
const PAPER_STEPS: usize = 1000;

/// Runs the command.
///
/// # Errors
/// A model, data, cases or settings that cannot be used; a folder that holds another curve; results that
/// cannot be written.
pub fn run(arguments: &CurveArguments) -> anyhow::Result<()> {
    curve::run(&arguments.resolve()?)
}

impl CurveArguments {
    fn resolve(&self) -> anyhow::Result<CurvePlan> {
        if !self.ancestral_steps.is_empty() && !self.sampler.contains(&SamplerKind::Ancestral) {
            bail!(usage("--ancestral-steps are of the ancestral sampler, which is not among those of --sampler"));
        }
        let model = summary::read_model(&model_on_disk::locate(self.model.as_deref(), None)?)?;
        Ok(CurvePlan {
            cases: cases::named(&self.case, &model.0.config.tasks).map_err(usage)?,
            model,
            data: self.data.clone(),
            points: self.points(),
            count: self.count,
            seed: self.seed,
            temperature: self.temperature,
            batch: self.batch,
            output: self.output.clone(),
            device: self.device.device,
        })
    }

    /// Every sampler with its numbers of steps, the shortest first, so that a curve is of use early.
    fn points(&self) -> Vec<(SamplerKind, usize)> {
        let mut points: Vec<(SamplerKind, usize)> =
            self.sampler.iter().flat_map(|kind| self.steps.iter().map(move |steps| (*kind, *steps))).collect();
        if self.sampler.contains(&SamplerKind::Ancestral) {
            let more = if self.ancestral_steps.is_empty() { &[PAPER_STEPS] } else { self.ancestral_steps.as_slice() };
            points.extend(more.iter().map(|steps| (SamplerKind::Ancestral, *steps)));
        }
        points.sort_by_key(|(_, steps)| *steps);
        points.dedup();
        points
    }
}
