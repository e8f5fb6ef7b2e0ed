//! An evaluation as it was asked for, with nothing left to choose, and the nets that it takes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use burn::tensor::Device;
use infill::config::Sampling;
use infill::denoiser::Model;
use infill::sampler::SamplerSettings;
use infill::task::TaskKind;

use super::cases::Case;
use super::feature_net::FeatureNet;
use super::report::ModelSummary;
use super::yardstick::{Lpips, SMALLEST};
use crate::pictures::DatasetRecord;

/// What is measured.
#[derive(Clone, Debug)]
pub struct EvaluationPlan {
    /// Folders, shards and patterns of pictures that the model was not trained on.
    pub data: Vec<String>,
    /// The cases that are asked.
    pub cases: Vec<Case>,
    /// Pictures; all of them when there are fewer.
    pub count: usize,
    /// Samples of each question.
    pub samples: usize,
    /// Sampler and the seed of everything random.
    pub sampler: SamplerSettings,
    /// How each task is sampled: evaluations, temperature and where sampling begins, which go before the sampler's.
    pub sampling: BTreeMap<TaskKind, Sampling>,
    /// Tiles that go through the net at once.
    pub batch: usize,
    /// Whether the net's answer in a single evaluation is measured beside its samples.
    pub one_evaluation: bool,
    /// How much detail from the picture itself the holes of samples get, 0 to 1; a single evaluation has none.
    pub detail: f32,
    /// Whether the report is laid out as the paper's tables.
    pub paper: bool,
    /// Folder of masks for [`Case::InpaintMasks`].
    pub masks: Option<PathBuf>,
    /// Folder of the evaluation to be, in which cases are kept that are done: a second call goes on from them.
    pub keep_in: Option<PathBuf>,
}

/// What is asked, and what helps to judge its answers.
pub struct Tools<'a> {
    /// The model.
    pub model: &'a Model,
    /// What the report says about it.
    pub summary: ModelSummary,
    /// The pictures that it was trained on, where its file says it.
    pub trained_on: Option<DatasetRecord>,
    /// Where it runs.
    pub device: &'a Device,
    /// A regression net, whose single evaluation is one of the baselines.
    pub regression: Option<(ModelSummary, &'a Model)>,
    /// The nets by whose features answers are compared.
    pub yardsticks: Yardsticks<'a>,
}

/// The nets by whose features answers are compared.
#[derive(Clone, Copy, Default)]
pub struct Yardsticks<'a> {
    /// FID, KID, IS and PD.
    pub features: Option<&'a dyn FeatureNet>,
    /// CA, where it is not the same net.
    pub judge: Option<&'a dyn FeatureNet>,
    /// LPIPS.
    pub lpips: Option<&'a Lpips>,
}

/// Checks how much detail from the picture itself holes get.
///
/// # Errors
/// A number out of range.
pub fn check_detail(detail: f32) -> anyhow::Result<()> {
    anyhow::ensure!((0.0..=1.0).contains(&detail), "a detail is {detail}; it must be from 0 to 1");
    Ok(())
}

impl EvaluationPlan {
    /// Evaluations, temperature and start of a case.
    pub fn sampling(&self, case: Case) -> Sampling {
        self.sampling.get(&case.kind()).copied().unwrap_or_default()
    }

    /// The sampler of a case.
    pub fn sampler(&self, case: Case) -> SamplerSettings {
        let Sampling { steps, temperature, guess } = self.sampling(case);
        SamplerSettings { steps, temperature, guess, ..self.sampler.clone() }
    }

    /// Evaluations of all nets in the whole evaluation.
    pub fn evaluations(&self, tools: &Tools<'_>, pictures: usize) -> u64 {
        let each = |case: &Case| self.samples * self.sampling(*case).steps + usize::from(self.one_evaluation);
        let regression = |case: &Case| tools.regression.as_ref().is_some_and(|(_, model)| model.config.tasks.contains(&case.kind()));
        self.cases.iter().map(|case| (pictures * (each(case) + usize::from(regression(case)))) as u64).sum()
    }

    /// Checks that it can be done with these nets.
    ///
    /// # Errors
    /// A number out of range, a task that the model was not trained on, masks that are missing, or nets of two sizes.
    pub fn check(&self, tools: &Tools<'_>) -> anyhow::Result<()> {
        if self.count == 0 || self.samples == 0 || self.batch == 0 {
            let Self { count, samples, batch, .. } = self;
            bail!("count is {count}, samples is {samples}, batch is {batch}; each must be 1 or more");
        }
        check_detail(self.detail)?;
        let config = &tools.model.config;
        self.cases.iter().try_for_each(|case| self.sampler(*case).validate())?;
        if let Some(task) = self.cases.iter().map(|case| case.kind()).find(|task| !config.tasks.contains(task)) {
            let known: Vec<_> = config.tasks.iter().map(TaskKind::to_string).collect();
            bail!("this model was not trained on {task}; it knows {}", known.join(", "));
        }
        if self.masks.is_none() && self.cases.contains(&Case::InpaintMasks) {
            bail!("the case {} needs masks; give a folder of them, or leave the case out", Case::InpaintMasks.name());
        }
        if tools.yardsticks.lpips.is_some() && config.size < SMALLEST {
            bail!("LPIPS needs pictures of {SMALLEST} pixels and more, and this model makes {0}×{0}; leave --lpips out", config.size);
        }
        if let Some((summary, regression)) = &tools.regression
            && regression.config.size != config.size
        {
            let (found, wanted) = (regression.config.size, config.size);
            bail!("the regression net {} is for {found}×{found}, the model for {wanted}×{wanted}; they must have one size", summary.file);
        }
        Ok(())
    }
}
