//! A folder of diffusers: the files of a `UNet2DModel`, read and written. What is in them is `infill::pytorch`'s business.

use std::path::Path;

use anyhow::{Context, Result, bail};
use infill::{model_file::ModelFile, pytorch::DiffusersNet};
use serde_json::Value;

use super::checkpoint::{self, Checkpoint};

/// Its configuration.
pub const CONFIG: &str = "config.json";
/// Its weights, as safetensors and as diffusers wrote them before.
const WEIGHTS: [&str; 2] = ["diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"];
/// No configuration is longer.
const LONGEST_CONFIG: u64 = 1 << 20;

/// Reads the configuration, and names and shapes of the weights.
///
/// # Errors
/// A file that is missing or damaged.
pub fn open(folder: &Path) -> Result<(Value, Checkpoint)> {
    let path = folder.join(CONFIG);
    let length = path.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
    if length > LONGEST_CONFIG {
        bail!("{} has {length} bytes, and at most {LONGEST_CONFIG} are read", path.display());
    }
    let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let config = serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    let Some(weights) = WEIGHTS.iter().map(|name| folder.join(name)).find(|path| path.is_file()) else {
        bail!("{} has neither {} nor {}", folder.display(), WEIGHTS[0], WEIGHTS[1]);
    };
    Ok((config, Checkpoint::open(&weights)?))
}

/// A model's files by their names: configuration and weights.
///
/// # Errors
/// A weight that the model lacks.
pub fn files(net: &DiffusersNet, file: &ModelFile) -> Result<[(&'static str, Vec<u8>); 2]> {
    Ok([(WEIGHTS[0], checkpoint::write_diffusers(net, file)?), (CONFIG, serde_json::to_vec_pretty(&net.file())?)])
}
