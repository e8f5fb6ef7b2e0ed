//! Which tasks there are, by name. What a task hides, shows and makes of a picture is in `task`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One of the four tasks, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Fill a hole.
    Inpaint,
    /// Continue a picture beyond its edges.
    Uncrop,
    /// Give a grey picture its colours.
    Colorize,
    /// Remove what JPEG compression did.
    Restore,
}

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Inpaint, Self::Uncrop, Self::Colorize, Self::Restore];

    fn name(self) -> &'static str {
        match self {
            Self::Inpaint => "inpaint",
            Self::Uncrop => "uncrop",
            Self::Colorize => "colorize",
            Self::Restore => "restore",
        }
    }

    /// Whether something is missing, which detail from the picture itself can fill.
    pub fn has_hole(self) -> bool {
        matches!(self, Self::Inpaint | Self::Uncrop)
    }

    /// Which of several models does the task best, as far as the tasks that they were trained on tell: of those that know it the one with
    /// the fewest, and of these the first.
    pub fn best_trained<M>(self, models: impl IntoIterator<Item = M>, tasks: impl Fn(&M) -> &[Self]) -> Option<M> {
        models.into_iter().filter(|model| tasks(model).contains(&self)).min_by_key(|model| tasks(model).len())
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for TaskKind {
    type Err = UnknownTask;

    fn from_str(text: &str) -> Result<Self, UnknownTask> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| UnknownTask(text.to_owned()))
    }
}

/// A name that is no task's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no task is called `{0}`; there are inpaint, uncrop, colorize, restore")]
pub struct UnknownTask(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_the_fewest_tasks_does_a_task_best() {
        let models: [&[TaskKind]; 5] =
            [&[], &TaskKind::ALL, &[TaskKind::Inpaint, TaskKind::Uncrop], &[TaskKind::Restore], &[TaskKind::Restore, TaskKind::Uncrop]];
        let best = |task: TaskKind| task.best_trained(0..models.len(), |place| models[*place]);
        let of_each = TaskKind::ALL.map(best);
        assert_eq!(of_each, [Some(2), Some(2), Some(1), Some(3)]);
        assert_eq!(TaskKind::Colorize.best_trained([3], |place| models[*place]), None);
    }
}
