//! `infill curve` as a process: measured, stopped, gone on with, and refused for other questions.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

fn infill(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infill"));
    command.current_dir(folder).args(arguments);
    command
}

/// A model of one step and two pictures.
fn workplace() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("pictures")).expect("a folder");
    for number in 0..2u8 {
        RgbImage::from_fn(40, 40, |x, y| Rgb([(x * 6) as u8, (y * 6) as u8, number * 90]))
            .save(folder.path().join(format!("pictures/{number}.png")))
            .expect("a picture");
    }
    let trained = infill(
        folder.path(),
        &["train", "--preset", "tiny", "--steps", "1", "--batch", "1", "--data", "pictures", "--run", "run", "--device", "cpu"],
    )
    .output()
    .expect("the program starts");
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    folder
}

fn measuring(folder: &Path, more: &[&str]) -> Command {
    let fixed = ["curve", "--device", "cpu", "--model", "run/model.infill", "--data", "pictures", "--count", "2", "-o", "out"];
    infill(folder, &[&fixed, more].concat())
}

fn curve(folder: &Path, more: &[&str]) -> Output {
    measuring(folder, more).output().expect("the program starts")
}

fn points(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("out/curve.json")).expect("the numbers");
    let numbers: Value = serde_json::from_str(&text).expect("JSON");
    numbers["points"].as_array().expect("points").clone()
}

#[test]
fn a_curve_goes_on_where_it_was_and_refuses_other_questions() {
    let folder = workplace();
    let first = ["--case", "inpaint-centre,colorize", "--sampler", "ddim,dpm-solver", "--steps", "1,2"];
    let output = curve(folder.path(), &first);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let measured = points(folder.path());
    assert_eq!(measured.len(), 4);
    // At one step both samplers give the net's estimate.
    assert_eq!(measured[0]["psnr"], measured[1]["psnr"]);
    assert_ne!(measured[0]["psnr"], measured[2]["psnr"]);

    let more = ["--case", "inpaint-centre,colorize", "--sampler", "ancestral", "--steps", "2", "--ancestral-steps", "3"];
    let output = curve(folder.path(), &more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(["| 1 |", "| 2 |", "| 3 |"].iter().all(|row| table.contains(row)), "{table}");
    let all = points(folder.path());
    assert_eq!(all[..4], measured, "what was measured stays as it is, its times too");
    assert_eq!(all.len(), 6);
    for case in ["inpaint-centre", "colorize"] {
        let plot = fs::read_to_string(folder.path().join(format!("out/{case}.svg"))).expect("a plot");
        assert_eq!(plot.matches("<circle").count(), 6);
    }

    let other = curve(folder.path(), &["--case", "colorize"]);
    assert_eq!(other.status.code(), Some(3));
    let message = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(message.contains("other questions") && message.contains("inpaint-centre,colorize"), "{message}");
}

#[test]
fn a_case_that_is_none_is_refused_with_the_ones_there_are() {
    let folder = workplace();
    let output = curve(folder.path(), &["--case", "inpaint-middle"]);
    assert_eq!(output.status.code(), Some(3));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("inpaint-middle") && message.contains("inpaint-centre"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_curve_that_is_stopped_keeps_its_points_and_goes_on() {
    let folder = workplace();
    let arguments = ["--case", "colorize", "--sampler", "ddim", "--steps", "2,200,201"];
    let mut child = measuring(folder.path(), &arguments).stdout(std::process::Stdio::null()).spawn().expect("the program starts");
    while !folder.path().join("out/curve.json").is_file() {
        assert!(child.try_wait().expect("a state").is_none(), "it ended before its first point was measured");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    let measured = points(folder.path());
    // It stops between two batches, of which a point here has one.
    assert!((1..3).contains(&measured.len()), "{measured:?}");

    let output = curve(folder.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all = points(folder.path());
    assert_eq!((&all[..measured.len()], all.len()), (&measured[..], 3));
}
