//! An evaluation of photographs as it was asked for, with nothing left to choose.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use infill::config::{ModelConfig, Sampling};
use infill::sampler::SamplerSettings;
use infill::task::TaskKind;

use super::cases::PhotoCase;
use super::peers::Peer;
use crate::evaluate::plan::check_detail;

/// What is measured.
#[derive(Clone, Debug)]
pub struct PhotosPlan {
    /// Folder of photographs.
    pub photos: PathBuf,
    /// Folder of masks; without one they are drawn.
    pub masks: Option<PathBuf>,
    /// The cases that are asked.
    pub cases: Vec<PhotoCase>,
    /// Photographs; all of them when there are fewer.
    pub count: usize,
    /// Sampler, and the seed of everything random.
    pub sampler: SamplerSettings,
    /// How each task is sampled: evaluations, temperature and where sampling begins, which go before the sampler's.
    pub sampling: BTreeMap<TaskKind, Sampling>,
    /// The same of an answer that detail from the picture itself follows.
    pub leading: BTreeMap<TaskKind, Sampling>,
    /// With how much detail from the picture itself holes are filled, 0 to 1, each a method of its own.
    pub details: Vec<f32>,
    /// Methods of others to stand beside.
    pub peers: Vec<Peer>,
    /// Python that runs them.
    pub python: PathBuf,
    /// Folder of the evaluation to be, in which cases are kept that are done.
    pub keep_in: Option<PathBuf>,
}

impl PhotosPlan {
    /// The sampler of a case, with so much detail after it.
    pub fn sampler(&self, case: PhotoCase, detail: f32) -> SamplerSettings {
        let sampling = if detail > 0.0 { &self.leading } else { &self.sampling };
        let Sampling { steps, temperature, guess } = sampling.get(&case.kind()).copied().unwrap_or_default();
        SamplerSettings { steps, temperature, guess, ..self.sampler.clone() }
    }

    /// Checks that it can be done with such a model.
    ///
    /// # Errors
    /// A number out of range, or a task that the model was not trained on.
    pub fn check(&self, config: &ModelConfig) -> anyhow::Result<()> {
        if self.count == 0 {
            bail!("count is 0; ask about 1 photograph or more");
        }
        self.details.iter().try_for_each(|detail| check_detail(*detail))?;
        self.cases.iter().try_for_each(|case| self.sampler(*case, 0.0).validate())?;
        if let Some(task) = self.cases.iter().map(|case| case.kind()).find(|task| !config.tasks.contains(task)) {
            let known: Vec<_> = config.tasks.iter().map(TaskKind::to_string).collect();
            bail!("this model was not trained on {task}; it knows {}", known.join(", "));
        }
        Ok(())
    }
}
