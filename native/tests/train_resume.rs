//! Runs that somebody or something stops, and that go on with other settings: what is saved, counted, said and refused.

mod support;

use std::{fs, path::Path, process::Output};

use infill::model_file::ModelFile;
use support::{command, expect, infill, messages, pictures};

const SMALL: &str = "--preset tiny --data pictures --device cpu --threads 1 --sample-every 0";

fn begin(path: &Path, more: &str) {
    expect(&infill(path, &format!("train {SMALL} --run run {more}")), 0, &[]);
}

fn resume(path: &Path, more: &str) -> Output {
    infill(path, &format!("train --run run --resume --device cpu {more}"))
}

fn statistics(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path.join("run/stats.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[cfg(unix)]
mod signals {
    use std::{
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    };

    use super::*;
    use support::{HANGS, wait_for};

    const LONG: &str = "--batch 2 --steps 100000 --checkpoint-every 2";

    fn send(child: &Child, signal: &str) {
        assert!(Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap().success());
    }

    /// The signals that stop a run. Elsewhere than on Linux a program cannot know whether it is to outlive its terminal.
    const STOPS: &[&str] = if cfg!(target_os = "linux") { &["TERM", "INT", "HUP"] } else { &["TERM", "INT"] };
    /// Whoever runs the tests may have told them to outlive their terminal, which programs take over from each other.
    const AS_IN_A_TERMINAL: &str = if cfg!(target_os = "linux") { "exec env --default-signal=HUP" } else { "exec" };

    /// A run under way, whose messages nobody reads, as when a terminal is gone. `prefix` starts the program in place of the shell.
    fn start(path: &Path, run: &str, prefix: &str) -> Child {
        let program = env!("CARGO_BIN_EXE_infill");
        let shell = format!("{prefix} {program} train {SMALL} {LONG} --run {run}");
        let mut child = Command::new("sh").args(["-c", &shell]).current_dir(path).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stderr.take());
        wait_for(&path.join(run).join("checkpoints/step-00000002.safetensors"), &mut child);
        child
    }

    fn steps(path: &Path, run: &str) -> u64 {
        let output = infill(path, &format!("info {run}/model.infill --json"));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["training"]["steps"].as_u64().unwrap()
    }

    #[test]
    fn what_systems_and_lost_terminals_send_saves_like_ctrl_c() {
        let folder = pictures(4);
        let path = folder.path();
        for signal in STOPS {
            let mut child = start(path, signal, AS_IN_A_TERMINAL);
            send(&child, signal);
            if *signal == "HUP" {
                // The kernel and the shell both send it.
                send(&child, signal);
            }
            assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
            let saved = steps(path, signal);
            assert!(path.join(format!("{signal}/checkpoints/step-{saved:08}.safetensors")).is_file(), "{signal}");
            let output = infill(path, &format!("train --run {signal} --resume --device cpu --steps {}", saved + 1));
            expect(&output, 0, &[&format!("going on after step {saved} ")]);
        }
    }

    #[test]
    fn a_run_that_was_told_to_outlive_its_terminal_does() {
        let folder = pictures(4);
        let path = folder.path();
        let mut child = start(path, "run", "trap '' HUP; exec");
        send(&child, "HUP");
        // Only a few of the newest checkpoints stay, so that a later one may come and go unseen.
        let later = |entry: fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name > "step-00000030");
        let begun = Instant::now();
        while !fs::read_dir(path.join("run/checkpoints")).unwrap().flatten().any(later) {
            assert!(child.try_wait().unwrap().is_none(), "it ended");
            assert!(begun.elapsed() < HANGS, "no step in {} s", HANGS.as_secs());
            std::thread::sleep(Duration::from_millis(5));
        }
        send(&child, "TERM");
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(steps(path, "run") > 28);
    }
}

#[test]
fn pictures_are_counted_and_the_clock_goes_on() {
    let folder = pictures(5);
    let path = folder.path();
    begin(path, "--batch 4 --steps 3");
    let output = resume(path, "--batch 2 --steps 5");
    expect(&output, 0, &["other settings than before", "train.batch 4 → 2", "train.total_steps 3 → 5"]);
    assert!(!messages(&output).contains("run.data"), "{}", messages(&output));
    let statistics = statistics(path);
    let seen: Vec<u64> = statistics.iter().map(|line| line["pictures_seen"].as_u64().unwrap()).collect();
    assert_eq!(seen, [4, 8, 12, 14, 16]);
    let seconds: Vec<f64> = statistics.iter().map(|line| line["seconds"].as_f64().unwrap()).collect();
    assert!(seconds.windows(2).all(|pair| pair[0] < pair[1]), "{seconds:?}");
    let output = infill(path, "info run/model.infill --json");
    let described: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(described["training"]["pictures_seen"], 16);
}

#[test]
fn averages_of_any_length_follow_from_a_runs_snapshots() {
    let folder = pictures(5);
    let path = folder.path();
    let keeps = "--batch 2 --checkpoint-every 2 --set train.ema_lengths=[0.05,0.1] --set train.warm_up_steps=1";
    begin(path, &format!("{keeps} --steps 6"));
    fs::rename(path.join("run"), path.join("whole")).unwrap();
    begin(path, &format!("{keeps} --steps 3"));
    // What a run that died had written after its last checkpoint is made again.
    fs::write(path.join("run/averages/step-00000009-length-0.1.infill"), "of another time").unwrap();
    expect(&resume(path, "--steps 6"), 0, &[]);
    assert!(!path.join("run/averages/step-00000009-length-0.1.infill").exists());
    let weights = |file: &str| -> Vec<f32> {
        let file = ModelFile::parse(&fs::read(path.join(file)).unwrap()).unwrap();
        file.weights().flat_map(|weight| weight.values).collect()
    };
    for step in [2, 4, 6] {
        for length in ["0.05", "0.1"] {
            let name = format!("averages/step-{step:08}-length-{length}.infill");
            let [run, whole] = ["run", "whole"].map(|run| weights(&format!("{run}/{name}")));
            assert!(run == whole, "{name} has other weights after a resume");
        }
    }
    let export = |length: &str| infill(path, &format!("export whole --ema-length {length} --quantize f32 -o out.infill --force"));
    let output = export("0.1");
    expect(&output, 0, &["within 0.00 %"]);
    let furthest = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
    let kept = ["0.05", "0.1"].map(|length| weights(&format!("whole/averages/step-00000006-length-{length}.infill")));
    assert!(furthest(&weights("out.infill"), &kept[1]) < 1e-6);
    expect(&export("0.07"), 0, &[]);
    let between = weights("out.infill");
    assert!(kept.iter().all(|kept| furthest(&between, kept) > 0.0));
    expect(&infill(path, "restore pictures/0.png -o answer.png --model out.infill --device cpu --steps 2"), 0, &[]);

    expect(&export("0.5"), 2, &["--ema-length is 0.5", "0.288"]);
    expect(&resume(path, "--set train.ema_lengths=[]"), 2, &["train.ema_lengths [0.05,0.1] → []"]);
    expect(&infill(path, &format!("train {SMALL} --run plain --batch 2 --steps 1")), 0, &[]);
    assert!(!path.join("plain/averages").exists());
    expect(&infill(path, "export plain/model.infill --ema-length 0.1 -o none.infill"), 3, &["is a file", "the folder of a run"]);
    expect(&infill(path, "info plain"), 3, &["plain is a folder", "plain/model.infill"]);
    expect(&infill(path, "export plain --ema-length 0.1 -o none.infill"), 3, &["plain holds no averages", "train.ema_lengths"]);
}

#[test]
fn what_cannot_change_is_refused_with_both_values_and_nothing_is_written() {
    let folder = pictures(5);
    let path = folder.path();
    begin(path, "--batch 2 --steps 4");
    let settings = || fs::read_to_string(path.join("run/config.toml")).unwrap();
    let before = settings();
    fs::write(path.join("other.toml"), "[model]\nsize = 32\n").unwrap();
    for (options, texts) in [
        ("--seed 9", ["train.seed 0 → 9", "another --run"].as_slice()),
        ("--preset browser", &["model.size 16 → 128"]),
        ("--recipe paper", &["model.prediction", "epsilon"]),
        ("--objective regression", &["model.prediction", "regression"]),
        ("--set model.unet.channels=32", &["model.unet.channels 16 → 32"]),
        ("--config other.toml", &["model.size 16 → 32"]),
        ("--init run/model.infill", &["run/model.infill", "--resume"]),
        ("--steps 3", &["4 steps are done already", "to be 3", "--steps 4 or more"]),
        ("--set train.batch=two", &["batch"]),
    ] {
        expect(&resume(path, options), 2, texts);
        assert_eq!(settings(), before, "{options}");
    }
    // The same command again is no change.
    fs::write(path.join("same.toml"), "[model]\nsize = 16\n[train]\nclip_norm = 0.5\n").unwrap();
    let output = resume(path, "--preset tiny --seed 0 --config same.toml --steps 5");
    expect(&output, 0, &["going on after step 4", "train.clip_norm 1.0 → 0.5"]);
    assert!(!messages(&output).contains("model.size"), "{}", messages(&output));
}

#[test]
fn a_checkpoint_of_another_model_says_in_what_it_is_another() {
    let folder = pictures(5);
    let path = folder.path();
    begin(path, "--batch 1 --steps 2");
    let other = format!("train {SMALL} --run other --batch 1 --steps 3 --set model.unet.dropout=0.25");
    expect(&infill(path, &other), 0, &[]);
    fs::copy(path.join("other/checkpoints/step-00000003.safetensors"), path.join("run/checkpoints/step-00000003.safetensors")).unwrap();
    let said = ["step-00000003.safetensors is passed over: it is of another model", "unet.dropout is 0.25 there and 0.0 here"];
    expect(&resume(path, "--steps 3"), 0, &said);
}

#[test]
fn what_the_machine_cannot_hold_is_refused_before_anything_is_made() {
    let folder = pictures(5);
    let path = folder.path();
    let output = infill(path, "train --preset paper --batch 1000000 --data pictures --run run --device cpu");
    expect(&output, 3, &["GB with 1000000 pictures at a time", "this machine has", "--batch"]);
    assert!(!path.join("run").exists());
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let folder = pictures(5);
    let path = folder.path();
    let output = command(path, &format!("train {SMALL} --run run --batch 3 --steps 7 --dry-run")).output().unwrap();
    expect(&output, 0, &[]);
    assert!(!path.join("run").exists());
    let said = String::from_utf8(output.stdout).unwrap();
    for text in
        ["# 5 pictures", "million parameters", "GB with 3 pictures at a time", "a step takes", "7 steps", "checkpoint_minutes = 10.0"]
    {
        assert!(said.contains(text), "no {text} in {said}");
    }
    // It is a settings file too.
    fs::write(path.join("printed.toml"), said).unwrap();
    expect(&infill(path, "train --config printed.toml --run run --steps 2 --device cpu"), 0, &["5 pictures"]);
    let resolved = fs::read_to_string(path.join("run/config.toml")).unwrap();
    assert!(resolved.contains("batch = 3") && resolved.contains("size = 16"), "{resolved}");
    // And so is what a run holds, whose pictures are named from its own folder.
    let again = infill(path, "train --config run/config.toml --run again --steps 1 --device cpu --set model.unet.attention=[5]");
    expect(&again, 0, &["5 pictures", "no level of the net has the side 5"]);
}

#[test]
fn a_settings_file_says_only_what_it_changes() {
    let folder = pictures(5);
    let path = folder.path();
    let text = "preset = \"tiny\"\n[model]\nsize = 32\n[model.unet]\nchannels = 8\nhead_channels = 8\n[run]\nkeep_checkpoints = 1\n";
    fs::write(path.join("mine.toml"), text).unwrap();
    let run = "train --config mine.toml --data pictures --run run --batch 1 --steps 1 --device cpu --sample-every 0";
    expect(&infill(path, run), 0, &[]);
    let resolved = fs::read_to_string(path.join("run/config.toml")).unwrap();
    for setting in ["size = 32", "channels = 8", "keep_checkpoints = 1", "multipliers = "] {
        assert!(resolved.contains(setting), "no {setting} in {resolved}");
    }
    fs::write(path.join("odd.toml"), "preset = \"tiny\"\n[run]\nkeep = 1\n").unwrap();
    expect(&infill(path, "train --config odd.toml --data pictures --run other"), 2, &["[run] of odd.toml", "keep", "keep_checkpoints"]);
}

#[test]
fn a_copy_of_a_checkpoint_under_another_name_is_left_alone() {
    let folder = pictures(5);
    let path = folder.path();
    begin(path, "--batch 1 --steps 1");
    let checkpoints = path.join("run/checkpoints");
    // Before and behind the run's own by name.
    for name in ["keep.safetensors", "zz.safetensors"] {
        fs::copy(checkpoints.join("step-00000001.safetensors"), checkpoints.join(name)).unwrap();
    }
    expect(&resume(path, "--steps 3 --checkpoint-every 1 --keep-checkpoints 1"), 0, &["after step 1 from run/checkpoints/step-00000001"]);
    let mut left: Vec<_> = fs::read_dir(&checkpoints).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["keep.safetensors", "step-00000003.safetensors", "zz.safetensors"]);
}

#[test]
fn pictures_that_are_trained_on_and_measured_on_are_told() {
    let folder = pictures(5);
    let path = folder.path();
    begin(path, "--batch 1 --steps 1 --validation pictures/0.png");
    expect(
        &infill(path, &format!("train {SMALL} --run other --batch 1 --steps 1 --validation pictures")),
        0,
        &["5 of the 5 validation pictures are trained on too"],
    );
    let evaluate = |data: &str, output: &str| {
        let task = "--task colorize --count 2 --samples 1 --steps 2 --device cpu";
        infill(path, &format!("evaluate --model other/model.infill --data {data} -o {output} {task}"))
    };
    expect(&evaluate("pictures", "same"), 0, &["was trained on what looks like the same pictures (pictures)"]);
    assert!(fs::read_to_string(path.join("same/evaluation.md")).unwrap().contains("**The model was trained on what looks like"));
    let told = "was trained on what looks like the same pictures (pictures)";
    let photos = "evaluate --photos pictures --count 1 --task colorize --steps 1 -o photos --model other/model.infill --device cpu";
    expect(&infill(path, photos), 0, &[told]);
    let curve = "curve --data pictures --count 1 --case colorize --sampler ddim --steps 1 -o curve --model other/model.infill --device cpu";
    expect(&infill(path, curve), 0, &[told]);
    for report in ["photos/evaluation.md", "curve/curve.md"] {
        assert!(fs::read_to_string(path.join(report)).unwrap().contains("**The model was trained on what looks like"), "{report}");
    }
    fs::create_dir(path.join("fresh")).unwrap();
    fs::copy(path.join("pictures/1.png"), path.join("fresh/1.png")).unwrap();
    let fresh = evaluate("fresh", "fresh-answers");
    expect(&fresh, 0, &[]);
    assert!(!messages(&fresh).contains("trained on"), "{}", messages(&fresh));
}
