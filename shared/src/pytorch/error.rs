//! What cannot be taken over from a checkpoint.

use crate::config::ConfigError;

/// Tensors of a checkpoint that make no net of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PytorchError {
    /// Another net.
    #[error(
        "among its {count} tensors none is called `input_blocks.0.0.weight` with `cond_embed` or `time_embed` beside it; choose a checkpoint of \
         the public PyTorch Palette or an unconditional one of guided-diffusion"
    )]
    Foreign {
        /// Tensors in the file.
        count: usize,
    },
    /// A net of this family with a part that ours lacks.
    #[error("{found}, and this net is built with {wanted}; it cannot be taken over")]
    Unsupported {
        /// What the checkpoint has.
        found: String,
        /// What there is.
        wanted: &'static str,
    },
    /// Tensors that do not fit the net that the others make.
    #[error("its tensors do not fit the net that they say they are{}", lists(missing, unknown, misshapen))]
    Tensors {
        /// What the net needs and the file lacks.
        missing: Vec<String>,
        /// What the file has and the net does not.
        unknown: Vec<String>,
        /// What has another shape, with both.
        misshapen: Vec<String>,
    },
    /// A model of ours that is no `UNet2DModel`.
    #[error("{found}, and diffusers' UNet2DModel has {wanted}; use `infill export --pytorch`, which takes every net")]
    Diffusers {
        /// What the model has.
        found: String,
        /// What would map.
        wanted: &'static str,
    },
    /// A net of an ablation.
    #[error("its self-attention is {found}, and nets of PyTorch's layouts have a global one; `infill export --onnx` takes every net")]
    SelfAttention {
        /// What it has.
        found: String,
    },
    /// A `UNet2DModel` that ours is not.
    #[error("its configuration says `{key}`: {found}, and only {wanted} can be taken over")]
    DiffusersKey {
        /// The entry.
        key: String,
        /// What it says.
        found: String,
        /// What would map.
        wanted: String,
    },
    /// A net that cannot be built.
    #[error("the net that its tensors make cannot be built: {0}")]
    Config(#[from] ConfigError),
}

/// All that is wrong, kind by kind.
fn lists(missing: &[String], unknown: &[String], misshapen: &[String]) -> String {
    [("missing", missing), ("not known", unknown), ("of another shape", misshapen)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("; {} {what}: {}", names.len(), names.join(", ")))
        .collect()
}
