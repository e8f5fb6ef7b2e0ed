//! `infill evaluate` as a process: a tiny net with random weights, pictures made here.

use std::path::Path;
use std::process::{Command, Output};

use burn::tensor::Device;
use image::{Rgb, RgbImage};
use infill::config::ModelConfig;
use infill::model_file::{Encoding, ModelFile, TrainingRecord, Weight};
use infill::noise::{self, Purpose};
use infill::unet::{Unet, parameters};
use serde_json::Value;
use tempfile::TempDir;

/// A model file of the preset for tests and three pictures in `pictures`.
fn workplace() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let config = ModelConfig::preset("tiny").expect("the preset for tests");
    let mut rng = noise::stream(3, Purpose::Weights, 0, 0);
    let weights: Vec<Weight> = parameters::shapes(&Unet::new(&config, &Device::default()))
        .into_iter()
        .map(|(name, shape)| {
            let values = noise::gaussian(&mut rng, shape.iter().product());
            Weight { name, values: values.into_iter().map(|value| value * 0.05).collect(), shape }
        })
        .collect();
    let bytes = ModelFile::encode(&config, &TrainingRecord::default(), &weights, Encoding::F32).expect("a model file");
    std::fs::write(folder.path().join("tiny.safetensors"), bytes).expect("a model file");
    std::fs::create_dir(folder.path().join("pictures")).expect("a folder");
    for number in 0..3u8 {
        RgbImage::from_fn(48, 40, |x, y| Rgb([(x * 5) as u8, (y * 6) as u8, number * 60]))
            .save(folder.path().join(format!("pictures/{number}.png")))
            .expect("a picture");
    }
    folder
}

fn evaluate(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_infill"))
        .current_dir(folder)
        .args(["evaluate", "--device", "cpu", "--model", "tiny.safetensors", "--count", "2", "--samples", "2", "--steps", "2"])
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn messages(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn scores(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(name).join("evaluation.json")).expect("the numbers");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    report["cases"].clone()
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_does_not() {
    let folder = workplace();
    for (target, seed) in [("first", "1"), ("second", "1"), ("third", "2")] {
        let output = evaluate(folder.path(), &["--data", "pictures", "--seed", seed, "-o", target]);
        assert!(output.status.success(), "{}", messages(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("| inpaint-centre |"));
    }
    let first = scores(folder.path(), "first");
    assert_eq!(first.as_array().map(Vec::len), Some(9));
    assert_eq!(first, scores(folder.path(), "second"));
    assert_ne!(first, scores(folder.path(), "third"));
    let table = std::fs::read_to_string(folder.path().join("first/evaluation.md")).expect("the table");
    for case in first.as_array().expect("cases") {
        let sheet = case["sheet"].as_str().expect("a file name");
        assert!(table.contains(sheet) && folder.path().join("first").join(sheet).is_file(), "{sheet}");
    }
}

#[test]
fn mistakes_are_named_before_any_work() {
    let folder = workplace();
    let failure = |arguments: &[&str]| {
        let output = evaluate(folder.path(), arguments);
        assert!(!output.status.success());
        messages(&output)
    };
    let message = failure(&["--data", "nothing/*.tar", "-o", "out"]);
    assert!(message.contains("nothing/*.tar"), "{message}");
    let message = failure(&["--data", "pictures", "--task", "paint", "-o", "out"]);
    assert!(message.contains("paint") && message.contains("colorize"), "{message}");
    assert!(!folder.path().join("out").exists());

    std::fs::create_dir(folder.path().join("used")).expect("a folder");
    std::fs::write(folder.path().join("used/evaluation.md"), "precious").expect("a table");
    let message = failure(&["--data", "pictures", "-o", "used"]);
    assert!(message.contains("--force"), "{message}");
    assert_eq!(std::fs::read_to_string(folder.path().join("used/evaluation.md")).expect("the table"), "precious");
}
