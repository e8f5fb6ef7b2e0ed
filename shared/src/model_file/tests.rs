//! The file against itself: what goes in comes out, and what is wrong is named.

use super::*;
use crate::{
    config::SelfAttention,
    unet::{NamedParameter, parameters},
};

/// A net's weights, as a file takes them.
pub(super) fn weights_of(unet: &Unet) -> Vec<Weight> {
    let weight = |NamedParameter { name, shape, values }| Weight { name, shape, values: values.into_data().try_to_vec().unwrap() };
    parameters::list(unet).into_iter().map(weight).collect()
}

fn tiny() -> (ModelConfig, Vec<Weight>) {
    let config = ModelConfig::preset("tiny").unwrap();
    let model = Model::new(config.clone(), 5, &Device::flex()).unwrap();
    let weights = weights_of(&model.unet);
    (config, weights)
}

fn encode(encoding: Encoding) -> (Vec<u8>, Vec<Weight>) {
    let (config, weights) = tiny();
    let training = TrainingRecord { steps: 7, ..TrainingRecord::default() };
    (ModelFile::encode(&config, &training, &weights, encoding).unwrap(), weights)
}

#[test]
fn weights_come_back_within_the_encoding_s_precision() {
    for (encoding, tolerance) in
        [(Encoding::F32, 0.0), (Encoding::F16, 1.0 / 2048.0), (Encoding::Q8, 0.51 / 127.0 + 1e-3), (Encoding::Q4, 0.5)]
    {
        let (bytes, weights) = encode(encoding);
        let file = ModelFile::parse(&bytes).unwrap();
        assert_eq!((file.encoding, file.training.steps), (encoding, 7));
        let model = file.to_model(&Device::flex()).unwrap();
        let loaded = parameters::list(&model.unet);
        assert_eq!(loaded.len(), weights.len());
        for (loaded, weight) in loaded.into_iter().zip(&weights) {
            assert_eq!((&loaded.name, &loaded.shape), (&weight.name, &weight.shape));
            let largest = weight.values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            let values: Vec<f32> = loaded.values.into_data().try_to_vec().unwrap();
            for (left, right) in values.iter().zip(&weight.values) {
                assert!((left - right).abs() <= tolerance * largest, "{}: {left} {right}", weight.name);
            }
        }
    }
}

#[test]
fn what_stands_for_attention_is_kept_and_the_default_is_not_written() {
    for kind in [SelfAttention::Global, SelfAttention::Local, SelfAttention::None, SelfAttention::Residual, SelfAttention::Dilated] {
        let mut config = ModelConfig::preset("tiny").unwrap();
        config.unet.self_attention = kind;
        let model = Model::new(config.clone(), 5, &Device::flex()).unwrap();
        let weights = weights_of(&model.unet);
        let bytes = ModelFile::encode(&config, &TrainingRecord::default(), &weights, Encoding::F32).unwrap();
        let written = bytes.windows(14).any(|window| window == b"self_attention");
        assert_eq!(written, kind != SelfAttention::Global);
        let file = ModelFile::parse(&bytes).unwrap();
        assert_eq!(file.config, config);
        assert_eq!(weights_of(&file.to_model(&Device::flex()).unwrap().unet), weights);
    }
}

#[test]
fn fewer_bits_need_less_room() {
    let (config, weights) = (ModelConfig::preset("tiny").unwrap(), encode(Encoding::F32).1);
    let large: Vec<Weight> = weights.into_iter().filter(|weight| weight.values.len() > 4000).collect();
    let size = |encoding| ModelFile::encode(&config, &TrainingRecord::default(), &large, encoding).unwrap().len() as f64;
    let ratio = size(Encoding::Q8) / size(Encoding::F32);
    assert!((0.25..0.35).contains(&ratio), "{ratio}");
    let ratio = size(Encoding::Q4) / size(Encoding::Q8);
    assert!((0.5..0.6).contains(&ratio), "{ratio}");
}

#[test]
fn what_is_wrong_is_named() {
    let (bytes, _) = encode(Encoding::F32);
    let message = |bytes: &[u8]| ModelFile::parse(bytes).unwrap_err();
    assert!(matches!(message(b"a picture, maybe, of some length"), ModelFileError::NotAModel(_)));
    assert!(matches!(message(&[]), ModelFileError::NotAModel(_)));
    for length in [20, bytes.len() / 2, bytes.len() - 1] {
        assert!(matches!(message(&bytes[..length]), ModelFileError::Damaged(_)), "{length}");
    }
    let foreign = safetensors::serialize(Vec::<(String, safetensors::tensor::TensorView<'_>)>::new(), None).unwrap();
    assert!(matches!(message(&foreign), ModelFileError::NotAModel(_)));
    // The same length keeps the container whole.
    let key = br#"\"version\":"#;
    let place = bytes.windows(key.len()).position(|part| part == key).unwrap() + key.len();
    let mut other = bytes.clone();
    other[place] = b'9';
    assert!(matches!(message(&other), ModelFileError::Version { found: 9, known: 1 }));
}

#[test]
fn a_missing_weight_is_named() {
    let (config, mut weights) = tiny();
    let gone = weights.remove(3);
    let bytes = ModelFile::encode(&config, &TrainingRecord::default(), &weights, Encoding::F32).unwrap();
    let message = ModelFile::parse(&bytes).unwrap().to_model(&Device::flex()).unwrap_err().to_string();
    assert!(message.contains(&gone.name), "{message}");
}

/// Files of earlier programs load, and written again have the very same bytes.
#[test]
fn the_shipped_model_s_bytes_come_back() {
    let bytes: &[u8] = include_bytes!("../../../web/models/nature.infill");
    let file = ModelFile::parse(bytes).unwrap();
    let stored: Vec<Stored> = file.weights.iter().flat_map(|(name, content)| content.store(name, file.encoding)).collect();
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        encoding: file.encoding,
        config: file.config.clone(),
        training: file.training.clone(),
    };
    assert!(container::write(KIND, &header, &stored).unwrap() == bytes);
}
