//! The variants: each changes one thing of the recipe, as `--set` would.

use infill::config::ModelConfig;

/// One of them.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name in the table and on the command line.
    pub name: &'static str,
    /// Assignments as for `--set`.
    pub changes: Vec<String>,
}

/// All of them, for a model; the first changes nothing.
pub fn all(model: &ModelConfig) -> Vec<Variant> {
    let variant = |name, changes: &[&str]| Variant { name, changes: changes.iter().map(|change| (*change).to_owned()).collect() };
    let mut variants = vec![
        variant("own", &[]),
        variant("velocity", &["model.prediction=velocity"]),
        variant("velocity, min-SNR-5", &["model.prediction=velocity", "train.loss_weighting=min_snr"]),
        variant("epsilon", &["model.prediction=epsilon"]),
        variant("epsilon, min-SNR-5", &["model.prediction=epsilon", "train.loss_weighting=min_snr"]),
        variant("velocity, noise in holes", &["model.prediction=velocity", "model.hole=noise"]),
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
        // The same levels attend, each over more cells.
        let attention: Vec<usize> = model.unet.attention.iter().map(|side| side * model.unet.patch).collect();
        let changes = vec!["model.unet.patch=1".to_owned(), format!("model.unet.attention={attention:?}")];
        variants.push(Variant { name: "pixels without patches", changes });
    }
    if (model.size / 2).is_multiple_of(model.unet.divisor()) {
        let changes = vec![format!("train.progressive={{ size = {}, share = 0.5 }}", model.size / 2)];
        variants.push(Variant { name: "half the size at first", changes });
    }
    let [low, high] = infill::config::PAPER_LOG_SNR_RANGE;
    let mut paper = variant(
        "Palette's recipe",
        &[
            "model.prediction=epsilon",
            "model.hole=noise",
            "model.noise_embedding=noise_level",
            "train.levels=paper",
            "train.low_discrepancy=false",
            "train.hole_normalized=false",
            "train.ema_warm_up=false",
            "train.clip_norm=0",
        ],
    );
    paper.changes.push(format!("model.log_snr_range=[{low}, {high}]"));
    variants.push(paper);
    variants
}
