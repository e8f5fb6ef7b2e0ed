//! Cases and tasks by their names on the command line.

use anyhow::{Context, bail};
use infill::task::TaskKind;

use crate::evaluate::Case;

/// Cases by their names, in the order of [`Case::ALL`], without the one of masks that the user brings.
///
/// # Errors
/// A name that no case has, or a case of a task that the model does not know.
pub fn named(names: &[String], known: &[TaskKind]) -> anyhow::Result<Vec<Case>> {
    // Masks of one's own are for `infill evaluate` alone, which takes a folder of them.
    let all: Vec<Case> = Case::ALL.into_iter().filter(|case| *case != Case::InpaintMasks).collect();
    if let Some(name) = names.iter().find(|name| all.iter().all(|case| case.name() != **name)) {
        let all: Vec<String> = all.iter().map(|case| case.name()).collect();
        bail!("there is no case `{name}`; there are {}", all.join(", "));
    }
    let cases: Vec<Case> = all.into_iter().filter(|case| names.contains(&case.name())).collect();
    if let Some(case) = cases.iter().find(|case| !known.contains(&case.kind())) {
        bail!("this model was not trained on {}, the task of {}; leave that case out", case.kind(), case.name());
    }
    Ok(cases)
}

/// The tasks named, or all that the model knows.
///
/// # Errors
/// A name that no task has.
pub fn tasks(names: &[String], known: &[TaskKind]) -> anyhow::Result<Vec<TaskKind>> {
    let mut tasks = Vec::new();
    for name in names {
        match name.as_str() {
            "all" => tasks.extend_from_slice(known),
            name => tasks.push(name.parse().with_context(|| format!("`--task {name}`; `all` takes every task of the model"))?),
        }
    }
    tasks.sort();
    tasks.dedup();
    Ok(tasks)
}
