//! Writes a tiny model of random weights, 8-bit, for tests of programs that read models.

use burn::tensor::Device;
use infill::{
    config::ModelConfig,
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    unet::{Unet, parameters},
};

fn main() {
    let path = std::env::args().nth(1).expect("the path of the file to write");
    let config = ModelConfig::preset("tiny").expect("the preset is there");
    let unet = Unet::new(&config, &Device::flex()).with_random_outputs(3);
    let weights: Vec<Weight> = parameters::list(&unet)
        .into_iter()
        .map(|parameter| Weight {
            name: parameter.name,
            shape: parameter.shape,
            values: parameter.values.into_data().try_to_vec().expect("f32 values"),
        })
        .collect();
    let bytes = ModelFile::encode(&config, &TrainingRecord::default(), &weights, Encoding::Q8).expect("a model file");
    std::fs::write(path, bytes).expect("the file can be written");
}
