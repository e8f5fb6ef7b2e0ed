//! What is done with runs that were trained, as a process: their checkpoints as models, and runs side by side.

mod support;

use std::path::Path;

use support::{expect, infill, pictures};

fn train(folder: &Path, run: &str, more: &str) {
    let arguments = format!("train --preset tiny --data pictures --run {run} --steps 6 --threads 2 --sample-every 0 --device cpu {more}");
    expect(&infill(folder, &arguments), 0, &[]);
}

fn said(folder: &Path, arguments: &str) -> String {
    let output = infill(folder, arguments);
    expect(&output, 0, &[]);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_checkpoint_is_the_averaged_model_wherever_a_model_is_read() {
    let folder = pictures(5);
    let path = folder.path();
    train(path, "run", "--batch 2 --checkpoint-every 3 --seed 4");
    let (half, last) = ("run/checkpoints/step-00000003.safetensors", "run/checkpoints/step-00000006.safetensors");
    for (model, output) in [(half, "half.infill"), (last, "last.infill"), ("run/model.infill", "own.infill")] {
        expect(&infill(path, &format!("export {model} --quantize f32 -o {output}")), 0, &[]);
    }
    let read = |name: &str| std::fs::read(path.join(name)).unwrap();
    assert!(read("last.infill") == read("own.infill"), "the model of the last checkpoint is not the run's");
    assert!(read("half.infill") != read("own.infill"));
    let described = |model: &str| -> serde_json::Value { serde_json::from_str(&said(path, &format!("info {model} --json"))).unwrap() };
    let training = |model: &str| described(model)["training"].clone();
    assert_eq!(training(last), training("run/model.infill"));
    assert_eq!((&training(half)["steps"], &training(half)["pictures_seen"], &training(half)["seed"]), (&3.into(), &6.into(), &4.into()));
    for model in [last, "run/model.infill"] {
        let output = model.replace('/', "-");
        expect(&infill(path, &format!("colorize pictures/0.png -o {output}.png --model {model} --device cpu --steps 2")), 0, &[]);
    }
    assert!(read("run-checkpoints-step-00000006.safetensors.png") == read("run-model.infill.png"));
    let compared = said(path, &format!("compare {last} run/model.infill --picture pictures/0.png -o sheet.png --device cpu --steps 2"));
    assert_eq!(compared.matches("0.00e0").count(), 6, "{compared}");
    let evaluation =
        format!("evaluate --model {half} --data pictures --task colorize --count 2 --samples 1 --device cpu --steps 2 -o evaluation");
    expect(&infill(path, &evaluation), 0, &[]);

    let mut bytes = read(last);
    let place = bytes.len() - 9;
    bytes[place] ^= 64;
    std::fs::write(path.join("damaged.safetensors"), bytes).unwrap();
    expect(&infill(path, "info damaged.safetensors"), 3, &["damaged.safetensors", "CRC-32C"]);
    std::fs::write(path.join("cut.safetensors"), &read(last)[..1000]).unwrap();
    expect(&infill(path, "info cut.safetensors"), 3, &["cut.safetensors", "damaged"]);
}

#[test]
fn runs_are_compared_by_numbers_curves_and_settings() {
    let folder = pictures(5);
    let path = folder.path();
    train(path, "runs/one", "--batch 2 --checkpoint-every 3 --validation pictures");
    train(path, "runs/two", "--checkpoint-every 3 --batch 3 --loss-power 1");
    let text = said(path, "runs runs --svg curves.svg");
    for words in ["| a | runs/one | 6 of 6 | 12 |", "| b | runs/two | 6 of 6 | 18 |", "loss at 12 pictures", "train.batch 2 → 3"] {
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
    }
    assert!(text.contains("losses of other train.loss_power, run.validation cannot be compared"), "{text}");
    assert!(text.contains("training: loss") && text.contains("validation: loss") && text.contains("a runs/one"), "{text}");
    let svg = std::fs::read_to_string(path.join("curves.svg")).unwrap();
    assert!(svg.matches("<svg").count() == 3 && svg.contains("runs/two"), "{svg}");
    expect(&infill(path, "runs runs --svg curves.svg"), 3, &["--force"]);

    let json: serde_json::Value = serde_json::from_str(&said(path, "runs runs/two runs/one --json")).unwrap();
    let stats = std::fs::read_to_string(path.join("runs/one/stats.jsonl")).unwrap();
    let last: serde_json::Value = serde_json::from_str(stats.lines().last().unwrap()).unwrap();
    assert_eq!((&json["common_pictures"], &json["runs"][0]["pictures"]), (&12.into(), &18.into()));
    assert_eq!((&json["runs"][1]["run"], &json["runs"][1]["loss"]), (&"runs/one".into(), &last["loss"]));
    assert!(json["runs"][1]["best_validation_loss"].is_number() && json["runs"][0]["best_validation_loss"].is_null(), "{json}");
    expect(&infill(path, "runs pictures"), 3, &["pictures holds no run"]);
    expect(&infill(path, "runs nowhere"), 3, &["nowhere"]);
    expect(&infill(path, "runs"), 2, &["RUNS"]);
}
