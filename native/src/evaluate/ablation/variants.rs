//! The variants: each changes one thing of the recipe, as `--set` would.

use infill::{
    config::{ModelConfig, Prediction},
    train::{OptimizerKind, TrainConfig},
};
use serde_json::{Value, json};

/// Which variants there are to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Of the recipe; all have the same number of steps.
    Recipe,
    /// Of the paper's nets; all have the time that the first takes for its steps.
    Paper,
    /// Of a net's size and how it is trained, for the same time.
    Design,
}

impl Family {
    /// Whether all train for the same time, not for the same steps.
    pub fn for_equal_time(self) -> bool {
        self != Self::Recipe
    }
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name in the table and on the command line.
    pub name: &'static str,
    /// Assignments as for `--set`.
    pub changes: Vec<String>,
}

impl Variant {
    fn new(name: &'static str, changes: &[&str]) -> Self {
        Self { name, changes: changes.iter().map(|change| (*change).to_owned()).collect() }
    }
}

/// All of them, for a model; the first changes nothing.
pub fn all(model: &ModelConfig) -> Vec<Variant> {
    let variant = Variant::new;
    let mut variants = vec![
        variant("own", &[]),
        variant("velocity", &["model.prediction=velocity"]),
        variant("velocity with min-SNR-5", &["model.prediction=velocity", "train.loss_weighting=min_snr"]),
        variant("epsilon", &["model.prediction=epsilon"]),
        variant("epsilon with min-SNR-5", &["model.prediction=epsilon", "train.loss_weighting=min_snr"]),
        variant("velocity with noise in holes", &["model.prediction=velocity", "model.hole=noise"]),
        variant("told the level itself", &["model.noise_embedding=noise_level"]),
        variant("levels each by itself", &["train.low_discrepancy=false"]),
        variant("levels uniform in log-SNR", &["train.levels=uniform"]),
        variant("loss over the whole picture", &["train.hole_normalized=false"]),
        variant("average without warm-up", &["train.ema_warm_up=false"]),
        variant("no clipping", &["train.clip_norm=0"]),
        variant("absolute errors", &["train.loss_power=1"]),
        variant("regression", &["model.prediction=regression", "model.hole=smooth"]),
    ];
    if model.unet.patch > 1 {
        variants.push(Variant { name: "pixels without patches", changes: patches_of(1, model) });
    }
    variants.extend(half_the_size(model, 0.5));
    variants.push(Variant { name: "Palette's recipe", changes: papers(model) });
    variants
}

/// Those of the paper's section 5.3 ("Self-attention in diffusion model architectures"): what stands where the net attends.
pub fn of_the_paper() -> Vec<Variant> {
    [
        ("global self-attention", "global"),
        ("local self-attention", "local"),
        ("no self-attention", "none"),
        ("more residual blocks", "residual"),
        ("dilated convolutions", "dilated"),
    ]
    .map(|(name, kind)| Variant { name, changes: vec![format!("model.unet.self_attention={kind}")] })
    .to_vec()
}

/// Those of a design: what of a net and of its training pays for the time that it takes. The first changes nothing.
pub fn of_a_design(model: &ModelConfig, train: &TrainConfig) -> Vec<Variant> {
    let mut variants = vec![Variant::new("own", &[])];
    // The same levels must fit into the picture.
    let fits = |patch: usize| patch != model.unet.patch && model.size.is_multiple_of(model.unet.divisor() / model.unet.patch * patch);
    for (patch, name) in [(1, "pixels without patches"), (2, "patches of 2"), (4, "patches of 4"), (8, "patches of 8")] {
        if fits(patch) && (patch * 2 == model.unet.patch || patch == model.unet.patch * 2) {
            variants.push(Variant { name, changes: patches_of(patch, model) });
        }
    }
    variants.push(Variant { name: "twice the blocks", changes: vec![format!("model.unet.blocks={}", 2 * model.unet.blocks)] });
    variants.push(Variant::new("no self-attention", &["model.unet.self_attention=none"]));
    variants.push(match train.optimizer {
        OptimizerKind::Muon => Variant::new("Adam at 1e-3", &["train.optimizer=adam", "train.learning_rate=1e-3"]),
        OptimizerKind::Adam => Variant::new("Muon at 2e-3", &["train.optimizer=muon", "train.learning_rate=2e-3"]),
    });
    if train.loss_power == 2 && model.size.is_multiple_of(16) {
        variants.push(Variant::new("errors by frequency", &["train.loss_frequencies=jpeg"]));
    }
    variants.push(match model.prediction {
        Prediction::Regression => Variant::new("for all noise levels", &["model.prediction=task_residual", "model.hole=smooth"]),
        _ => Variant::new("regression", &["model.prediction=regression", "model.hole=smooth"]),
    });
    variants.extend(half_the_size(model, 0.8));
    variants
}

/// Patches of another side; the same levels attend, each over more or fewer cells.
fn patches_of(patch: usize, model: &ModelConfig) -> Vec<String> {
    let attention: Vec<usize> = model.unet.attention.iter().map(|side| side * model.unet.patch / patch).collect();
    vec![format!("model.unet.patch={patch}"), format!("model.unet.attention={attention:?}")]
}

/// A share of the steps on smaller pictures, where the net takes them.
fn half_the_size(model: &ModelConfig, share: f64) -> Option<Variant> {
    let changes = vec![format!("train.progressive={{ size = {}, share = {share:?} }}", model.size / 2)];
    (model.size / 2).is_multiple_of(model.unet.divisor()).then_some(Variant { name: "half the size at first", changes })
}

/// What `--recipe paper` changes of a model and of its training.
fn papers(model: &ModelConfig) -> Vec<String> {
    let mut changes = Vec::new();
    differences("model", &json!(model), &json!(model.clone().with_paper_recipe()), &mut changes);
    differences("train", &json!(TrainConfig::default()), &json!(TrainConfig::paper()), &mut changes);
    changes
}

/// Assignments that make one table of settings of another.
fn differences(key: &str, from: &Value, to: &Value, changes: &mut Vec<String>) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            for (name, to) in to {
                differences(&format!("{key}.{name}"), from.get(name).unwrap_or(&Value::Null), to, changes);
            }
        }
        _ if from == to || to.is_null() => {}
        // What JSON writes as a number, a text or a list is the same in TOML.
        _ => changes.push(format!("{key}={to}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{RunSettings, TrainingSettings};

    #[test]
    fn palette_s_recipe_is_what_the_option_gives() {
        for preset in ["nature", "browser", "tiny", "paper"] {
            let model = ModelConfig::preset(preset).expect("a preset");
            let own = TrainingSettings { model: model.clone(), train: TrainConfig::default(), run: RunSettings::default() };
            let changes = all(&model).into_iter().find(|variant| variant.name == "Palette's recipe").expect("the variant").changes;
            let changed = own.with(&changes).expect("settings");
            assert_eq!(changed.model, model.with_paper_recipe(), "{changes:?}");
            assert_eq!(changed.train, TrainConfig::paper(), "{changes:?}");
        }
    }
}
