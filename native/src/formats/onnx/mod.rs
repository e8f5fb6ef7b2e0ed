//! The net as an ONNX graph: what `infill export --onnx` writes, so that other runtimes can run it.
//!
//! The graph is `Unet::forward` alone, from the numbers that the net is given to the numbers that it gives. What
//! the numbers mean — the residual's preconditioning, the schedule, the sampler — stays with whoever runs it, as it
//! stays outside of the net here; the model's configuration travels in the file's metadata and says which it is.
//! Weights are constants under the names that they have in the net.

mod attention;
mod builder;
#[cfg(test)]
mod interpreter;
mod layers;
mod proto;
#[cfg(test)]
mod tests;

use infill::{
    config::{ModelConfig, NoiseEmbedding},
    model_file::{Encoding, ModelFile, ModelFileError, Weight},
    unet::walk::{PICTURE_CHANNELS, Walk},
};
use prost::Message;

use builder::{Builder, Value, int};
use layers::{Layers, Map};
use proto::{Dimension, Entry, Graph, Model, OperatorSet, Shape, TensorType, Type, ValueInfo, data_type};

/// Version of the operators, and of the format, that floats need.
const OPSET: (i64, i64) = (17, 8);

/// The same for 8-bit weights, whose blocks `DequantizeLinear` knows from here on.
const OPSET_OF_BLOCKS: (i64, i64) = (21, 10);

/// Bytes that a protobuf message may have, and some room for the nodes.
const LARGEST: u64 = (1 << 31) - (16 << 20);

/// A graph as it is written.
pub struct Exported {
    /// The `.onnx` file.
    pub graph: Vec<u8>,
    /// A file that goes beside it, under the name that the graph knows it by.
    pub data: Option<(String, Vec<u8>)>,
}

/// The graph of a model. Weights are in the file itself, or, where it would be larger than the format allows and
/// where `outside` asks for it, in a file beside it whose name begins with `stem` and holds its hash.
///
/// # Errors
/// A weight of the net is missing or has another shape.
pub fn export(file: &ModelFile, encoding: Encoding, outside: bool, stem: &str) -> Result<Exported, ModelFileError> {
    let mut graph = net(file, encoding)?;
    let large = builder::constant_bytes(&graph) > LARGEST;
    let data = (outside || large).then(|| builder::move_out(&mut graph, stem));
    let (version, ir_version) = if matches!(encoding, Encoding::Q8 | Encoding::Q4) { OPSET_OF_BLOCKS } else { OPSET };
    let entry = |key: &str, value: String| Entry { key: key.to_owned(), value };
    let model = Model {
        ir_version,
        producer_name: "infill".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "The U-Net of an Infill model, without schedule, sampler and preconditioning.".to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version }],
        metadata_props: vec![
            entry("infill.config", json(&file.config)?),
            entry("infill.training", json(&file.training)?),
            entry("infill.encoding", json(&encoding)?.trim_matches('"').to_owned()),
        ],
    };
    Ok(Exported { graph: model.encode_to_vec(), data })
}

fn json(value: &impl serde::Serialize) -> Result<String, ModelFileError> {
    serde_json::to_string(value).map_err(|error| ModelFileError::Encode(error.to_string()))
}

/// The net along the list of blocks that `Unet::forward` follows too.
fn net(file: &ModelFile, encoding: Encoding) -> Result<Graph, ModelFileError> {
    let config = &file.config;
    let unet = &config.unet;
    let weights: Vec<Weight> = file.weights().collect();
    let mut layers = Layers { builder: Builder::new(&weights, encoding) };
    let given = |name: &str| Value(name.to_owned());
    let embedding = Map { value: layers.embedding(&given("level"), unet.channels)?, channels: 4 * unet.channels };
    let both = layers.builder.node("Concat", "given".to_owned(), &[&given("condition"), &given("input")], vec![int("axis", 1)]);
    let mut hidden = layers.stem(&Map { value: both, channels: 2 * PICTURE_CHANNELS }, unet.patch, unet.channels)?;
    let mut skips = vec![hidden.clone()];
    for step in Walk::new(config).steps() {
        if step.joins
            && let Some(skip) = skips.pop()
        {
            let inputs = [&hidden.value, &skip.value];
            let value = layers.builder.node("Concat", format!("{}/joined", step.name), &inputs, vec![int("axis", 1)]);
            hidden = Map { value, channels: hidden.channels + skip.channels };
        }
        hidden = layers.residual(step, &hidden, &embedding)?;
        if let (Some(name), Some(windows)) = (&step.attention, unet.self_attention.windows()) {
            hidden = layers.attention(name, &hidden, unet.head_channels, windows)?;
        }
        if step.keeps {
            skips.push(hidden.clone());
        }
    }
    layers.head(&hidden, unet.patch, PICTURE_CHANNELS)?;
    let picture = |name: &str, meaning: &str| info(name, &["batch", "3", "height", "width"], meaning);
    let sides = format!("Height and width are multiples of {}.", unet.divisor());
    let inputs = vec![
        picture("condition", &format!("The condition, values about −1 to 1. {sides}")),
        picture("input", "The noisy picture as the net is given it; see `prediction` in infill.config."),
        info("level", &["batch"], level_meaning(config)),
    ];
    let outputs = vec![picture("output", "What the net predicts; see `prediction` in infill.config.")];
    Ok(layers.builder.finish("unet", inputs, outputs))
}

fn level_meaning(config: &ModelConfig) -> &'static str {
    match config.noise_embedding {
        NoiseEmbedding::LogSnr => "The noise level γ of each picture, as 10·ln(γ/(1−γ)).",
        NoiseEmbedding::NoiseLevel => "The noise level γ of each picture, itself.",
        NoiseEmbedding::Step => "The step of each picture in guided-diffusion's linear schedule, 0 to 999.",
    }
}

/// A tensor of floats whose sides are numbers, or names of numbers that the caller chooses.
fn info(name: &str, shape: &[&str], meaning: &str) -> ValueInfo {
    let dimension = |side: &&str| match side.parse() {
        Ok(value) => Dimension { dim_value: Some(value), dim_param: None },
        Err(_) => Dimension { dim_value: None, dim_param: Some((*side).to_owned()) },
    };
    let shape = Shape { dim: shape.iter().map(dimension).collect() };
    let tensor_type = TensorType { elem_type: data_type::FLOAT, shape: Some(shape) };
    ValueInfo { name: name.to_owned(), r#type: Some(Type { tensor_type: Some(tensor_type) }), doc_string: meaning.to_owned() }
}
