//! Which model is used: one of the page's list, or a file of the visitor's; and the worker that holds it.

use std::collections::BTreeMap;

use infill::task::TaskKind;

use super::{handle::Handle, language::Language, words};
use crate::message::{DeviceChoice, DeviceReport, ListedModel, ModelChoice, ModelReport};

/// The option that stands for the visitor's own file; no model file has this name.
pub const OWN: &str = "/";

/// A model file of the visitor's. It is read again for every new worker.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnModel {
    /// The file's name without its ending.
    pub name: String,
    /// The file.
    pub file: Handle,
}

/// The worker and its model.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Models {
    /// Counts the workers; what an earlier one says is no news.
    pub worker: u32,
    /// There is a worker.
    pub alive: bool,
    /// It listens.
    pub listens: bool,
    /// It has a device, and can be given models.
    pub equipped: bool,
    /// How many workers may compute at a time on the CPU.
    pub workers: usize,
    /// What it is to compute on.
    pub computes_on: DeviceChoice,
    /// What the worker computes on, once that is known.
    pub device: Option<DeviceReport>,
    /// The models that can be chosen.
    pub listed: Vec<ListedModel>,
    /// Counts what was asked for as a model; reports carry the number.
    pub wanted: u32,
    /// Which model is wanted, for tasks that it knows.
    pub choice: ModelChoice,
    /// Which was asked for last.
    pub asked: ModelChoice,
    /// Milliseconds that an evaluation took with this model on each kind of device that was used: CPU, GPU.
    pub paces: [Option<f64>; 2],
    /// The model that can be used now.
    pub model: Option<ModelReport>,
    /// The visitor's file that is used or was.
    pub own: Option<OwnModel>,
    /// The visitor's files that are not known yet to be any good, by the number that they were sent with.
    pub offered: BTreeMap<u32, OwnModel>,
}

impl Models {
    /// The models to choose from for a task, as values and texts; a choice only where there are two.
    pub fn options(&self, task: TaskKind, language: &Language) -> Vec<(String, String)> {
        let text = |model: &ListedModel| {
            let title = model.words.title.as_ref().unwrap_or(&model.name);
            words::listed_model(language, title, model.size, model.words.about.as_deref())
        };
        let may = |model: &&ListedModel| model.tasks.is_empty() || model.tasks.contains(&task);
        let listed = self.listed.iter().filter(may).map(|model| (model.name.clone(), text(model)));
        listed.chain(self.own.iter().map(|own| (OWN.to_owned(), words::own_model(language, &own.name)))).collect()
    }

    /// Which model is wanted for a task: the visitor's choice where that knows the task, else the listed one that was trained for the
    /// task and the fewest others.
    pub fn choice_for(&self, task: TaskKind) -> ModelChoice {
        let knows = |model: &&ListedModel| model.tasks.contains(&task);
        match &self.choice {
            ModelChoice::Own => ModelChoice::Own,
            ModelChoice::Named(name) if self.listed.iter().filter(knows).any(|model| model.name == *name) => self.choice.clone(),
            other => match (task.best_trained(&self.listed, |model| &model.tasks), other) {
                (Some(model), _) => ModelChoice::Named(model.name.clone()),
                (None, ModelChoice::Best(_)) => ModelChoice::Best(task),
                (None, named) => named.clone(),
            },
        }
    }

    /// Whether a task can be done, by the model in use or another that is listed.
    pub fn knows(&self, task: TaskKind) -> bool {
        let listed = || self.listed.iter().any(|model| model.tasks.contains(&task));
        match &self.model {
            Some(model) => model.tasks.contains(&task) || !model.own && listed(),
            None => listed() || self.listed.iter().all(|model| model.tasks.is_empty()),
        }
    }

    /// Whether the model in use, if one is, has several answers to a task.
    pub fn vary(&self, task: TaskKind) -> bool {
        self.model.as_ref().is_none_or(|model| model.varies.contains(&task))
    }

    /// Whether two choices mean the same model. Of a list that is not known yet it is one, whatever it will be best for.
    pub fn are_one(&self, one: &ModelChoice, other: &ModelChoice) -> bool {
        let name = |choice: &ModelChoice| choice.among(&self.listed).map(|model| &model.name);
        let whatever_is_best = || matches!((one, other), (ModelChoice::Best(_), ModelChoice::Best(_)));
        one == other || name(one) == name(other) && (name(one).is_some() || whatever_is_best())
    }

    /// The visitor's file that is wanted: the last one that was given.
    pub fn latest_own(&self) -> Option<&OwnModel> {
        self.offered.values().next_back().or(self.own.as_ref())
    }

    /// Which model is used: two files may have the same name.
    pub fn identity(&self) -> Option<(String, Option<Handle>)> {
        let model = self.model.as_ref()?;
        Some((model.name.clone(), self.own.as_ref().filter(|_| model.own).map(|own| own.file)))
    }

    /// The value of the option that is used.
    pub fn chosen(&self) -> &str {
        match (&self.model, &self.choice) {
            (Some(model), _) if model.own => OWN,
            (Some(model), _) => &model.name,
            (None, ModelChoice::Own) => OWN,
            (None, ModelChoice::Named(name)) => name,
            (None, ModelChoice::Best(_)) => self.choice.among(&self.listed).map_or("", |model| &model.name),
        }
    }

    /// An evaluation took so many milliseconds.
    pub fn measured(&mut self, milliseconds: f64) {
        self.paces[usize::from(self.on_gpu())] = Some(milliseconds);
    }

    /// Milliseconds that an evaluation takes on the device in use, once that is known.
    pub fn pace(&self) -> Option<f64> {
        self.paces[usize::from(self.on_gpu())]
    }

    /// Whether the worker computes on a GPU.
    pub fn on_gpu(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.webgpu)
    }
}
