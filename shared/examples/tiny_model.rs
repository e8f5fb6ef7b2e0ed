//! Writes a tiny model of random weights, 8-bit, for tests of programs that read models; with `nan` after the
//! path one that computes what is no number, with `bare` one of few different layers, for which a device has little to compile, with
//! `repair` one that repairs JPEGs in one evaluation and does nothing else.

use burn::tensor::Device;
use infill::{
    config::{ModelConfig, TaskKind, UnetConfig},
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    unet::{Unet, parameters},
};

fn main() {
    let path = std::env::args().nth(1).expect("the path of the file to write");
    let kind = std::env::args().nth(2).unwrap_or_default();
    let mut config = ModelConfig::preset("tiny").expect("the preset is there");
    if kind == "bare" {
        config.unet = UnetConfig { multipliers: vec![1], attention: Vec::new(), ..config.unet };
    }
    if kind == "repair" {
        config = ModelConfig { tasks: vec![TaskKind::Restore], ..config.with_regression() };
    }
    let unet = Unet::new(&config, &Device::flex()).with_gaussian_weights(3);
    let mut weights: Vec<Weight> = parameters::list(&unet)
        .into_iter()
        .map(|parameter| Weight {
            name: parameter.name,
            shape: parameter.shape,
            values: parameter.values.into_data().try_to_vec().expect("f32 values"),
        })
        .collect();
    let mut encoding = Encoding::Q8;
    if kind == "nan" {
        // Finite, as a model file has to be; their sums are not.
        weights.iter_mut().for_each(|weight| weight.values.fill(f32::MAX));
        encoding = Encoding::F32;
    }
    let bytes = ModelFile::encode(&config, &TrainingRecord::default(), &weights, encoding).expect("a model file");
    std::fs::write(path, bytes).expect("the file can be written");
}
