//! `infill train` as a process: it trains, is killed, resumes, and nothing differs from a run that was
//! not stopped.

mod support;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use support::{expect, infill, messages, photo, strays};
use tempfile::TempDir;

const STEPS: u64 = 60;

fn workplace() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("pictures")).unwrap();
    for number in 0..5u32 {
        photo(40 + number, 36).save(folder.path().join(format!("pictures/{number}.png"))).unwrap();
    }
    folder
}

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
    let folder = workplace();
    let path = folder.path();
    expect(&infill(path, &arguments("whole", "")), 0, &[]);
    let whole = statistics(&path.join("whole"));
    assert_eq!(whole.len() as u64, STEPS);
    assert!(path.join("whole/samples/step-00000030.png").exists());

    let mut child = Command::new(env!("CARGO_BIN_EXE_infill"))
        .current_dir(path)
        .args(arguments("killed", "").split_whitespace())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !path.join("killed/checkpoints/step-00000020.safetensors").exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "no checkpoint after two minutes");
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        std::thread::sleep(Duration::from_millis(2));
    }
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
    let folder = workplace();
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
fn what_cannot_be_used_is_named_and_nothing_is_lost() {
    let folder = workplace();
    let path = folder.path();
    std::fs::create_dir(path.join("empty")).unwrap();
    let refused = |arguments: &str, texts: &[&str]| expect(&infill(path, arguments), 3, texts);
    refused("train --preset tiny --data empty --run run --device cpu", &["empty"]);
    refused("train --preset tiny --data absent --run run --device cpu", &["absent"]);
    refused("train --preset tiny --run run", &["--data"]);
    refused("train --preset vast --data pictures --run run", &["vast", "browser"]);
    refused("train --run run --resume", &["run", "no run to resume"]);
    std::fs::write(path.join("bad.toml"), "preset = \"tiny\"\n[train]\nlearning_rat = 0.1\n").unwrap();
    refused("train --config bad.toml --data pictures --run run", &["learning_rat", "bad.toml"]);
    refused("train --preset tiny --data pictures --run run --learning-rate 7", &["learning_rate", "7"]);
    assert!(!path.join("run/config.toml").exists());
    expect(&infill(path, "train --preset tiny --data pictures --run run --batch 1 --steps 2 --device cpu --sample-every 0"), 0, &[]);
    refused("train --preset tiny --data pictures --run run", &["already holds a run", "--resume"]);
}

#[test]
fn the_papers_recipe_is_one_word_and_its_settings_can_be_changed() {
    let folder = workplace();
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
    let folder = workplace();
    let path = folder.path();
    std::fs::write(path.join("pictures/broken.png"), "no picture").unwrap();
    let output = infill(path, &arguments("run", ""));
    expect(&output, 0, &["broken.png"]);
    assert!(messages(&output).contains("passed over"), "{}", messages(&output));
}

#[test]
fn training_goes_on_from_an_exported_model() {
    let folder = workplace();
    let path = folder.path();
    let small = "--batch 1 --steps 2 --device cpu --sample-every 0";
    expect(&infill(path, &format!("train --preset tiny --data pictures --run first {small}")), 0, &[]);
    expect(&infill(path, "export first/model.infill -o small.infill"), 0, &[]);
    expect(&infill(path, &format!("train --init small.infill --data pictures --run second {small}")), 0, &[]);
    expect(&infill(path, &format!("train --init small.infill --preset nature --data pictures --run third {small}")), 3, &["another net"]);
}
