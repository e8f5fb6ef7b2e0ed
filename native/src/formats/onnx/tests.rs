//! Graphs against the net itself, and against the rules of the format.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor, TensorData};
use infill::{
    config::{ModelConfig, NoiseEmbedding, SelfAttention},
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    noise::{self, Purpose},
    unet::{Unet, parameters},
};
use prost::Message;

use super::{
    Exported, export,
    interpreter::{self, Array},
    proto::{Graph, Model, data_type},
};
use crate::device::{DeviceChoice, choose};

fn device() -> Device {
    choose(DeviceChoice::Cpu).unwrap()
}

fn gaussian(step: u64, count: usize) -> Vec<f32> {
    noise::gaussian(&mut noise::stream(4, Purpose::Evaluation, step, 0), count)
}

/// A net with random weights everywhere, as a file.
fn model(config: &ModelConfig, encoding: Encoding) -> ModelFile {
    config.validate().unwrap();
    let shapes = parameters::shapes(&Unet::new(config, &device()));
    let weight = |(step, (name, shape)): (usize, (String, Vec<usize>))| {
        let count: usize = shape.iter().product();
        let scale = (shape[0] as f32 / count as f32).sqrt();
        Weight { name, shape, values: gaussian(step as u64, count).into_iter().map(|value| value * scale).collect() }
    };
    let weights: Vec<Weight> = shapes.into_iter().enumerate().map(weight).collect();
    ModelFile::parse(&ModelFile::encode(config, &TrainingRecord::default(), &weights, encoding).unwrap()).unwrap()
}

/// Largest difference between net and graph on random pictures of a size, two at a time.
fn difference(file: &ModelFile, exported: &Exported, [height, width]: [usize; 2]) -> f32 {
    let shape = [2, 3, height, width];
    let (condition, input) = (gaussian(1000, shape.iter().product()), gaussian(1001, shape.iter().product()));
    let level = vec![-31.5, 12.25];
    let tensor = |values: &Vec<f32>| Tensor::<4>::from_data(TensorData::new(values.clone(), shape), &device());
    let levels = Tensor::<1>::from_data(TensorData::new(level.clone(), [2]), &device());
    let output = file.to_model(&device()).unwrap().unet.forward(tensor(&condition), tensor(&input), levels);
    let expected: Vec<f32> = output.into_data().try_to_vec().unwrap();
    let inputs = [("condition", Array::new(&shape, condition)), ("input", Array::new(&shape, input)), ("level", Array::new(&[2], level))];
    let found = interpreter::run(&exported.graph, exported.data.as_ref().map(|(_, data)| data.as_slice()), inputs);
    assert_eq!(found.shape, shape);
    let size = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    assert!(size > 0.1, "a net whose output is {size} at most proves nothing");
    expected.iter().zip(&found.values).fold(0f32, |largest, (left, right)| largest.max((left - right).abs()))
}

fn tiny(change: impl FnOnce(&mut ModelConfig)) -> ModelConfig {
    let mut config = ModelConfig::preset("tiny").unwrap();
    change(&mut config);
    config
}

#[test]
fn the_graph_computes_what_the_net_computes_at_any_size() {
    let file = model(&tiny(|_| {}), Encoding::F32);
    let exported = export(&file, Encoding::F32, false, "model").unwrap();
    for size in [[16, 16], [8, 20]] {
        let furthest = difference(&file, &exported, size);
        assert!(furthest <= 1e-4, "at {size:?} it is off by {furthest}");
    }
}

#[test]
fn every_part_of_the_configuration_reaches_the_graph() {
    let config = tiny(|config| {
        config.unet.patch = 1;
        config.unet.channels = 6;
        config.unet.multipliers = vec![1, 3, 2];
        config.unet.blocks = 2;
        config.unet.attention = vec![8, 4];
        config.unet.head_channels = 6;
        config.noise_embedding = NoiseEmbedding::NoiseLevel;
        config.size = 8;
    });
    let file = model(&config, Encoding::F32);
    let furthest = difference(&file, &export(&file, Encoding::F32, false, "model").unwrap(), [8, 8]);
    assert!(furthest <= 1e-4, "it is off by {furthest}");
}

#[test]
fn what_stands_in_the_place_of_attention_reaches_the_graph() {
    for kind in [SelfAttention::Local, SelfAttention::None, SelfAttention::Residual, SelfAttention::Dilated] {
        let config = tiny(|config| {
            config.unet.blocks = 2;
            config.unet.self_attention = kind;
        });
        let file = model(&config, Encoding::F32);
        let exported = export(&file, Encoding::F32, false, "model").unwrap();
        for size in [[16, 16], [8, 24]] {
            let furthest = difference(&file, &exported, size);
            assert!(furthest <= 1e-4, "{kind:?} at {size:?} is off by {furthest}");
        }
    }
}

/// A model of 8 bits or half precision has the same weights as its graph, not nearly the same.
#[test]
fn stored_weights_are_the_model_files_own() {
    let config = tiny(|config| config.unet.channels = 48);
    for encoding in [Encoding::Q8, Encoding::F16] {
        let file = model(&config, encoding);
        let exported = export(&file, encoding, false, "model").unwrap();
        let furthest = difference(&file, &exported, [8, 8]);
        assert!(furthest <= 1e-4, "{encoding:?} is off by {furthest}");
        let whole = export(&file, Encoding::F32, false, "model").unwrap().graph.len() as f64;
        let share = exported.graph.len() as f64 / whole;
        let wanted = if encoding == Encoding::Q8 { 0.36 } else { 0.53 };
        assert!(share < wanted, "{encoding:?} takes {share} of the floats");
    }
}

#[test]
fn weights_in_a_file_beside_are_found_there() {
    let file = model(&tiny(|_| {}), Encoding::F32);
    let inside = export(&file, Encoding::F32, false, "model").unwrap();
    let exported = export(&file, Encoding::F32, true, "model").unwrap();
    assert!(inside.data.is_none() && exported.graph.len() * 5 < inside.graph.len());
    assert!(difference(&file, &exported, [8, 8]) <= 1e-4);
    let (name, data) = exported.data.as_ref().unwrap();
    assert!(name.starts_with("model-") && name.ends_with(".data") && data.len() >= 4 * 200_000, "{name}, {} bytes", data.len());
    let mut other = model(&tiny(|_| {}), Encoding::F16);
    other.config.hole = file.config.hole;
    assert_ne!(export(&other, Encoding::F32, true, "model").unwrap().data.unwrap().0, *name, "another model's weights have the same name");
}

#[test]
fn the_file_keeps_the_formats_rules() {
    for preset in ["tiny", "nature"] {
        let config = ModelConfig::preset(preset).unwrap();
        let file = model(&config, Encoding::F32);
        for encoding in [Encoding::F32, Encoding::F16, Encoding::Q8] {
            let model = Model::decode(export(&file, encoding, false, "model").unwrap().graph.as_slice()).unwrap();
            let opset = if encoding == Encoding::Q8 { 21 } else { 17 };
            assert_eq!((model.opset_import.len(), model.opset_import[0].version), (1, opset));
            let properties: BTreeMap<&str, &str> =
                model.metadata_props.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
            assert_eq!(serde_json::from_str::<ModelConfig>(properties["infill.config"]).unwrap(), config);
            check_graph(&model.graph.unwrap(), &file);
        }
    }
}

/// Every value is made once, before it is used; every constant is used and as long as its shape says; every weight of
/// the net is there.
fn check_graph(graph: &Graph, file: &ModelFile) {
    let mut known: BTreeSet<&str> = graph.input.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(known, BTreeSet::from(["condition", "input", "level"]));
    for tensor in &graph.initializer {
        assert!(known.insert(&tensor.name), "{} is there twice", tensor.name);
        let width = match tensor.data_type {
            data_type::FLOAT => 4,
            data_type::FLOAT16 => 2,
            data_type::INT8 => 1,
            _ => 8,
        };
        let count: i64 = tensor.dims.iter().product();
        assert_eq!(tensor.raw_data.as_ref().unwrap().len() as i64, count * width, "{}", tensor.name);
    }
    let mut used = BTreeSet::new();
    let mut names = BTreeSet::new();
    for node in &graph.node {
        assert!(names.insert(&node.name), "two nodes are called {}", node.name);
        for input in node.input.iter().filter(|input| !input.is_empty()) {
            assert!(known.contains(input.as_str()), "{} wants {input}, which is not there yet", node.name);
            used.insert(input.as_str());
        }
        for output in &node.output {
            assert!(known.insert(output), "{output} is made twice");
        }
    }
    assert!(known.contains(graph.output[0].name.as_str()));
    let idle: Vec<&str> = known.into_iter().filter(|name| !used.contains(name) && *name != "output").collect();
    assert!(idle.is_empty(), "nothing uses {idle:?}");
    for weight in file.weights() {
        assert!(used.contains(weight.name.as_str()), "{} is not in the graph", weight.name);
    }
}

#[test]
fn a_weight_that_is_missing_is_named() {
    let config = tiny(|_| {});
    let mut weights: Vec<Weight> = model(&config, Encoding::F32).weights().collect();
    let gone = weights.remove(5).name;
    let file = ModelFile::parse(&ModelFile::encode(&config, &TrainingRecord::default(), &weights, Encoding::F32).unwrap()).unwrap();
    let message = export(&file, Encoding::F32, false, "model").err().unwrap().to_string();
    assert!(message.contains(&gone), "{message}");
}
