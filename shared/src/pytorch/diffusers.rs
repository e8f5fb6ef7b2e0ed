//! The net as the library diffusers stores it: `UNet2DModel`, a configuration in JSON and tensors by its names. It reads no files and
//! knows nothing of pipelines and schedulers.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Device;
use infill_kernel::Resample;
use serde_json::{Map, Value, json};

use super::{
    architecture::{Asked, Family, check_attention},
    error::PytorchError,
    tensor::transposed,
};
use crate::{
    config::{HoleCondition, ModelConfig, Prediction, SelfAttention, TaskKind, UnetConfig},
    container::Weight,
    unet::{PICTURE_CHANNELS, Unet, groups, parameters, walk::Walk},
};

/// Parts of a residual block and of attention: our name and theirs. Queries, keys and values are three layers there.
const PARTS: [(&str, &[&str]); 9] = [
    ("input_norm.inner", &["norm1"]),
    ("input_convolution", &["conv1"]),
    ("film.linear", &["time_emb_proj"]),
    ("output_norm.inner", &["norm2"]),
    ("output_convolution", &["conv2"]),
    ("skip", &["conv_shortcut"]),
    ("norm.inner", &["group_norm"]),
    ("qkv", &["to_q", "to_k", "to_v"]),
    ("project", &["to_out.0"]),
];

/// Layers outside of all blocks.
const LAYERS: [(&str, &[&str]); 5] = [
    ("embedding.first", &["time_embedding.linear_1"]),
    ("embedding.second", &["time_embedding.linear_2"]),
    ("stem", &["conv_in"]),
    ("head_norm.inner", &["conv_norm_out"]),
    ("head", &["conv_out"]),
];

/// What of a configuration may differ from ours without changing the net, or is read from it.
const FREE: [&str; 3] = ["_diffusers_version", "dropout", "sample_size"];

/// A net that is a `UNet2DModel` too.
#[derive(Clone, Debug)]
pub struct DiffusersNet {
    /// The net and its recipe.
    pub config: ModelConfig,
    /// Its weights.
    pub places: Vec<Place>,
}

/// One of our weights and the tensors that it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name here.
    pub own: String,
    own_shape: Vec<usize>,
    /// Names and shapes there: three for queries, keys and values, else one.
    pub tensors: Vec<(String, Vec<usize>)>,
    head_channels: usize,
}

impl DiffusersNet {
    /// Of a model of ours.
    ///
    /// # Errors
    /// A model that is no `UNet2DModel`, with what does not map.
    pub fn of_model(config: &ModelConfig, device: &Device) -> Result<Self, PytorchError> {
        let refuse = |found: String, wanted| Err(PytorchError::Diffusers { found, wanted });
        if config.unet.patch != 1 {
            return refuse(format!("the net folds patches of {0}×{0} pixels into channels", config.unet.patch), "single pixels");
        }
        if config.prediction != Prediction::Epsilon {
            return refuse(format!("the net predicts {:?}", config.prediction), "Epsilon");
        }
        check_attention(config)?;
        let shapes = parameters::shapes(&Unet::new(config, device));
        let counts: BTreeSet<usize> =
            shapes.iter().filter(|(name, _)| name.ends_with(".gamma")).map(|(_, shape)| groups(shape[0])).collect();
        if counts.len() > 1 {
            return refuse(format!("the net normalizes its channels in groups of several numbers {counts:?}"), "one number of groups");
        }
        let names = blocks(config);
        let place = |(own, shape): (String, Vec<usize>)| Place::new(own, shape, &names, config.unet.head_channels);
        Ok(Self { config: config.clone(), places: shapes.into_iter().filter_map(place).collect() })
    }

    /// From a configuration of theirs, with all names and shapes of its tensors. `known`: the model's own configuration, where the files
    /// have it. Where they do not, what diffusers does with such a net is assumed: it predicts ε and is told the step.
    ///
    /// # Errors
    /// A net with parts that ours lacks, or all tensors that do not fit.
    pub fn read(
        file: &Value,
        tensors: &BTreeMap<String, Vec<usize>>,
        known: Option<ModelConfig>,
        asked: &Asked,
        device: &Device,
    ) -> Result<Self, PytorchError> {
        let config = match known {
            Some(config) => config,
            None => inferred(file, asked)?,
        };
        config.validate()?;
        let net = Self::of_model(&config, device)?;
        for (key, wanted) in net.file().into_iter().filter(|(key, _)| !FREE.contains(&key.as_str())) {
            let found = file.get(&key).unwrap_or(&Value::Null);
            let same = *found == wanted || found.as_f64().is_some_and(|number| Some(number) == wanted.as_f64());
            if !same {
                return Err(PytorchError::DiffusersKey { key, found: found.to_string(), wanted: wanted.to_string() });
            }
        }
        net.check(tensors)?;
        Ok(net)
    }

    /// The `config.json` of their `UNet2DModel`.
    pub fn file(&self) -> Map<String, Value> {
        let unet = &self.config.unet;
        let levels = unet.multipliers.len();
        let attends = |level: usize| unet.attends(self.config.size, level);
        let down: Vec<&str> = (0..levels).map(|level| if attends(level) { "AttnDownBlock2D" } else { "ResnetDownsampleBlock2D" }).collect();
        let up = (0..levels).rev().map(|level| if attends(level) { "AttnUpBlock2D" } else { "ResnetUpsampleBlock2D" });
        let norm_groups = groups(unet.channels);
        let Value::Object(file) = json!({
            "_class_name": "UNet2DModel",
            "_diffusers_version": "0.27.2",
            "act_fn": "silu",
            "add_attention": true,
            "attention_head_dim": unet.head_channels,
            // With scale and shift there is no norm before the middle attention unless this says so.
            "attn_norm_num_groups": norm_groups,
            "block_out_channels": (0..levels).map(|level| unet.level_channels(level)).collect::<Vec<_>>(),
            "center_input_sample": false,
            "class_embed_type": null,
            "down_block_types": down,
            "downsample_type": "resnet",
            "dropout": unet.dropout,
            // Cosines first.
            "flip_sin_to_cos": true,
            "freq_shift": 0,
            "in_channels": 2 * PICTURE_CHANNELS,
            "layers_per_block": unet.blocks,
            "mid_block_scale_factor": 1,
            "norm_eps": 1e-5,
            "norm_num_groups": norm_groups,
            "num_class_embeds": null,
            "out_channels": PICTURE_CHANNELS,
            "resnet_time_scale_shift": "scale_shift",
            "sample_size": self.config.size,
            "time_embedding_type": "positional",
            "up_block_types": up.collect::<Vec<_>>(),
            "upsample_type": "resnet",
        }) else {
            return Map::new();
        };
        file
    }

    fn check(&self, tensors: &BTreeMap<String, Vec<usize>>) -> Result<(), PytorchError> {
        let wanted: BTreeMap<&str, &Vec<usize>> =
            self.places.iter().flat_map(|place| place.tensors.iter().map(|(name, shape)| (name.as_str(), shape))).collect();
        let missing: Vec<String> = wanted.keys().filter(|name| !tensors.contains_key(**name)).map(|name| (*name).to_owned()).collect();
        let unknown: Vec<String> = tensors.keys().filter(|name| !wanted.contains_key(name.as_str())).cloned().collect();
        let other = |(name, shape): (&&str, &&Vec<usize>)| {
            let found = tensors.get(*name).filter(|found| found != shape)?;
            Some(format!("{name} {found:?} instead of {shape:?}"))
        };
        let misshapen: Vec<String> = wanted.iter().filter_map(other).collect();
        if missing.is_empty() && unknown.is_empty() && misshapen.is_empty() {
            return Ok(());
        }
        Err(PytorchError::Tensors { missing, unknown, misshapen })
    }
}

/// The net that a configuration of theirs describes, as far as ours can be it. What does not fit is found by comparing afterwards.
fn inferred(file: &Value, asked: &Asked) -> Result<ModelConfig, PytorchError> {
    let lacks = |key: &'static str| PytorchError::DiffusersKey {
        key: key.to_owned(),
        found: file.get(key).unwrap_or(&Value::Null).to_string(),
        wanted: "a number or a list of them".to_owned(),
    };
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let named = |key: &'static str| file.get(key).and_then(number).ok_or_else(|| lacks(key));
    let list = |key: &'static str| file.get(key).and_then(Value::as_array).filter(|list| !list.is_empty()).ok_or_else(|| lacks(key));
    let widths: Vec<usize> = list("block_out_channels")?.iter().map(|width| number(width).unwrap_or(0)).collect();
    let types = list("down_block_types")?;
    let size = match asked.size {
        Some(size) => size,
        None => named("sample_size")?,
    };
    let channels = widths[0].max(1);
    let attends = |level: &usize| types.get(*level).and_then(Value::as_str) == Some("AttnDownBlock2D");
    let unet = UnetConfig {
        patch: 1,
        channels,
        multipliers: widths.iter().map(|width| width / channels).collect(),
        blocks: named("layers_per_block")?,
        attention: (0..widths.len()).filter(attends).map(|level| size >> level.min(31)).collect(),
        head_channels: named("attention_head_dim")?,
        dropout: file.get("dropout").and_then(Value::as_f64).unwrap_or(0.0),
        self_attention: SelfAttention::Global,
    };
    Ok(ModelConfig {
        size,
        unet,
        noise_embedding: Family::Guided.noise_embedding(),
        prediction: Prediction::Epsilon,
        hole: HoleCondition::Noise,
        log_snr_range: Family::Guided.log_snr_range(),
        tasks: if asked.tasks.is_empty() { vec![TaskKind::Inpaint] } else { asked.tasks.clone() },
        sampling: BTreeMap::new(),
    })
}

/// Our names of blocks and theirs.
fn blocks(config: &ModelConfig) -> Vec<(String, String)> {
    let walk = Walk::new(config);
    let mut names = Vec::new();
    for (kind, resampler, levels) in [("down_blocks", "downsamplers", &walk.encoder), ("up_blocks", "upsamplers", &walk.decoder)] {
        for (level, steps) in levels.iter().enumerate() {
            for (place, step) in steps.iter().enumerate() {
                let theirs = match step.resample {
                    Resample::None => format!("{kind}.{level}.resnets.{place}"),
                    _ => format!("{kind}.{level}.{resampler}.0"),
                };
                names.push((step.residual.clone(), theirs));
                names.extend(step.attention.iter().map(|own| (own.clone(), format!("{kind}.{level}.attentions.{place}"))));
            }
        }
    }
    for (place, step) in walk.middle.iter().enumerate() {
        names.push((step.residual.clone(), format!("mid_block.resnets.{place}")));
        names.extend(step.attention.iter().map(|own| (own.clone(), format!("mid_block.attentions.{place}"))));
    }
    names
}

impl Place {
    /// Of a weight by its name and shape here; `None` for a name that no net has.
    fn new(own: String, own_shape: Vec<usize>, blocks: &[(String, String)], head_channels: usize) -> Option<Self> {
        let (layer, kind) = own.rsplit_once('.')?;
        let kind = match kind {
            "gamma" | "weight" => "weight",
            "beta" | "bias" => "bias",
            _ => return None,
        };
        let outside = LAYERS.iter().find(|(own, _)| *own == layer).map(|(_, theirs)| (String::new(), *theirs));
        let (before, theirs) = outside.or_else(|| {
            let inside = |(own, theirs): &(String, String)| Some((format!("{theirs}."), layer.strip_prefix(own)?.strip_prefix('.')?));
            let (before, part) = blocks.iter().find_map(inside)?;
            Some((before, PARTS.iter().find(|(own, _)| *own == part)?.1))
        })?;
        let mut shape = own_shape.clone();
        if shape.len() == 2 {
            shape.reverse();
        }
        shape[0] /= theirs.len();
        let tensors = theirs.iter().map(|theirs| (format!("{before}{theirs}.{kind}"), shape.clone())).collect();
        Some(Self { own, own_shape, tensors, head_channels })
    }

    /// The rows that part `part` has of `rows` here, in order: of each head its queries, keys and values stand one after the other.
    fn rows(&self, part: usize, rows: usize) -> impl Iterator<Item = usize> {
        let (parts, wide) = (self.tensors.len(), if self.tensors.len() == 1 { rows } else { self.head_channels });
        (0..rows / parts).map(move |row| (row / wide * parts + part) * wide + row % wide)
    }

    /// Their tensors of the weight here.
    pub fn export(&self, weight: &Weight) -> Vec<Weight> {
        let values = if self.own_shape.len() == 2 { transposed(&weight.values, self.own_shape[1]) } else { weight.values.clone() };
        let rows = if self.own_shape.len() == 2 { self.own_shape[1] } else { self.own_shape[0] };
        let each = values.len() / rows;
        let part = |(part, (name, shape)): (usize, &(String, Vec<usize>))| Weight {
            name: name.clone(),
            shape: shape.clone(),
            values: self.rows(part, rows).flat_map(|row| values[row * each..(row + 1) * each].iter().copied()).collect(),
        };
        self.tensors.iter().enumerate().map(part).collect()
    }

    /// The weight here of their numbers, one list for each of their tensors.
    pub fn import(&self, parts: &[Vec<f32>]) -> Weight {
        let total: usize = self.own_shape.iter().product();
        let rows = if self.own_shape.len() == 2 { self.own_shape[1] } else { self.own_shape[0] };
        let each = total / rows;
        let mut values = vec![0.0; total];
        for (part, numbers) in parts.iter().enumerate() {
            for (row, numbers) in self.rows(part, rows).zip(numbers.chunks_exact(each)) {
                values[row * each..(row + 1) * each].copy_from_slice(numbers);
            }
        }
        let values = if self.own_shape.len() == 2 { transposed(&values, self.own_shape[0]) } else { values };
        Weight { name: self.own.clone(), shape: self.own_shape.clone(), values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ModelConfig {
        let tiny = ModelConfig::preset("tiny").unwrap();
        let unet = UnetConfig { patch: 1, channels: 32, attention: vec![8], ..tiny.unet.clone() };
        ModelConfig { unet, prediction: Prediction::Epsilon, ..tiny }
    }

    #[test]
    fn weights_come_back_bit_for_bit_and_queries_are_a_head_s_first_rows() {
        let net = DiffusersNet::of_model(&config(), &Device::flex()).unwrap();
        for place in &net.places {
            let count: usize = place.own_shape.iter().product();
            let values: Vec<f32> = (0..count).map(|number| number as f32).collect();
            let weight = Weight { name: place.own.clone(), shape: place.own_shape.clone(), values };
            let theirs = place.export(&weight);
            assert!(theirs.iter().all(|part| part.values.len() == part.shape.iter().product::<usize>()));
            assert_eq!(place.import(&theirs.iter().map(|part| part.values.clone()).collect::<Vec<_>>()), weight);
        }
        // A bias of 192 for 64 channels in 4 heads: 16 queries, 16 keys, 16 values, and again.
        let place = net.places.iter().find(|place| place.own == "middle_attention.qkv.bias").unwrap();
        let bias = Weight { name: place.own.clone(), shape: vec![192], values: (0..192).map(|number| number as f32).collect() };
        let keys = &place.export(&bias)[1];
        assert_eq!((keys.name.as_str(), keys.values[0], keys.values[16]), ("mid_block.attentions.0.to_k.bias", 16.0, 64.0));
    }

    #[test]
    fn what_does_not_map_is_named() {
        let device = Device::flex();
        let refused = |change: &dyn Fn(&mut ModelConfig)| {
            let mut config = config();
            change(&mut config);
            DiffusersNet::of_model(&config, &device).unwrap_err().to_string()
        };
        assert!(refused(&|config| config.unet.patch = 2).contains("2×2"));
        assert!(refused(&|config| config.prediction = Prediction::Velocity).contains("Velocity"));
        assert!(refused(&|config| config.unet.channels = 48).contains("groups"));
    }

    #[test]
    fn a_configuration_of_theirs_is_taken_key_by_key() {
        let device = Device::flex();
        let net = DiffusersNet::of_model(&config(), &device).unwrap();
        let tensors: BTreeMap<String, Vec<usize>> = net.places.iter().flat_map(|place| place.tensors.clone()).collect();
        let read = |file: &Value| DiffusersNet::read(file, &tensors, None, &Asked::default(), &device);
        let found = read(&Value::Object(net.file())).unwrap();
        assert_eq!(found.config.unet, net.config.unet);
        for (key, value) in [
            ("norm_eps", json!(1e-6)),
            ("downsample_type", json!("conv")),
            ("resnet_time_scale_shift", json!("default")),
            ("attn_norm_num_groups", Value::Null),
            ("flip_sin_to_cos", json!(false)),
            ("in_channels", json!(3)),
            ("up_block_types", json!(["AttnUpBlock2D", "AttnUpBlock2D"])),
            ("block_out_channels", json!([])),
            ("_class_name", json!("UNet2DConditionModel")),
        ] {
            let mut file = net.file();
            file.insert(key.to_owned(), value);
            let said = read(&Value::Object(file)).unwrap_err().to_string();
            assert!(said.contains(key), "{key}: {said}");
        }
    }
}
