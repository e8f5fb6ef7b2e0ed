//! `Architecture`: the net that a checkpoint's names and shapes make.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Device;

use super::{
    error::PytorchError,
    names::{Names, SCHEDULE_BUFFERS},
    tensor::Entry,
};
use crate::{
    config::{HoleCondition, ModelConfig, NoiseEmbedding, PAPER_LOG_SNR_RANGE, Prediction, SelfAttention, TaskKind, UnetConfig},
    schedule,
    unet::{PICTURE_CHANNELS, Unet, parameters},
};

/// The first convolution, which every net of this family has.
const STEM: &str = "input_blocks.0.0.weight";

/// What names and shapes do not tell.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Side of the pictures it was trained on; 256 where nobody says.
    pub size: Option<usize>,
    /// Channels of an attention head; where nobody says 32 as the public Palette has, 64 as guided-diffusion.
    pub head_channels: Option<usize>,
    /// What it was trained to do; where nobody says holes.
    pub tasks: Vec<TaskKind>,
    /// The first and the last γ of its training, where the checkpoint has them.
    pub noise_levels: Option<[f64; 2]>,
}

/// Whose code wrote a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The public Palette: told γ, the condition beside the noisy picture.
    Palette,
    /// guided-diffusion: told the step.
    Guided,
}

impl Family {
    /// What its embedding of the noise level is called.
    fn embedding(self) -> &'static str {
        match self {
            Self::Palette => "cond_embed",
            Self::Guided => "time_embed",
        }
    }

    fn head_channels(self) -> usize {
        match self {
            Self::Palette => 32,
            Self::Guided => 64,
        }
    }

    /// What it is told of the noise.
    pub fn noise_embedding(self) -> NoiseEmbedding {
        match self {
            Self::Palette => NoiseEmbedding::NoiseLevel,
            Self::Guided => NoiseEmbedding::Step,
        }
    }

    /// The log-SNRs that it was trained on.
    pub fn log_snr_range(self) -> [f64; 2] {
        match self {
            Self::Palette => PAPER_LOG_SNR_RANGE,
            Self::Guided => {
                let levels = schedule::guided_diffusion_schedule();
                [levels[levels.len() - 1], levels[0]].map(schedule::log_snr)
            }
        }
    }
}

/// A net of the family and where its weights are in a checkpoint.
#[derive(Clone, Debug)]
pub struct Architecture {
    /// The net and its recipe.
    pub config: ModelConfig,
    /// Channels of its input there: 6 with a condition, 3 without.
    pub inputs: usize,
    /// Channels of its output there: 3, or 6 with the variances, which are not taken over.
    pub outputs: usize,
    /// The tensors to read, by their names in the file.
    pub entries: Vec<Entry>,
}

/// Names without what a checkpoint puts before all of them, and shapes.
struct Shapes<'a> {
    prefix: &'a str,
    shapes: BTreeMap<&'a str, &'a [usize]>,
}

impl Architecture {
    /// From all names and shapes of a checkpoint.
    ///
    /// # Errors
    /// Another net, a net with parts that ours lacks, or all tensors that are missing, unknown or of another shape.
    pub fn infer(tensors: &BTreeMap<String, Vec<usize>>, asked: &Asked, device: &Device) -> Result<Self, PytorchError> {
        let (prefix, family) = recognise(tensors)?;
        let shapes = tensors.iter().filter_map(|(name, shape)| Some((name.strip_prefix(prefix)?, shape.as_slice()))).collect();
        let found = Shapes { prefix, shapes };
        let unet = found.unet(asked, family)?;
        let (inputs, outputs) = (found.shape(STEM).get(1).copied().unwrap_or(0), found.shape("out.2.weight").first().copied().unwrap_or(0));
        for (what, channels) in [("input", inputs), ("output", outputs)] {
            if ![PICTURE_CHANNELS, 2 * PICTURE_CHANNELS].contains(&channels) {
                return Err(PytorchError::Unsupported { found: format!("its {what} has {channels} channels"), wanted: "3 or 6" });
            }
        }
        let range = asked.noise_levels.map(|levels| levels.map(schedule::log_snr));
        let config = ModelConfig {
            size: asked.size.unwrap_or(256),
            unet,
            noise_embedding: family.noise_embedding(),
            prediction: Prediction::Epsilon,
            hole: HoleCondition::Noise,
            log_snr_range: range.map_or(family.log_snr_range(), |[one, other]| [one.min(other), one.max(other)]),
            tasks: if asked.tasks.is_empty() { vec![TaskKind::Inpaint] } else { asked.tasks.clone() },
            sampling: BTreeMap::new(),
        };
        config.validate()?;
        let entries = entries(&config, family.embedding(), prefix, [inputs, outputs], device);
        check(tensors, &entries)?;
        Ok(Self { config, inputs, outputs, entries })
    }

    /// The same where the configuration is known: of a net of ours, which may fold pixels into channels.
    ///
    /// # Errors
    /// Another net, or all tensors that do not fit the configuration.
    pub fn with_config(tensors: &BTreeMap<String, Vec<usize>>, config: &ModelConfig, device: &Device) -> Result<Self, PytorchError> {
        config.validate()?;
        check_attention(config)?;
        let (prefix, family) = recognise(tensors)?;
        let architecture = Self::of_config(config, family, prefix, device);
        check(tensors, &architecture.entries)?;
        Ok(architecture)
    }

    /// Where the weights of a model of ours go: by the names of the public Palette, or of guided-diffusion for a net that is told steps.
    /// A net with patches has the same names; only its first and its last convolution have more channels.
    ///
    /// # Errors
    /// A net whose self-attention is not global.
    pub fn of_model(config: &ModelConfig, device: &Device) -> Result<Self, PytorchError> {
        check_attention(config)?;
        let (family, prefix) = match config.noise_embedding {
            NoiseEmbedding::Step => (Family::Guided, ""),
            NoiseEmbedding::NoiseLevel => (Family::Palette, "denoise_fn."),
            NoiseEmbedding::LogSnr => (Family::Palette, ""),
        };
        Ok(Self::of_config(config, family, prefix, device))
    }

    fn of_config(config: &ModelConfig, family: Family, prefix: &str, device: &Device) -> Self {
        let channels = [2, 1].map(|pictures| pictures * PICTURE_CHANNELS * config.unet.patch * config.unet.patch);
        let entries = entries(config, family.embedding(), prefix, channels, device);
        Self { config: config.clone(), inputs: channels[0], outputs: channels[1], entries }
    }
}

/// Checks that a net is of the family.
pub(super) fn check_attention(config: &ModelConfig) -> Result<(), PytorchError> {
    match config.unet.self_attention {
        SelfAttention::Global => Ok(()),
        other => Err(PytorchError::SelfAttention { found: format!("{other:?}").to_lowercase() }),
    }
}

/// What stands before all names of the net, and whose it is.
fn recognise(tensors: &BTreeMap<String, Vec<usize>>) -> Result<(&str, Family), PytorchError> {
    let foreign = || PytorchError::Foreign { count: tensors.len() };
    let prefix = tensors.keys().find_map(|name| name.strip_suffix(STEM)).ok_or_else(foreign)?;
    let has_embedding = |family: &Family| tensors.contains_key(&format!("{prefix}{}.0.weight", family.embedding()));
    let family = [Family::Palette, Family::Guided].into_iter().find(has_embedding).ok_or_else(foreign)?;
    Ok((prefix, family))
}

impl Shapes<'_> {
    fn has(&self, name: &str) -> bool {
        self.shapes.contains_key(name)
    }

    /// Of a tensor; nothing where there is none.
    fn shape(&self, name: &str) -> &[usize] {
        self.shapes.get(name).copied().unwrap_or_default()
    }

    /// How many blocks there are under a name, one after the other.
    fn count(&self, name: &str) -> usize {
        (0..).take_while(|place| self.shapes.keys().any(|tensor| tensor.starts_with(&format!("{name}.{place}.")))).count()
    }

    /// The net. What does not fit it is found afterwards, tensor by tensor.
    fn unet(&self, asked: &Asked, family: Family) -> Result<UnetConfig, PytorchError> {
        let plain = |name: &str| self.shapes.keys().any(|tensor| tensor.starts_with("input_blocks.") && tensor.ends_with(name));
        if plain(".op.weight") {
            let found =
                format!("`{}` changes the resolution by convolutions outside of residual blocks", self.prefix.trim_end_matches('.'));
            return Err(PytorchError::Unsupported { found, wanted: "residual blocks that do (resblock_updown)" });
        }
        if self.has("label_emb.weight") {
            let found = "it is told classes (`label_emb.weight`)".to_owned();
            return Err(PytorchError::Unsupported { found, wanted: "no classes" });
        }
        let outputs = self.count("output_blocks");
        // The first block of the way up that holds a second residual block, which doubles the resolution, ends a level.
        let rises = |place: &usize| [1, 2].iter().any(|within| self.has(&format!("output_blocks.{place}.{within}.in_layers.2.weight")));
        let row = (0..outputs).find(rises).map_or(outputs, |place| place + 1).max(1);
        let channels = self.shape(STEM).first().copied().unwrap_or(0);
        let level_channels = |level: usize| self.shape(&format!("input_blocks.{}.0.out_layers.3.weight", 1 + level * row)).first().copied();
        let levels = outputs / row;
        let multipliers: Vec<usize> = (0..levels).map(|level| level_channels(level).unwrap_or(0) / channels.max(1)).collect();
        let attends = |level: &usize| self.has(&format!("input_blocks.{}.1.qkv.weight", 1 + level * row));
        let size = asked.size.unwrap_or(256);
        let attention = (0..levels).filter(attends).map(|level| size >> level.min(31)).collect();
        let head_channels = asked.head_channels.unwrap_or(family.head_channels());
        Ok(UnetConfig {
            patch: 1,
            channels,
            multipliers,
            blocks: row - 1,
            attention,
            head_channels,
            dropout: 0.0,
            self_attention: SelfAttention::Global,
        })
    }
}

/// Every weight of a net with its place in a checkpoint.
fn entries(config: &ModelConfig, embedding: &str, prefix: &str, channels: [usize; 2], device: &Device) -> Vec<Entry> {
    let names = Names::new(config, embedding);
    parameters::shapes(&Unet::new(config, device))
        .into_iter()
        .filter_map(|(ours, shape)| {
            let (theirs, layout) = names.of(&ours)?;
            Some(Entry::new(format!("{prefix}{theirs}"), ours, shape, layout, channels))
        })
        .collect()
}

/// Finds everything that does not fit.
fn check(tensors: &BTreeMap<String, Vec<usize>>, entries: &[Entry]) -> Result<(), PytorchError> {
    let wanted: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let dropped = |name: &str| SCHEDULE_BUFFERS.contains(&name);
    let missing: Vec<String> = entries.iter().filter(|entry| !tensors.contains_key(&entry.name)).map(|entry| entry.name.clone()).collect();
    let unknown: Vec<String> = tensors.keys().filter(|name| !wanted.contains(name.as_str()) && !dropped(name)).cloned().collect();
    let misshapen: Vec<String> = entries
        .iter()
        .filter_map(|entry| {
            let found = tensors.get(&entry.name).filter(|shape| **shape != entry.shape)?;
            Some(format!("{} {found:?} instead of {:?}", entry.name, entry.shape))
        })
        .collect();
    if missing.is_empty() && unknown.is_empty() && misshapen.is_empty() {
        return Ok(());
    }
    Err(PytorchError::Tensors { missing, unknown, misshapen })
}
