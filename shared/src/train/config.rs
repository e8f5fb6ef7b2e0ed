//! What can be chosen about training, and what cannot be trained with. The arithmetic of a step is
//! elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    error::TrainError,
    frequencies::{self, LossFrequencies},
    loss::LossWeighting,
    power_average::{self, LONGEST, SHORTEST},
    precision::Precision,
};
use crate::{
    config::{Masks, ModelConfig, Prediction, TaskKind},
    schedule::LevelDistribution,
};

/// What can be chosen about training. The defaults are for short runs from nothing; the paper's are
/// in the comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Every random number follows from it.
    pub seed: u64,
    /// Pictures a step (paper: 1024).
    pub batch: usize,
    /// Pictures that a device computes at once; a larger batch is made of several, whose gradients are
    /// averaged. 0 is all of a device's part.
    pub micro_batch: usize,
    /// How weights are updated (paper: Adam).
    pub optimizer: OptimizerKind,
    /// Its rate after the warm-up (paper: 1e-4).
    pub learning_rate: f64,
    /// Steps over which the rate rises from 0 (paper: 10,000).
    pub warm_up_steps: u64,
    /// Steps over which the rate falls to a tenth at the end of the run, if any; 0 keeps it constant.
    pub decay_steps: u64,
    /// Steps of the run; the fall ends with them.
    pub total_steps: u64,
    /// p of the loss |error|^p, 1 or 2 (paper: 2).
    pub loss_power: u8,
    /// How errors of different spatial frequencies weigh: `equal` (paper), or `jpeg`, by what JPEG's tables keep most of (arXiv 2511.19365);
    /// that needs p = 2 and sizes that are multiples of 8.
    pub loss_frequencies: LossFrequencies,
    /// How errors at different noise levels weigh (paper: equal).
    pub loss_weighting: LossWeighting,
    /// The cap of that weight, at least 1.
    pub snr_cap: f64,
    /// Whether the loss is the mean over what is to be filled, so that a small hole counts as much as a
    /// large one, or over the whole picture (paper).
    pub hole_normalized: bool,
    /// Which noise levels are drawn.
    pub levels: LevelDistribution,
    /// Whether a batch's noise levels lie evenly spaced in their distribution (arXiv 2107.00630, appendix
    /// I), or each by itself (paper).
    pub low_discrepancy: bool,
    /// Decay of the moving average (paper: 0.9999).
    pub ema_decay: f64,
    /// Whether the decay rises to that as min(decay, (1+n)/(10+n)); without it (paper) short runs average
    /// mostly what they began with.
    pub ema_warm_up: bool,
    /// Relative lengths, 0.01 to 0.288, of more averages: over a power of time (EDM2, arXiv 2312.02696), whose snapshots at every
    /// checkpoint give a model of any length of average after training (`infill export RUN --ema-length`). 0.05 and 0.1 do; each takes
    /// the memory of the weights.
    pub ema_lengths: Vec<f64>,
    /// Gradients of a larger global norm are scaled down to this; 0 leaves them (paper).
    pub clip_norm: f64,
    /// In which numbers the net is evaluated.
    pub precision: Precision,
    /// Computes what is cheap to compute a second time on the way back instead of keeping it: less memory,
    /// the same gradients.
    pub gradient_checkpointing: bool,
    /// A first share of the steps on smaller pictures (paper: none).
    pub progressive: Option<Progressive>,
    /// Side of the smallest square that examples are cut from, as a part of the picture's largest: smaller ones show things at more
    /// scales. Squares of less than 0.7 of the model's pixels a side are not cut where there are larger ones.
    pub smallest_crop: f64,
    /// Which holes and borders examples have: `paper`, strokes, rectangles and borders of half of the area; or `edits`, where half of
    /// the examples show what windows of an edit do: one compact hole, or a border of any width on one side.
    pub masks: Masks,
    /// How many examples of a task come on one of each task that is not named here (paper: every task alike); 0
    /// leaves a task out.
    pub task_shares: BTreeMap<TaskKind, u32>,
    /// Tasks whose noise levels are drawn otherwise (paper: none). What a grey picture lacks are broad areas of
    /// colour, which show through much more noise than the rest of a picture: by [`LevelDistribution::Logistic`]
    /// three examples of two hundred are so noisy that a net must guess them.
    pub task_levels: BTreeMap<TaskKind, LevelDistribution>,
}

/// How weights are updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Adam (arXiv 1412.6980).
    #[default]
    Adam,
    /// Muon for matrices and convolutions inside the net, Adam for the rest.
    Muon,
}

/// Training that begins on smaller pictures: the net is convolutional, and its levels that attend do so
/// over fewer cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progressive {
    /// Side of the smaller pictures.
    pub size: usize,
    /// Share of all steps that are made on them.
    pub share: f64,
}

/// A text that is no [`Progressive`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not SIZE:SHARE, such as 64:0.7")]
pub struct NotProgressive(pub String);

impl std::str::FromStr for Progressive {
    type Err = NotProgressive;

    /// From `SIZE:SHARE`, such as `64:0.7`.
    fn from_str(text: &str) -> Result<Self, NotProgressive> {
        let parsed = text.split_once(':').and_then(|(size, share)| Some(Self { size: size.parse().ok()?, share: share.parse().ok()? }));
        parsed.ok_or_else(|| NotProgressive(text.to_owned()))
    }
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            batch: 16,
            micro_batch: 0,
            optimizer: OptimizerKind::Adam,
            learning_rate: 5e-4,
            warm_up_steps: 200,
            decay_steps: 0,
            total_steps: 10_000,
            loss_power: 2,
            loss_frequencies: LossFrequencies::default(),
            loss_weighting: LossWeighting::Equal,
            snr_cap: 5.0,
            hole_normalized: true,
            levels: LevelDistribution::Logistic,
            low_discrepancy: true,
            ema_decay: 0.9999,
            ema_warm_up: true,
            ema_lengths: Vec::new(),
            clip_norm: 1.0,
            precision: Precision::F32,
            gradient_checkpointing: false,
            progressive: None,
            smallest_crop: 0.7,
            masks: Masks::default(),
            task_shares: BTreeMap::new(),
            task_levels: BTreeMap::new(),
        }
    }
}

impl TrainConfig {
    /// The paper's recipe, but for the batch and the length of the run.
    pub fn paper() -> Self {
        Self {
            learning_rate: 1e-4,
            warm_up_steps: 10_000,
            loss_weighting: LossWeighting::Equal,
            hole_normalized: false,
            levels: LevelDistribution::Paper,
            low_discrepancy: false,
            ema_warm_up: false,
            clip_norm: 0.0,
            ..Self::default()
        }
    }

    /// Checks every number.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn validate(&self) -> Result<(), TrainError> {
        let share = self.progressive.map_or(0.0, |progressive| progressive.share);
        let length = self.ema_lengths.iter().copied().find(|length| !(SHORTEST..=LONGEST).contains(length));
        let twice = (1..self.ema_lengths.len()).find(|place| self.ema_lengths[..*place].contains(&self.ema_lengths[*place]));
        let most = self.task_shares.values().copied().max().unwrap_or(1);
        let checks = [
            (self.batch > 0, "batch", self.batch.to_string(), "1 or more"),
            (
                self.learning_rate > 0.0 && self.learning_rate < 1.0,
                "learning_rate",
                self.learning_rate.to_string(),
                "a number between 0 and 1",
            ),
            (matches!(self.loss_power, 1 | 2), "loss_power", self.loss_power.to_string(), "1 or 2"),
            (
                self.loss_frequencies == LossFrequencies::Equal || self.loss_power == 2,
                "loss_frequencies",
                format!("{:?} with a loss_power of {}", self.loss_frequencies, self.loss_power),
                "equal, or a loss_power of 2",
            ),
            ((0.0..1.0).contains(&self.ema_decay), "ema_decay", self.ema_decay.to_string(), "0 or more and less than 1"),
            (length.is_none(), "ema_lengths", length.unwrap_or_default().to_string(), "lengths from 0.01 to 0.288, such as [0.05, 0.1]"),
            (twice.is_none(), "ema_lengths", format!("{:?}", self.ema_lengths), "lengths of which none is there twice"),
            (self.snr_cap >= 1.0, "snr_cap", self.snr_cap.to_string(), "1 or more"),
            (self.clip_norm >= 0.0, "clip_norm", self.clip_norm.to_string(), "0 or more"),
            ((0.0..=1.0).contains(&share), "progressive.share", share.to_string(), "a share of 0 to 1"),
            ((0.05..=1.0).contains(&self.smallest_crop), "smallest_crop", self.smallest_crop.to_string(), "a part from 0.05 to 1"),
            (most <= 1000, "task_shares", most.to_string(), "0 to 1000 for each task"),
        ];
        match checks.into_iter().find(|(fine, ..)| !fine) {
            Some((_, what, value, wanted)) => Err(TrainError::Setting { what, value, wanted: wanted.to_owned() }),
            None => Ok(()),
        }
    }

    /// Checks that a model can be trained with these settings.
    ///
    /// # Errors
    /// A number out of its range, or a setting that makes no sense with the model's.
    pub fn validate_for(&self, model: &ModelConfig) -> Result<(), TrainError> {
        self.validate()?;
        if matches!(model.prediction, Prediction::Residual | Prediction::Regression) && self.loss_weighting != LossWeighting::Equal {
            let (what, value) = ("loss_weighting", format!("{:?} with {:?} as prediction", self.loss_weighting, model.prediction));
            return Err(TrainError::Setting { what, value, wanted: "equal, because its errors are weighed already".to_owned() });
        }
        if self.drawn_tasks(&model.tasks).is_empty() || !self.task_shares.keys().all(|task| model.tasks.contains(task)) {
            let shares: Vec<String> = self.task_shares.iter().map(|(task, share)| format!("{task} {share}")).collect();
            let value = format!("{} for a model of {}", shares.join(", "), names(&model.tasks));
            let wanted = "1 or more for at least one task of the model, and name no others".to_owned();
            return Err(TrainError::Setting { what: "task_shares", value, wanted });
        }
        if let Some(task) = self.task_levels.keys().find(|task| !model.tasks.contains(task)) {
            let wanted = format!("tasks of the model, {}", names(&model.tasks));
            return Err(TrainError::Setting { what: "task_levels", value: format!("for {task}"), wanted });
        }
        let sizes = [Some(model.size), self.progressive.map(|progressive| progressive.size)];
        if let Some(size) = sizes.into_iter().flatten().find(|size| !size.is_multiple_of(frequencies::SIDE))
            && self.loss_frequencies != LossFrequencies::Equal
        {
            let wanted = format!("equal, or sizes that are multiples of {}", frequencies::SIDE);
            return Err(TrainError::Setting { what: "loss_frequencies", value: format!("{:?} at {size}", self.loss_frequencies), wanted });
        }
        let divisor = model.unet.divisor();
        match self.progressive {
            Some(Progressive { size, .. }) if size == 0 || size > model.size || !size.is_multiple_of(divisor) => {
                let wanted = format!("a multiple of {divisor} up to the model's {}", model.size);
                Err(TrainError::Setting { what: "progressive.size", value: size.to_string(), wanted })
            }
            _ => Ok(()),
        }
    }

    /// The tasks that an example's is drawn from, each as often as its share says.
    pub fn drawn_tasks(&self, tasks: &[TaskKind]) -> Vec<TaskKind> {
        let share = |task: &TaskKind| self.task_shares.get(task).copied().unwrap_or(1) as usize;
        tasks.iter().flat_map(|task| std::iter::repeat_n(*task, share(task))).collect()
    }

    /// Which noise levels a task's examples are drawn at.
    pub fn levels_of(&self, task: TaskKind) -> LevelDistribution {
        self.task_levels.get(&task).copied().unwrap_or(self.levels)
    }

    /// The first step on pictures of the model's own size.
    pub fn full_size_from(&self) -> u64 {
        self.progressive.map_or(0, |progressive| (progressive.share * self.total_steps as f64).round() as u64)
    }

    /// Side of the pictures of a step, for a model of `size`.
    pub fn size_at(&self, step: u64, size: usize) -> usize {
        match self.progressive {
            Some(progressive) if step < self.full_size_from() => progressive.size,
            _ => size,
        }
    }

    /// Decay of the moving average at a step.
    pub fn ema_decay_at(&self, step: u64) -> f64 {
        let warm = if self.ema_warm_up { (1.0 + step as f64) / (10.0 + step as f64) } else { 1.0 };
        self.ema_decay.min(warm)
    }

    /// Decays of the averages over a power of time at a step.
    pub fn power_decays_at(&self, step: u64) -> Vec<f64> {
        self.ema_lengths.iter().map(|length| power_average::decay(*length, step + 1)).collect()
    }

    /// The learning rate of a step: linear warm-up, constant, and a linear fall to a tenth.
    pub fn learning_rate_at(&self, step: u64) -> f64 {
        let warm = ((step + 1) as f64 / self.warm_up_steps.max(1) as f64).min(1.0);
        let left = self.total_steps.saturating_sub(step) as f64;
        let fall = match self.decay_steps {
            0 => 1.0,
            steps => 0.1 + 0.9 * (left / steps as f64).min(1.0),
        };
        self.learning_rate * warm * fall
    }
}

/// Tasks as a message lists them.
fn names(tasks: &[TaskKind]) -> String {
    tasks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
