//! `infill evaluate` and `infill train-classifier` as processes: a tiny net with random weights, pictures made here.

mod support;

use std::{
    path::Path,
    process::{Output, Stdio},
};

use image::{Rgb, RgbImage};
use infill::model_file::Encoding;
use serde_json::Value;
use support::{command, expect, infill, json, model};
use tempfile::TempDir;

/// A model file of the preset for tests and three pictures in `pictures`.
fn workplace() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("tiny.safetensors"), model(Encoding::F32)).expect("a model file");
    std::fs::create_dir(folder.path().join("pictures")).expect("a folder");
    for number in 0..3u8 {
        RgbImage::from_fn(48, 40, |x, y| Rgb([(x * 5) as u8, (y * 6) as u8, number * 60]))
            .save(folder.path().join(format!("pictures/{number}.png")))
            .expect("a picture");
    }
    folder
}

fn evaluate(folder: &Path, arguments: &str) -> Output {
    infill(folder, &format!("evaluate --device cpu --model tiny.safetensors --count 2 --samples 2 --steps 2 {arguments}"))
}

fn scores(folder: &Path, name: &str) -> Value {
    json(&folder.join(name).join("evaluation.json"))["cases"].clone()
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_does_not() {
    let folder = workplace();
    for (target, seed) in [("first", "1"), ("second", "1"), ("third", "2")] {
        let output = evaluate(folder.path(), &format!("--data pictures --seed {seed} -o {target}"));
        expect(&output, 0, &[]);
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
        for psnr in case["estimates"].as_array().expect("methods").iter().map(|method| &method["psnr"]) {
            let [low, value, high] = ["low", "value", "high"].map(|part| psnr[part].as_f64().expect("a number"));
            assert!(low <= value && value <= high, "{psnr}");
        }
        assert!(table.contains(" ± "), "{table}");
    }
}

#[test]
fn mistakes_are_named_before_any_work() {
    let folder = workplace();
    expect(&evaluate(folder.path(), "--data nothing/*.tar -o out"), 3, &["nothing/*.tar"]);
    expect(&evaluate(folder.path(), "--data pictures --task paint -o out"), 2, &["paint", "colorize"]);
    assert!(!folder.path().join("out").exists());

    std::fs::create_dir(folder.path().join("used")).expect("a folder");
    std::fs::write(folder.path().join("used/evaluation.md"), "precious").expect("a table");
    expect(&evaluate(folder.path(), "--data pictures -o used"), 3, &["--force"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("used/evaluation.md")).expect("the table"), "precious");
}

#[test]
fn cases_are_asked_by_their_names() {
    let folder = workplace();
    expect(&evaluate(folder.path(), "--data pictures --case restore-jpeg-10,inpaint-40-50 -o out"), 0, &[]);
    let cases = scores(folder.path(), "out");
    let names: Vec<&str> = cases.as_array().expect("cases").iter().filter_map(|case| case["case"].as_str()).collect();
    assert_eq!(names, ["restore-jpeg-10", "inpaint-40-50"]);
    expect(&evaluate(folder.path(), "--data pictures --case inpaint-50-60 -o no"), 2, &["inpaint-50-60", "inpaint-40-50"]);
    expect(&evaluate(folder.path(), "--data pictures --task inpaint --case inpaint-centre -o no"), 2, &["--task", "--case"]);
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

fn train_classifier(folder: &Path, arguments: &str) -> Output {
    infill(folder, &format!("train-classifier --device cpu {arguments}"))
}

#[test]
fn a_trained_classifier_judges_the_papers_cases() {
    let folder = workplace();
    classes(folder.path());
    let training = "--data classes --validation classes --epochs 8 --batch 4 -o colours.bin";
    let output = train_classifier(folder.path(), training);
    expect(&output, 0, &[]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("| blue | 6 | 100.0 % |") && printed.contains("| all | 12 | 100.0 % |"), "{printed}");
    expect(&train_classifier(folder.path(), training), 3, &["--force"]);

    std::fs::create_dir(folder.path().join("masks")).expect("a folder");
    image::GrayImage::from_fn(30, 30, |x, _| image::Luma([if x < 12 { 255 } else { 0 }]))
        .save(folder.path().join("masks/left.png"))
        .expect("a mask");
    let more = "--data classes --paper --features colours.bin --masks masks --regression tiny.safetensors -o out";
    let output = evaluate(folder.path(), more);
    expect(&output, 0, &[]);
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
    let features = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/classifier.bin");
    expect(
        &evaluate(folder.path(), &format!("--data pictures --task colorize --features {features} -o out")),
        0,
        &["FID is mostly its bias", "--count"],
    );
    let report = json(&folder.path().join("out/evaluation.json"));
    assert_eq!((&report["features"]["size"], report["features"]["classes"].as_array().map(Vec::len)), (&Value::from(64), Some(9)));
    assert!(report["cases"][0]["features"][0]["distance"].as_f64().is_some_and(|distance| distance > 0.0), "{report}");
}

#[test]
fn foreign_files_and_data_without_classes_are_refused() {
    let folder = workplace();
    classes(folder.path());
    expect(&train_classifier(folder.path(), "--data classes --epochs 1 --batch 12 -o colours.bin"), 0, &[]);
    let bytes = std::fs::read(folder.path().join("colours.bin")).expect("the file");
    std::fs::write(folder.path().join("short.bin"), &bytes[..bytes.len() / 2]).expect("a file");
    let refused = |arguments: &str, words: &[&str]| {
        expect(&evaluate(folder.path(), &format!("{arguments} --data pictures -o out")), 3, words);
    };
    refused("--features tiny.safetensors", &["tiny.safetensors", "infill-model", "train-classifier"]);
    refused("--features short.bin", &["short.bin"]);
    refused("--features pictures/0.png", &["pictures/0.png", "not a classifier"]);
    refused("--regression colours.bin", &["colours.bin", "infill-classifier"]);
    refused("--inception tiny.safetensors", &["tiny.safetensors", "Inception-v3", "missing: Conv2d_1a_3x3.conv.weight", "unknown: "]);
    refused("--resnet50 colours.bin", &["colours.bin"]);
    refused("--lpips tiny.safetensors", &["neither AlexNet nor VGG-16", "torch.save"]);
    refused("--masks nowhere", &["nowhere"]);
    let masked = evaluate(folder.path(), "--masks pictures --task colorize --data pictures -o out");
    expect(&masked, 2, &["--masks needs the task inpaint"]);
    assert!(!folder.path().join("out").exists());

    expect(&train_classifier(folder.path(), "--data pictures -o none.bin"), 3, &["0 classes", "subfolder"]);
    assert!(!folder.path().join("none.bin").exists());
}

#[cfg(unix)]
#[test]
fn a_training_that_is_stopped_writes_nothing() {
    use std::io::{BufRead, BufReader};

    use support::interrupt;

    let folder = workplace();
    classes(folder.path());
    let arguments = "train-classifier --device cpu --data classes --epochs 100000 -o colours.bin";
    let mut child = command(folder.path(), arguments).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("messages")).lines();
    lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("training for"))).expect("a start").expect("a line");
    interrupt(&child);
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(said.iter().any(|line| line.contains("nothing was written")), "{said:?}");
    assert!(!folder.path().join("colours.bin").exists());
}

#[cfg(unix)]
#[test]
fn an_evaluation_that_is_stopped_goes_on_where_it_was() {
    use support::{interrupt, wait_for};

    let folder = workplace();
    let start = |target: &str| {
        let fixed = "evaluate --device cpu --model tiny.safetensors --count 3 --samples 2 --data pictures --steps 300";
        let mut command = command(folder.path(), &format!("{fixed} --task inpaint,restore -o {target}"));
        command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts")
    };
    assert!(start("whole").wait().expect("an end").success());

    let mut child = start("parts");
    let case_file = |case: &str| folder.path().join(format!("parts/unfinished/{case}.json"));
    let cases: Vec<String> = scores(folder.path(), "whole")
        .as_array()
        .expect("cases")
        .iter()
        .map(|case| case["case"].as_str().expect("a name").to_owned())
        .collect();
    wait_for(&case_file(&cases[0]), &mut child);
    interrupt(&child);
    let output = child.wait_with_output().expect("an end");
    expect(&output, 130, &["goes on from the cases that are done"]);
    assert!(!case_file(cases.last().expect("a case")).is_file() && !folder.path().join("parts/evaluation.md").exists());

    let output = start("parts").wait_with_output().expect("an end");
    expect(&output, 0, &[&format!("{} is done already", cases[0])]);
    let table = |target: &str| -> Vec<String> {
        let text = std::fs::read_to_string(folder.path().join(target).join("evaluation.md")).expect("the table");
        text.lines().filter(|line| line.starts_with('|')).map(str::to_owned).collect()
    };
    assert_eq!(table("parts"), table("whole"));
    assert!(!folder.path().join("parts/unfinished").exists());

    // A folder of that name with somebody's files stays.
    std::fs::create_dir(folder.path().join("unfinished")).expect("a folder");
    std::fs::write(folder.path().join("unfinished/notes"), "mine").expect("a file");
    let short = "evaluate --device cpu --model tiny.safetensors --count 2 --samples 1 --data pictures --steps 1 --task restore -o .";
    expect(&infill(folder.path(), short), 0, &[]);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("unfinished")).expect("a folder").collect();
    assert_eq!(left.len(), 1);
}
