//! What each part of the net is called there. It follows the walk through our net, so that both agree about levels and skips.

use infill_kernel::Resample;

use super::tensor::Layout;
use crate::{config::ModelConfig, unet::walk::Walk};

/// What the public Palette keeps beside its weights: its noise schedule, which follows from the configuration here.
pub const SCHEDULE_BUFFERS: [&str; 6] = [
    "gammas",
    "sqrt_recip_gammas",
    "sqrt_recipm1_gammas",
    "posterior_log_variance_clipped",
    "posterior_mean_coef1",
    "posterior_mean_coef2",
];

/// Parts of a residual block and of attention: our name, theirs, and how its weight lies there.
const PARTS: [(&str, &str, Layout); 9] = [
    ("input_norm.inner", "in_layers.0", Layout::Same),
    ("input_convolution", "in_layers.2", Layout::Same),
    ("film.linear", "emb_layers.1", Layout::Transposed),
    ("output_norm.inner", "out_layers.0", Layout::Same),
    ("output_convolution", "out_layers.3", Layout::Same),
    ("skip", "skip_connection", Layout::Same),
    ("norm.inner", "norm", Layout::Same),
    ("qkv", "qkv", Layout::Pointwise),
    ("project", "proj_out", Layout::Pointwise),
];

/// Our parts and theirs.
pub struct Names {
    /// Our name of a block, and theirs.
    blocks: Vec<(String, String)>,
    /// The same of a layer outside of all blocks.
    layers: Vec<(&'static str, String, Layout)>,
}

impl Names {
    /// Of a net. `embedding`: what their embedding of the noise level is called.
    pub fn new(config: &ModelConfig, embedding: &str) -> Self {
        let walk = Walk::new(config);
        let row = config.unet.blocks + 1;
        let mut blocks = Vec::new();
        let mut add = |residual: &str, attention: Option<&String>, theirs: String, place: usize| {
            blocks.push((residual.to_owned(), format!("{theirs}.{place}")));
            blocks.extend(attention.map(|attention| (attention.clone(), format!("{theirs}.{}", place + 1))));
        };
        // The first of the input blocks is the first convolution; a change of resolution is an input block of its own.
        for (place, step) in walk.encoder.iter().flatten().enumerate() {
            add(&step.residual, step.attention.as_ref(), format!("input_blocks.{}", place + 1), 0);
        }
        add(&walk.middle[0].residual, walk.middle[0].attention.as_ref(), "middle_block".to_owned(), 0);
        add(&walk.middle[1].residual, None, "middle_block".to_owned(), 2);
        for (rise, steps) in walk.decoder.iter().enumerate() {
            for (place, step) in steps.iter().enumerate() {
                // On the way up a change of resolution belongs to the level's last block, after its attention.
                let (place, within) = match step.resample {
                    Resample::Up => (place - 1, 1 + usize::from(steps[place - 1].attention.is_some())),
                    _ => (place, 0),
                };
                add(&step.residual, step.attention.as_ref(), format!("output_blocks.{}", rise * row + place), within);
            }
        }
        let layers = vec![
            ("embedding.first", format!("{embedding}.0"), Layout::Transposed),
            ("embedding.second", format!("{embedding}.2"), Layout::Transposed),
            ("stem", "input_blocks.0.0".to_owned(), Layout::Stem),
            ("head_norm.inner", "out.0".to_owned(), Layout::Same),
            ("head", "out.2".to_owned(), Layout::Head),
        ];
        Self { blocks, layers }
    }

    /// Their name of one of our parameters, and how it lies there; `None` for a name that no net has.
    pub fn of(&self, ours: &str) -> Option<(String, Layout)> {
        let (layer, kind) = ours.rsplit_once('.')?;
        let kind = match kind {
            "gamma" | "weight" => "weight",
            "beta" | "bias" => "bias",
            _ => return None,
        };
        if let Some((_, theirs, layout)) = self.layers.iter().find(|(own, ..)| *own == layer) {
            return Some((format!("{theirs}.{kind}"), *layout));
        }
        let (block, part) = self.blocks.iter().find_map(|(own, theirs)| Some((theirs, layer.strip_prefix(own)?.strip_prefix('.')?)))?;
        let (_, theirs, layout) = PARTS.iter().find(|(own, ..)| *own == part)?;
        Some((format!("{block}.{theirs}.{kind}"), *layout))
    }
}
