//! The layouts, by the names of the public Palette's released net and by nets made here.

use std::collections::BTreeMap;

use burn::{module::Module, tensor::Device};

use super::*;
use crate::{
    config::{ModelConfig, NoiseEmbedding, SelfAttention},
    container::Weight,
    unet::{Unet, parameters},
};

type Tensors = BTreeMap<String, Vec<usize>>;

/// Names and shapes of the released net (64 channels, multipliers 1, 2, 4, 8).
fn released() -> Tensors {
    let line = |line: &str| {
        let (name, shape) = line.split_once('\t').unwrap();
        (name.to_owned(), serde_json::from_str(shape).unwrap())
    };
    include_str!("palette-keys.txt").lines().map(line).collect()
}

/// Of the entries of an architecture.
fn tensors(architecture: &Architecture) -> Tensors {
    architecture.entries.iter().map(|entry| (entry.name.clone(), entry.shape.clone())).collect()
}

fn infer(tensors: &Tensors) -> Result<Architecture, PytorchError> {
    Architecture::infer(tensors, &Asked::default(), &Device::flex())
}

/// A net with attention at several levels and three blocks a level.
fn deep(noise_embedding: NoiseEmbedding) -> ModelConfig {
    let mut config = ModelConfig::preset("paper").unwrap();
    config.size = 64;
    config.unet.channels = 32;
    config.unet.multipliers = vec![1, 1, 2, 3];
    config.unet.blocks = 3;
    config.unet.attention = vec![32, 8];
    config.unet.head_channels = 32;
    config.noise_embedding = noise_embedding;
    config
}

#[test]
fn the_released_net_is_recognised_name_by_name() {
    let released = released();
    assert_eq!(released.len(), 326);
    let found = infer(&released).unwrap();
    let unet = &found.config.unet;
    assert_eq!((unet.channels, unet.multipliers.as_slice(), unet.blocks), (64, [1, 2, 4, 8].as_slice(), 2));
    assert_eq!((unet.attention.as_slice(), unet.head_channels, unet.patch), ([].as_slice(), 32, 1));
    assert_eq!((found.config.noise_embedding, found.inputs, found.outputs), (NoiseEmbedding::NoiseLevel, 6, 3));
    assert_eq!(tensors(&found), released);
    assert_eq!(Unet::new(&found.config, &Device::flex()).num_params(), 62_641_347);
}

#[test]
fn attention_and_depth_are_read_from_the_names() {
    for embedding in [NoiseEmbedding::NoiseLevel, NoiseEmbedding::Step] {
        let config = deep(embedding);
        let there = tensors(&Architecture::of_model(&config, &Device::flex()).unwrap());
        let asked = Asked { size: Some(64), head_channels: Some(32), ..Asked::default() };
        let found = Architecture::infer(&there, &asked, &Device::flex()).unwrap();
        assert_eq!((found.config.unet, found.config.noise_embedding), (config.unet, embedding));
    }
}

#[test]
fn schedules_beside_the_weights_and_any_prefix_are_passed_over() {
    let mut with_buffers = released();
    with_buffers.extend(SCHEDULE_BUFFERS.map(|name| (name.to_owned(), vec![2000])));
    assert_eq!(infer(&with_buffers).unwrap().entries.len(), 326);
    let bare = |(name, shape): (String, Vec<usize>)| (name.trim_start_matches("denoise_fn.").to_owned(), shape);
    assert_eq!(infer(&released().into_iter().map(bare).collect()).unwrap().entries.len(), 326);
}

#[test]
fn all_that_does_not_fit_is_listed() {
    let mut wrong = released();
    wrong.remove("denoise_fn.out.0.bias");
    wrong.remove("denoise_fn.middle_block.1.qkv.bias");
    wrong.insert("denoise_fn.extra.weight".to_owned(), vec![3]);
    wrong.insert("optimizer.step".to_owned(), vec![]);
    wrong.insert("denoise_fn.out.0.weight".to_owned(), vec![65]);
    let message = infer(&wrong).unwrap_err().to_string();
    for part in [
        "2 missing: ",
        "denoise_fn.out.0.bias",
        "denoise_fn.middle_block.1.qkv.bias",
        "2 not known: ",
        "denoise_fn.extra.weight",
        "optimizer.step",
        "1 of another shape: denoise_fn.out.0.weight [65] instead of [64]",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

#[test]
fn other_nets_are_named() {
    let refused = |change: fn(&mut Tensors)| {
        let mut tensors = released();
        change(&mut tensors);
        infer(&tensors).unwrap_err().to_string()
    };
    let message = refused(|tensors| tensors.retain(|name, _| !name.contains("cond_embed")));
    assert!(message.contains("318 tensors") || message.contains("322 tensors"), "{message}");
    let message = refused(|tensors| drop(tensors.insert("denoise_fn.input_blocks.3.0.op.weight".to_owned(), vec![64, 64, 3, 3])));
    assert!(message.contains("resblock_updown"), "{message}");
    let message = refused(|tensors| drop(tensors.insert("denoise_fn.label_emb.weight".to_owned(), vec![1000, 256])));
    assert!(message.contains("classes"), "{message}");
    let message = refused(|tensors| drop(tensors.insert("denoise_fn.input_blocks.0.0.weight".to_owned(), vec![64, 9, 3, 3])));
    assert!(message.contains("9 channels"), "{message}");
    // Whatever the shapes are, an answer comes.
    for shape in [vec![], vec![0, 6, 3, 3], vec![usize::MAX, 6, 3, 3], vec![1, 6]] {
        let mut tensors = released();
        tensors.insert("denoise_fn.input_blocks.0.0.weight".to_owned(), shape);
        infer(&tensors).unwrap_err();
    }
}

#[test]
fn a_net_with_patches_needs_its_configuration() {
    let config = ModelConfig::preset("nature").unwrap();
    let there = tensors(&Architecture::of_model(&config, &Device::flex()).unwrap());
    let found = Architecture::with_config(&there, &config, &Device::flex()).unwrap();
    assert_eq!((tensors(&found), found.inputs, found.outputs), (there.clone(), 24, 12));
    let message = infer(&there).unwrap_err().to_string();
    assert!(message.contains("24 channels"), "{message}");
    let message = Architecture::with_config(&there, &deep(NoiseEmbedding::LogSnr), &Device::flex()).unwrap_err().to_string();
    assert!(message.contains("missing") && message.contains("not known") && message.contains("of another shape"), "{message}");
}

#[test]
fn nets_without_global_attention_have_no_layout_there() {
    let mut config = deep(NoiseEmbedding::NoiseLevel);
    let there = tensors(&Architecture::of_model(&config, &Device::flex()).unwrap());
    config.unet.self_attention = SelfAttention::Local;
    config.validate().unwrap();
    for error in [
        Architecture::of_model(&config, &Device::flex()).unwrap_err(),
        Architecture::with_config(&there, &config, &Device::flex()).unwrap_err(),
        DiffusersNet::of_model(&config, &Device::flex()).unwrap_err(),
    ] {
        let message = error.to_string();
        assert!(message.contains("local") && message.contains("--onnx"), "{message}");
    }
}

#[test]
fn what_goes_there_comes_back_bit_for_bit() {
    for config in [deep(NoiseEmbedding::NoiseLevel), ModelConfig::preset("browser").unwrap()] {
        returns(&config);
    }
}

fn returns(config: &ModelConfig) {
    let net = Unet::new(config, &Device::flex()).with_gaussian_weights(7);
    let own: BTreeMap<String, Weight> = parameters::list(&net)
        .into_iter()
        .map(|parameter| {
            let values = parameter.values.into_data().try_to_vec::<f32>().unwrap();
            (parameter.name.clone(), Weight { name: parameter.name, shape: parameter.shape, values })
        })
        .collect();
    let architecture = Architecture::of_model(config, &Device::flex()).unwrap();
    assert_eq!(architecture.entries.len(), own.len());
    for entry in &architecture.entries {
        let weight = &own[entry.own_name()];
        assert_eq!(&entry.import(entry.export(weight)), weight);
    }
}

#[test]
fn a_net_without_condition_or_with_variances_starts_one_with_and_without() {
    let config = deep(NoiseEmbedding::Step);
    let mut there = tensors(&Architecture::of_model(&config, &Device::flex()).unwrap());
    there.insert("input_blocks.0.0.weight".to_owned(), vec![32, 3, 3, 3]);
    there.insert("out.2.weight".to_owned(), vec![6, 32, 3, 3]);
    there.insert("out.2.bias".to_owned(), vec![6]);
    let asked = Asked { size: Some(64), head_channels: Some(32), ..Asked::default() };
    let found = Architecture::infer(&there, &asked, &Device::flex()).unwrap();
    assert_eq!((found.inputs, found.outputs), (3, 6));
    let imported = |name: &str| {
        let entry = found.entries.iter().find(|entry| entry.name == name).unwrap();
        entry.import((0..entry.shape.iter().product::<usize>()).map(|value| 1.0 + value as f32).collect())
    };
    let stem = imported("input_blocks.0.0.weight");
    assert_eq!(stem.shape, [32, 6, 3, 3]);
    assert!(stem.values[..27].iter().all(|value| *value == 0.0));
    assert_eq!((stem.values[27], stem.values[53], stem.values[54], stem.values[81]), (1.0, 27.0, 0.0, 28.0));
    assert_eq!(imported("out.2.bias").values, [1.0, 2.0, 3.0]);
    assert_eq!(imported("out.2.weight").values.len(), 3 * 32 * 9);
}
