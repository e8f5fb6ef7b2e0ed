//! `infill evaluate` and `infill train-classifier` as processes: a tiny net with random weights, pictures made here.

use std::io::{BufRead, BufReader};
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

/// Two classes that anybody tells apart, each in a subfolder of `classes`.
fn classes(folder: &Path) {
    for (name, colour) in [("red", [200, 40, 30]), ("blue", [30, 60, 210])] {
        let place = folder.join("classes").join(name);
        std::fs::create_dir_all(&place).expect("a folder");
        for number in 0..6u8 {
            RgbImage::from_fn(40, 44, |x, y| Rgb(colour.map(|value: u8| value.saturating_add((x as u8 % 5) * 3 + (y as u8 % 7) + number))))
                .save(place.join(format!("{number}.png")))
                .expect("a picture");
        }
    }
}

fn train_classifier(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_infill"))
        .current_dir(folder)
        .args(["train-classifier", "--device", "cpu", "--data", "classes"])
        .args(arguments)
        .output()
        .expect("the program starts")
}

#[test]
fn a_trained_classifier_judges_the_papers_cases() {
    let folder = workplace();
    classes(folder.path());
    let training = ["--validation", "classes", "--epochs", "8", "--batch", "4", "-o", "colours.bin"];
    let output = train_classifier(folder.path(), &training);
    assert!(output.status.success(), "{}", messages(&output));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("| blue | 6 | 100.0 % |") && printed.contains("| all | 12 | 100.0 % |"), "{printed}");
    let refused = train_classifier(folder.path(), &training);
    assert_eq!(refused.status.code(), Some(3));
    assert!(messages(&refused).contains("--force"), "{}", messages(&refused));

    std::fs::create_dir(folder.path().join("masks")).expect("a folder");
    image::GrayImage::from_fn(30, 30, |x, _| image::Luma([if x < 12 { 255 } else { 0 }]))
        .save(folder.path().join("masks/left.png"))
        .expect("a mask");
    let more =
        ["--data", "classes", "--paper", "--features", "colours.bin", "--masks", "masks", "--regression", "tiny.safetensors", "-o", "out"];
    let output = evaluate(folder.path(), &more);
    assert!(output.status.success(), "{}", messages(&output));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows = |heading: &str| {
        let table = printed.lines().skip_while(|line| !line.starts_with(heading));
        table.take_while(|line| line.starts_with('|')).count()
    };
    // A row for each of eleven cases under two of headings.
    assert_eq!(
        rows("| case | PSNR ↑: best baseline | one sample | mean of 2 | PD ↓: best baseline | one sample | FID ↓:"),
        13,
        "{printed}"
    );
    assert_eq!(rows("| case | CA of | against | only the net's is right |"), 13, "{printed}");
    let cases = scores(folder.path(), "out");
    let names: Vec<&str> = cases.as_array().expect("cases").iter().filter_map(|case| case["case"].as_str()).collect();
    let expected = "colorize inpaint-10-20 inpaint-20-30 inpaint-30-40 inpaint-centre uncrop-right uncrop-frame restore-jpeg-5 \
                    restore-jpeg-10 restore-jpeg-20 inpaint-masks";
    assert_eq!(names.join(" "), expected);
    for case in cases.as_array().expect("cases") {
        let (methods, features) = (case["methods"].as_array().expect("methods"), case["features"].as_array().expect("features"));
        assert_eq!(methods.len(), features.len());
        for score in features {
            for number in ["fid", "kid", "inception_score", "accuracy", "distance"] {
                assert!(score[number].is_f64(), "{number} of {score}");
            }
        }
        let answers = case["answers"].as_array().expect("answers");
        for (method, score) in features.iter().enumerate() {
            let right = answers.iter().filter(|answer| answer["taken_for"][method] == answer["class"]).count();
            assert_eq!(score["accuracy"].as_f64(), Some(right as f64 / answers.len() as f64), "{case}");
        }
        for answer in answers {
            assert!(answer["feature_distance_between_samples"].is_f64() && answer["ms_ssim_between_samples"].is_f64(), "{answer}");
            assert!(answer["scores"][0]["ms_ssim"].is_f64() && answer["whole"][0]["l1"].is_f64(), "{answer}");
        }
    }
    // The one mask is 12 of 30 columns wide.
    let area = cases[10]["answers"][0]["area"].as_f64().expect("an area");
    assert!((area - 0.4).abs() < 0.05, "{area}");
    // Nothing is nearer to a picture than a JPEG of quality 20 among JPEGs, and the table says whose features these are.
    let distance = |case: usize| cases[case]["features"][0]["distance"].as_f64().expect("a distance");
    assert!(distance(9) < distance(7), "{} {}", distance(9), distance(7));
    let table = std::fs::read_to_string(folder.path().join("out/evaluation.md")).expect("the table");
    for text in
        ["colours.bin (", "| task | method | FID ↓ | IS ↑ | CA ↑ | PD ↓ |", "| – | the originals |", "| cases won |", "regression net"]
    {
        assert!(table.contains(text), "`{text}` is not in: {table}");
    }
}

/// The README's figures are in its features.
#[test]
fn the_classifier_beside_the_readme_can_be_used() {
    let folder = workplace();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/classifier.bin");
    let output =
        evaluate(folder.path(), &["--data", "pictures", "--task", "colorize", "--features", path.to_str().expect("a path"), "-o", "out"]);
    assert!(output.status.success(), "{}", messages(&output));
    let text = std::fs::read_to_string(folder.path().join("out/evaluation.json")).expect("the numbers");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&report["features"]["size"], report["features"]["classes"].as_array().map(Vec::len)), (&Value::from(64), Some(9)));
    assert!(report["cases"][0]["features"][0]["distance"].as_f64().is_some_and(|distance| distance > 0.0), "{text}");
}

#[test]
fn foreign_files_and_data_without_classes_are_refused() {
    let folder = workplace();
    classes(folder.path());
    let output = train_classifier(folder.path(), &["--epochs", "1", "--batch", "12", "-o", "colours.bin"]);
    assert!(output.status.success(), "{}", messages(&output));
    let bytes = std::fs::read(folder.path().join("colours.bin")).expect("the file");
    std::fs::write(folder.path().join("short.bin"), &bytes[..bytes.len() / 2]).expect("a file");
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = evaluate(folder.path(), &[arguments, &["--data", "pictures", "-o", "out"]].concat());
        assert_eq!(output.status.code(), Some(3), "{}", messages(&output));
        for word in words {
            assert!(messages(&output).contains(word), "`{word}` is not in: {}", messages(&output));
        }
    };
    refused(&["--features", "tiny.safetensors"], &["tiny.safetensors", "infill-model", "train-classifier"]);
    refused(&["--features", "short.bin"], &["short.bin"]);
    refused(&["--features", "pictures/0.png"], &["pictures/0.png", "not a classifier"]);
    refused(&["--regression", "colours.bin"], &["colours.bin", "infill-classifier"]);
    refused(&["--masks", "nowhere"], &["nowhere"]);
    refused(&["--masks", "pictures", "--task", "colorize"], &["--masks needs the task inpaint"]);
    assert!(!folder.path().join("out").exists());

    let output = Command::new(env!("CARGO_BIN_EXE_infill"))
        .current_dir(folder.path())
        .args(["train-classifier", "--device", "cpu", "--data", "pictures", "-o", "none.bin"])
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(messages(&output).contains("0 classes") && messages(&output).contains("subfolder"), "{}", messages(&output));
    assert!(!folder.path().join("none.bin").exists());
}

#[cfg(unix)]
#[test]
fn a_training_that_is_stopped_writes_nothing() {
    let folder = workplace();
    classes(folder.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_infill"))
        .current_dir(folder.path())
        .args(["train-classifier", "--device", "cpu", "--data", "classes", "--epochs", "100000", "-o", "colours.bin"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("messages")).lines();
    lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("training for"))).expect("a start").expect("a line");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(said.iter().any(|line| line.contains("nothing was written")), "{said:?}");
    assert!(!folder.path().join("colours.bin").exists());
}

#[cfg(unix)]
#[test]
fn an_evaluation_that_is_stopped_goes_on_where_it_was() {
    let folder = workplace();
    let arguments = ["--data", "pictures", "--steps", "300", "--task", "inpaint,restore"];
    let start = |target: &str| {
        Command::new(env!("CARGO_BIN_EXE_infill"))
            .current_dir(folder.path())
            .args(["evaluate", "--device", "cpu", "--model", "tiny.safetensors", "--count", "3", "--samples", "2", "-o", target])
            .args(arguments)
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the program starts")
    };
    assert!(start("whole").wait().expect("an end").success());

    let mut child = start("parts");
    let done = |case: &str| folder.path().join(format!("parts/unfinished/{case}.json")).is_file();
    let cases: Vec<String> = scores(folder.path(), "whole")
        .as_array()
        .expect("cases")
        .iter()
        .map(|case| case["case"].as_str().expect("a name").to_owned())
        .collect();
    while !done(&cases[0]) {
        assert!(child.try_wait().expect("a state").is_none(), "it ended before its first case was done");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(130), "{}", messages(&output));
    assert!(messages(&output).contains("goes on from the cases that are done"), "{}", messages(&output));
    assert!(!done(cases.last().expect("a case")) && !folder.path().join("parts/evaluation.md").exists());

    let output = start("parts").wait_with_output().expect("an end");
    assert!(output.status.success() && messages(&output).contains(&format!("{} is done already", cases[0])), "{}", messages(&output));
    let table = |target: &str| -> Vec<String> {
        let text = std::fs::read_to_string(folder.path().join(target).join("evaluation.md")).expect("the table");
        text.lines().filter(|line| line.starts_with('|')).map(str::to_owned).collect()
    };
    assert_eq!(table("parts"), table("whole"));
    assert!(!folder.path().join("parts/unfinished").exists());
}
