//! `infill curve` as a process: measured, stopped, gone on with, and refused for other questions.

mod support;

use std::{fs, path::Path, process::Output};

use support::{add_pictures, command, expect, infill, json, photo, workplace};
use tempfile::TempDir;

/// What every curve here measures, on two pictures.
const MEASURE: &str = "curve --device cpu --model model.infill --data pictures --count 2 -o out";

fn place() -> TempDir {
    let folder = workplace();
    add_pictures(folder.path(), 2);
    folder
}

fn curve(folder: &Path, more: &str) -> Output {
    infill(folder, &format!("{MEASURE} {more}"))
}

fn points(folder: &Path) -> Vec<serde_json::Value> {
    json(&folder.join("out/curve.json"))["points"].as_array().expect("points").clone()
}

#[test]
fn a_curve_goes_on_where_it_was_and_refuses_other_questions() {
    let folder = place();
    let first = "--case inpaint-centre,colorize --sampler ddim,dpm-solver --steps 1,2";
    expect(&curve(folder.path(), first), 0, &[]);
    let measured = points(folder.path());
    assert_eq!(measured.len(), 4);
    // At one step both samplers give the net's estimate.
    assert_eq!(measured[0]["psnr"], measured[1]["psnr"]);
    assert_ne!(measured[0]["psnr"], measured[2]["psnr"]);

    for point in &measured {
        let psnr = point["psnr"].as_array().expect("cases").iter().map(|case| case.as_f64().unwrap()).sum::<f64>() / 2.0;
        let [low, high] = ["low", "high"].map(|end| point["psnr_interval"][end].as_f64().expect("an end"));
        assert!(low <= psnr && psnr <= high, "{point}");
    }

    // A curve from before there were intervals goes on too.
    let path = folder.path().join("out/curve.json");
    let mut old = json(&path);
    for point in old["points"].as_array_mut().unwrap() {
        point.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_interval"));
    }
    fs::write(&path, old.to_string()).unwrap();
    let more = "--case inpaint-centre,colorize --sampler ancestral --steps 2 --ancestral-steps 3";
    let output = curve(folder.path(), more);
    expect(&output, 0, &[]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(["| 1 |", "| 2 |", "| 3 |"].iter().all(|row| table.contains(row)), "{table}");
    let all = points(folder.path());
    for (before, after) in measured.iter().zip(&all) {
        assert!(["psnr", "ssim", "seconds"].iter().all(|part| before[part] == after[part]), "what was measured stays, its times too");
    }
    assert_eq!(all.len(), 6);
    for case in ["inpaint-centre", "colorize"] {
        let plot = fs::read_to_string(folder.path().join(format!("out/{case}.svg"))).expect("a plot");
        assert_eq!(plot.matches("<circle").count(), 6);
    }

    expect(&curve(folder.path(), "--case colorize"), 3, &["other questions (cases", "inpaint-centre"]);
    photo(50, 40).save(folder.path().join("pictures/more.png")).unwrap();
    expect(&curve(folder.path(), first), 3, &["other questions (index_sha256"]);
}

#[test]
fn a_case_that_is_none_is_refused_with_the_ones_there_are() {
    let folder = place();
    expect(&curve(folder.path(), "--case inpaint-middle"), 2, &["inpaint-middle", "inpaint-centre"]);
}

#[cfg(unix)]
#[test]
fn a_curve_that_is_stopped_keeps_its_points_and_goes_on() {
    use std::process::Stdio;

    use support::{interrupt, wait_for};

    let folder = place();
    let arguments = "--case colorize --sampler ddim --steps 2,200,201";
    let mut child = command(folder.path(), &format!("{MEASURE} {arguments}")).stdout(Stdio::null()).spawn().expect("the program starts");
    wait_for(&folder.path().join("out/curve.json"), &mut child);
    interrupt(&child);
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    let measured = points(folder.path());
    // It stops between two batches, of which a point here has one.
    assert!((1..3).contains(&measured.len()), "{measured:?}");

    expect(&curve(folder.path(), arguments), 0, &[]);
    let all = points(folder.path());
    assert_eq!((&all[..measured.len()], all.len()), (&measured[..], 3));
}
