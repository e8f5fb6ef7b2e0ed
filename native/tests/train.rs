//! `infill train` as a process: it trains, is killed, resumes, and nothing differs from a run that was
//! not stopped.

mod support;

use std::{path::Path, process::Stdio};

use infill::model_file::{Encoding, ModelFile, Weight};
use support::{command, expect, infill, messages, photo, pictures, strays, wait_for};

const STEPS: u64 = 60;

fn arguments(run: &str, more: &str) -> String {
    format!(
        "train --preset tiny --data pictures --run {run} --batch 2 --seed 5 --device cpu --threads 2 --checkpoint-every 10 --sample-every 30 --steps {STEPS} {more}"
    )
}

/// Lines of the statistics without what a clock wrote.
fn statistics(run: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(run.join("stats.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
            let fields = value.as_object_mut().unwrap();
            assert!(fields.remove("seconds").is_some() && fields.remove("waited_for_data").is_some());
            value
        })
        .collect()
}

#[test]
fn a_killed_run_resumes_to_the_same_statistics_and_the_same_model() {
    let folder = pictures(5);
    let path = folder.path();
    expect(&infill(path, &arguments("whole", "")), 0, &[]);
    let whole = statistics(&path.join("whole"));
    assert_eq!(whole.len() as u64, STEPS);
    assert!(path.join("whole/samples/step-00000030.png").exists());

    let mut child = command(path, &arguments("killed", "")).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&path.join("killed/checkpoints/step-00000020.safetensors"), &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!path.join(format!("killed/checkpoints/step-{STEPS:08}.safetensors")).exists(), "the run was over before it was killed");

    expect(&infill(path, "train --run killed --resume --device cpu"), 0, &["going on after step"]);
    assert_eq!(statistics(&path.join("killed")), whole);
    let model = |run: &str| std::fs::read(path.join(run).join("model.infill")).unwrap();
    assert!(model("killed") == model("whole"), "the models differ");
    assert_eq!(
        strays(&path.join("whole/checkpoints"), &["step-00000040.safetensors", "step-00000050.safetensors", "step-00000060.safetensors"])
            .len(),
        0
    );
}

#[test]
fn a_damaged_checkpoint_is_passed_over_by_name() {
    let folder = pictures(5);
    let path = folder.path();
    expect(&infill(path, &arguments("run", "")), 0, &[]);
    let newest = path.join("run/checkpoints/step-00000060.safetensors");
    let bytes = std::fs::read(&newest).unwrap();
    std::fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
    let output = infill(path, "train --run run --resume --device cpu");
    expect(&output, 0, &["step-00000060.safetensors is passed over", "going on after step 50"]);
    assert_eq!(std::fs::read(&newest).unwrap(), bytes, "the lost steps were not made again");
}

#[test]
fn foreign_and_damaged_checkpoints_are_refused_with_their_reasons() {
    let folder = pictures(5);
    let path = folder.path();
    let short = "--data pictures --batch 1 --device cpu --sample-every 0 --checkpoint-every 2";
    expect(&infill(path, &format!("train --preset tiny --run run --steps 4 {short}")), 0, &[]);
    expect(&infill(path, &format!("train --preset tiny --run seeded --seed 9 --steps 5 {short}")), 0, &[]);
    expect(&infill(path, &format!("train --preset tiny --recipe paper --run paper --steps 6 {short}")), 0, &[]);
    let checkpoint = |run: &str, step: u64| path.join(format!("{run}/checkpoints/step-{step:08}.safetensors"));
    std::fs::copy(checkpoint("seeded", 5), checkpoint("run", 5)).unwrap();
    std::fs::copy(checkpoint("paper", 6), checkpoint("run", 6)).unwrap();
    std::fs::write(checkpoint("run", 7), "a shopping list").unwrap();
    let mut bytes = std::fs::read(checkpoint("run", 4)).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(checkpoint("run", 4), bytes).unwrap();
    let reasons = [
        "step-00000004.safetensors is passed over: it is damaged",
        "step-00000005.safetensors is passed over: it is of a run with the seed 9, this run's is 0",
        "step-00000006.safetensors is passed over: it is of another model",
        "step-00000007.safetensors is passed over: it is truncated or no checkpoint",
        "going on after step 2",
    ];
    expect(&infill(path, "train --run run --resume --device cpu --steps 4"), 0, &reasons);
}

#[test]
fn checkpoints_are_written_by_time_and_the_last_ones_kept() {
    let folder = pictures(5);
    let path = folder.path();
    // Less time than a step takes, so that every step ends with a checkpoint.
    let arguments = "--checkpoint-every 1000 --checkpoint-minutes 1e-9 --keep-checkpoints 2 --sample-every 0 --steps 7";
    expect(&infill(path, &format!("train --preset tiny --data pictures --run run --batch 1 --device cpu {arguments}")), 0, &[]);
    let kept = ["step-00000006.safetensors", "step-00000007.safetensors"];
    assert_eq!(strays(&path.join("run/checkpoints"), &kept), Vec::<std::path::PathBuf>::new());
    assert!(kept.iter().all(|name| path.join("run/checkpoints").join(name).exists()));
}

#[test]
fn the_best_checkpoint_by_validation_loss_is_kept_and_can_be_resumed() {
    let folder = pictures(5);
    let path = folder.path();
    std::fs::create_dir(path.join("others")).unwrap();
    photo(36, 48).save(path.join("others/one.png")).unwrap();
    // Too high a rate, so that the best is not the last.
    let arguments = "--validation others --checkpoint-every 1 --keep-checkpoints 1 --sample-every 0 --steps 12 --learning-rate 0.5";
    expect(&infill(path, &format!("train --preset tiny --data pictures --run run --batch 1 --device cpu {arguments}")), 0, &[]);
    let losses: Vec<(u64, f64)> = statistics(&path.join("run"))
        .iter()
        .map(|line| (line["step"].as_u64().unwrap(), line["validation_loss"].as_f64().unwrap()))
        .collect();
    assert_eq!(losses.len(), 12);
    let best = losses.iter().min_by(|left, right| left.1.total_cmp(&right.1)).unwrap().0;
    assert!(best < 12, "{losses:?}");
    let steps = |model: &str| {
        let output = infill(path, &format!("info {model} --json"));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["training"]["steps"].as_u64().unwrap()
    };
    assert_eq!((steps("run/best.infill"), steps("run/model.infill")), (best, 12));
    assert!(strays(&path.join("run/checkpoints"), &["best.safetensors", "step-00000012.safetensors"]).is_empty());
    std::fs::remove_file(path.join("run/checkpoints/step-00000012.safetensors")).unwrap();
    expect(&infill(path, "train --run run --resume --device cpu"), 0, &[&format!("going on after step {best} from")]);
}

/// What a user meets who goes on from weights that have run away.
#[test]
fn a_loss_that_is_no_number_stops_the_run_and_names_step_and_pictures() {
    let folder = pictures(5);
    let path = folder.path();
    let small = "--data pictures --batch 2 --device cpu --sample-every 0";
    expect(&infill(path, &format!("train --preset tiny --run run --steps 1 {small}")), 0, &[]);
    let file = ModelFile::parse(&std::fs::read(path.join("run/model.infill")).unwrap()).unwrap();
    let grown = |weight: Weight| Weight { values: weight.values.iter().map(|value| value * 1e30 + 1e25).collect(), ..weight };
    let weights: Vec<Weight> = file.weights().map(grown).collect();
    let bytes = ModelFile::encode(&file.config, &file.training, &weights, Encoding::F32).unwrap();
    std::fs::write(path.join("wild.infill"), bytes).unwrap();
    let output = infill(path, &format!("train --init wild.infill --run other --steps 9 {small}"));
    expect(&output, 1, &["the loss of step 1 is NaN", "pictures/", ".png", "the last good checkpoint is none", "smaller --learning-rate"]);
    assert!(statistics(&path.join("other")).is_empty());
    assert!(!path.join("other/model.infill").exists(), "a broken model was left");
}

#[test]
fn what_cannot_be_used_is_named_and_nothing_is_lost() {
    let folder = pictures(5);
    let path = folder.path();
    std::fs::create_dir(path.join("empty")).unwrap();
    let refused = |arguments: &str, texts: &[&str]| expect(&infill(path, arguments), 3, texts);
    let wrong = |arguments: &str, texts: &[&str]| expect(&infill(path, arguments), 2, texts);
    refused("train --preset tiny --data empty --run run --device cpu", &["empty"]);
    refused("train --preset tiny --data absent --run run --device cpu", &["absent"]);
    wrong("train --preset tiny --run run", &["--data"]);
    wrong("train --preset vast --data pictures --run run", &["vast", "browser"]);
    refused("train --run run --resume", &["run", "no run to resume"]);
    std::fs::write(path.join("bad.toml"), "preset = \"tiny\"\n[train]\nlearning_rat = 0.1\n").unwrap();
    wrong("train --config bad.toml --data pictures --run run", &["learning_rat", "bad.toml"]);
    wrong("train --preset tiny --data pictures --run run --learning-rate 7", &["learning_rate", "7"]);
    wrong("train --preset tiny --data pictures --run run --minutes -1", &["--minutes", "-1"]);
    assert!(!path.join("run/config.toml").exists());
    expect(&infill(path, "train --preset tiny --data pictures --run run --batch 1 --steps 2 --device cpu --sample-every 0"), 0, &[]);
    refused("train --preset tiny --data pictures --run run", &["already holds a run", "--resume"]);
}

#[test]
fn the_papers_recipe_is_one_word_and_its_settings_can_be_changed() {
    let folder = pictures(5);
    let path = folder.path();
    std::fs::write(path.join("mine.toml"), "recipe = \"paper\"\npreset = \"tiny\"\n[train]\nsnr_cap = 3.0\n").unwrap();
    expect(&infill(path, "train --config mine.toml --data pictures --run run --batch 1 --steps 1 --device cpu --sample-every 0"), 0, &[]);
    let resolved = std::fs::read_to_string(path.join("run/config.toml")).unwrap();
    for setting in
        ["prediction = \"epsilon\"", "patch = 1", "learning_rate = 0.0001", "loss_weighting = \"equal\"", "snr_cap = 3.0", "batch = 1"]
    {
        assert!(resolved.contains(setting), "no {setting} in {resolved}");
    }
    expect(&infill(path, "info run/model.infill"), 0, &[]);
    expect(&infill(path, "train --recipe royal --data pictures --run other"), 2, &["royal", "paper"]);
}

#[test]
fn broken_pictures_are_named_and_skipped() {
    let folder = pictures(5);
    let path = folder.path();
    std::fs::write(path.join("pictures/broken.png"), "no picture").unwrap();
    let output = infill(path, &arguments("run", ""));
    expect(&output, 0, &["broken.png"]);
    assert!(messages(&output).contains("passed over"), "{}", messages(&output));
}

#[test]
fn training_goes_on_from_an_exported_model() {
    let folder = pictures(5);
    let path = folder.path();
    let small = "--batch 1 --steps 2 --device cpu --sample-every 0";
    expect(&infill(path, &format!("train --preset tiny --data pictures --run first {small}")), 0, &[]);
    expect(&infill(path, "export first/model.infill -o small.infill"), 0, &[]);
    expect(&infill(path, &format!("train --init small.infill --data pictures --run second {small}")), 0, &[]);
    expect(&infill(path, &format!("train --init small.infill --preset nature --data pictures --run third {small}")), 3, &["another net"]);
    // At twice the size, with what it was told to optimise by, and resumed without the file.
    let grown = "--data pictures --run grown --set train.optimizer=muon";
    expect(&infill(path, &format!("train --init small.infill --grow 2 {grown} {small}")), 0, &[]);
    expect(&infill(path, "train --run grown --resume --steps 3"), 0, &["3 steps done"]);
    let settings = std::fs::read_to_string(path.join("grown/config.toml")).unwrap();
    assert!(settings.contains("patch = 4") && settings.contains("size = 32") && settings.contains("optimizer = \"muon\""), "{settings}");
    expect(&infill(path, &format!("train --init small.infill --grow 1 --data pictures --run wrong {small}")), 2, &["1 times", "2 to 64"]);
    expect(&infill(path, &format!("train --preset tiny --grow 2 --data pictures --run wrong {small}")), 2, &["--init"]);
}
