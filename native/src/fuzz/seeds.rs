//! What is mutated: small whole files of every format, made here or kept in `seeds`, where also every file goes that was found to
//! end the program.

use std::{fs, path::Path, sync::Arc};

use anyhow::Result;
use image::{DynamicImage, RgbImage};
use infill::{
    config::{ModelConfig, NoiseEmbedding},
    manifest::{Chunk, Manifest, ModelEntry, Words},
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    pytorch::Architecture,
    train::{TrainConfig, Trainer},
    unet::{Unet, parameters},
};

use super::Target;
use crate::{
    device, formats,
    pictures::Dataset,
    train::{RunDirectory, RunSettings, TrainingSettings},
};

/// All seeds of a format.
pub fn of(target: Target) -> Vec<Vec<u8>> {
    let mut seeds = match target {
        Target::Picture | Target::Mask => kept("picture"),
        Target::Model => [Encoding::F32, Encoding::F16, Encoding::Q8, Encoding::Q4].map(model).to_vec(),
        Target::Checkpoint => vec![checkpoint().expect("a checkpoint")],
        Target::Classifier => vec![classifier()],
        Target::Shard => vec![shard(), [shard(), shard()].concat()],
        Target::Manifest => vec![manifest()],
        Target::Settings => {
            let short = "preset = \"tiny\"\n[train]\nbatch = 3\n[run]\ndata = [\"a\", \"b/*.tar\"]\n";
            vec![toml::to_string(&settings()).expect("settings").into_bytes(), short.as_bytes().to_vec()]
        }
        Target::Pytorch => vec![pytorch()],
    };
    if target != Target::Picture {
        seeds.extend(kept(target.name()));
    }
    seeds
}

/// Files of the folder `seeds` whose names begin so.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fuzz/seeds");
    let mut paths: Vec<_> = fs::read_dir(folder).expect("the seeds").map(|entry| entry.expect("a file").path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&format!("{name}-"))));
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed")).collect()
}

/// A model of next to nothing.
fn small() -> ModelConfig {
    let mut model = ModelConfig::preset("tiny").expect("a preset");
    model.unet.channels = 8;
    model.unet.head_channels = 8;
    model
}

/// Its weights by PyTorch's names.
fn pytorch() -> Vec<u8> {
    let mut config = small();
    config.unet.patch = 1;
    config.noise_embedding = NoiseEmbedding::NoiseLevel;
    let architecture = Architecture::of_model(&config, &device::reference()).expect("an architecture");
    let file = ModelFile::parse(&encode(&config, Encoding::F32)).expect("a model");
    formats::checkpoint::write(&architecture, &file).expect("a file")
}

/// Settings of a run of such a model.
pub fn settings() -> TrainingSettings {
    let run = RunSettings { data: vec!["pictures".to_owned()], ..RunSettings::default() };
    TrainingSettings { model: small(), train: TrainConfig { batch: 1, ..TrainConfig::default() }, run }
}

fn model(encoding: Encoding) -> Vec<u8> {
    encode(&small(), encoding)
}

fn encode(config: &ModelConfig, encoding: Encoding) -> Vec<u8> {
    let weight = |(name, shape): (String, Vec<usize>)| {
        let count = shape.iter().product::<usize>();
        Weight { name, values: (0..count).map(|place| (place % 7) as f32 * 0.01 - 0.03).collect(), shape }
    };
    let weights: Vec<Weight> = parameters::shapes(&Unet::new(config, &device::reference())).into_iter().map(weight).collect();
    ModelFile::encode(config, &TrainingRecord::default(), &weights, encoding).expect("a model")
}

/// One picture in a folder.
pub fn data(place: &Path) -> Result<Dataset> {
    let folder = place.join("pictures");
    fs::create_dir_all(&folder)?;
    RgbImage::new(20, 20).save(folder.join("a.png"))?;
    Dataset::open(&[folder.display().to_string()])
}

fn checkpoint() -> Result<Vec<u8>> {
    let place = tempfile::TempDir::new()?;
    let (settings, data) = (settings(), Arc::new(data(place.path())?));
    let trainer = Trainer::new(settings.train.clone(), settings.model.clone(), None, &device::reference())?;
    let run = place.path().join("run");
    let directory = RunDirectory::open(&run, false)?;
    directory.begin(&settings)?;
    directory.save(&trainer, &settings, &data, 0, None)?;
    Ok(fs::read(run.join("checkpoints/step-00000000.safetensors"))?)
}

/// The shipped one: it is the only one there is.
fn classifier() -> Vec<u8> {
    fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/classifier.bin")).expect("the classifier")
}

fn shard() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut png = std::io::Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::new(5, 4)).write_to(&mut png, image::ImageFormat::Png).expect("a picture");
    let long = format!("{}/c.png", "folder".repeat(20));
    for (name, bytes) in
        [("a.png", png.get_ref().as_slice()), ("a.cls", b"sea"), (long.as_str(), png.get_ref()), ("._a.cls", &[0xFF, 0xFE])]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).expect("a member");
    }
    tar.into_inner().expect("a shard")
}

fn manifest() -> Vec<u8> {
    let chunk = Chunk { path: "models/a-0.bin".to_owned(), size: 100, sha256: "00".repeat(32) };
    let words = Words { title: Some("Nature".to_owned()), about: Some("small holes".to_owned()) };
    let chunks = vec![chunk.clone(), chunk];
    let entry =
        ModelEntry { name: "nature".to_owned(), words, tasks: vec!["restore".to_owned()], size: 200, sha256: "11".repeat(32), chunks };
    serde_json::to_vec(&Manifest { models: vec![entry.clone(), entry] }).expect("a manifest")
}
