//! `infill evaluate --photos` as a process: a tiny net with random weights, pictures made here, and a peer that is a shell script.

mod support;

use std::path::Path;
use std::process::Output;

use image::{GrayImage, Luma, Rgb, RgbImage};
use serde_json::Value;
use support::{expect, infill, messages, workplace};
use tempfile::TempDir;

/// Bricks before a sky, a little different each.
fn wall(number: u32, width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let joint = y % 8 < 2 || (x + 6 * (y / 8 % 2) + number) % 12 < 2;
        match (y < height / 3, joint) {
            (true, _) => Rgb([(90 + x / 2) as u8, (140 + y) as u8, 220]),
            (false, true) => Rgb([190, 185, 175]),
            (false, false) => Rgb([150 + (x * 7 + y * 3) as u8 % 20, 70 + (10 * number) as u8, 50]),
        }
    })
}

/// A workplace with three photographs, and a folder below them that is not to be searched.
fn studio() -> TempDir {
    let folder = workplace();
    std::fs::create_dir_all(folder.path().join("photos/masks")).unwrap();
    for (number, (width, height)) in [(96, 72), (72, 96), (100, 80)].into_iter().enumerate() {
        wall(number as u32, width, height).save(folder.path().join(format!("photos/wall-{number}.png"))).unwrap();
    }
    std::fs::write(folder.path().join("photos/masks/no-picture.png"), "text").unwrap();
    folder
}

fn evaluate(folder: &Path, arguments: &str) -> Output {
    infill(folder, &format!("evaluate --photos photos --model model.infill --device cpu --steps 2 {arguments}"))
}

/// The cases of an evaluation without what a clock says.
fn cases(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(name).join("evaluation.json")).unwrap();
    let mut report: Value = serde_json::from_str(&text).unwrap();
    let mut cases = report["cases"].as_array_mut().unwrap().clone();
    for answer in cases.iter_mut().flat_map(|case| case["answers"].as_array_mut().unwrap()) {
        answer["scores"].as_array_mut().unwrap().iter_mut().for_each(|score| score["seconds"] = Value::Null);
    }
    for estimates in cases.iter_mut().flat_map(|case| case["estimates"].as_array_mut().unwrap()) {
        let seconds = estimates.as_object_mut().unwrap().remove("seconds").unwrap();
        assert!(["value", "low", "high"].iter().all(|part| seconds[part].is_f64()), "{seconds}");
    }
    cases
}

fn names(case: &Value, list: &str) -> Vec<String> {
    case[list].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_case_has_its_rows_numbers_and_sheet_and_the_seed_decides() {
    let folder = studio();
    for (target, seed) in [("first", 1), ("second", 1), ("third", 2)] {
        let output = evaluate(folder.path(), &format!("--count 2 --seed {seed} -o {target}"));
        expect(&output, 0, &[]);
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        for row in [
            "| object | net |",
            "| strokes | smooth fill |",
            "| frame | edge repeat |",
            "| colorize | grey |",
            "| restore-jpeg-5 | the JPEG",
        ] {
            assert!(table.contains(row), "`{row}` is not in: {table}");
        }
    }
    let first = cases(folder.path(), "first");
    let all: Vec<&str> = first.iter().map(|case| case["case"].as_str().unwrap()).collect();
    assert_eq!(all, ["object", "strokes", "frame", "colorize", "restore-jpeg-5", "restore-jpeg-10", "restore-jpeg-20"]);
    assert_eq!(first, cases(folder.path(), "second"));
    assert_ne!(first[0], cases(folder.path(), "third")[0]);

    let table = std::fs::read_to_string(folder.path().join("first/evaluation.md")).unwrap();
    for case in &first {
        let sheet = case["sheet"].as_str().unwrap();
        let picture = image::open(folder.path().join("first").join(sheet)).unwrap();
        let (columns, rows) = (names(case, "sheet_columns").len() as u32, names(case, "sheet_rows").len() as u32);
        assert_eq!((picture.width(), picture.height()), (columns * 258 + 2, rows * 258 + 2), "{sheet}");
        assert!(table.contains(sheet) && rows == 2);
        for score in case["answers"].as_array().unwrap().iter().flat_map(|answer| answer["scores"].as_array().unwrap()) {
            assert!(score["psnr"].is_f64() && score["ssim"].is_f64() && score["patch_distance"].is_f64(), "{score}");
            assert_eq!(score["sharpness"].is_array(), case["case"] != "colorize", "{score}");
            assert_eq!(score["rim_step"].is_f64(), case["has_hole"] == true, "{score}");
        }
    }
    // An object covers 3 to 8 %, a border of an eighth of the shorter side 40 to 45 % here.
    let area = |case: usize| first[case]["answers"][0]["area"].as_f64().unwrap();
    assert!((0.03..0.08).contains(&area(0)) && (0.40..0.45).contains(&area(2)), "{} {}", area(0), area(2));
    // A JPEG of better quality is nearer, and what is kept of grey is its luma.
    let psnr = |case: usize, method: usize| first[case]["answers"][0]["scores"][method]["psnr"].as_f64().unwrap();
    assert!(psnr(6, 0) > psnr(5, 0) && psnr(5, 0) > psnr(4, 0));
}

#[test]
fn masks_are_taken_from_a_folder_and_must_be_there() {
    let folder = studio();
    std::fs::create_dir(folder.path().join("masks")).unwrap();
    let arguments = "--masks masks --task inpaint -o out";
    expect(&evaluate(folder.path(), arguments), 3, &["wall-", ".object.png", "--masks"]);
    for (number, (width, height)) in [(96, 72), (72, 96), (100, 80)].into_iter().enumerate() {
        for (case, columns) in [("object", width / 4), ("strokes", width / 2)] {
            let mask = GrayImage::from_fn(width, height, |x, _| Luma([if x < columns { 255 } else { 0 }]));
            mask.save(folder.path().join(format!("masks/wall-{number}.{case}.png"))).unwrap();
        }
    }
    expect(&evaluate(folder.path(), arguments), 0, &[]);
    let cases = cases(folder.path(), "out");
    for (case, area) in cases.iter().zip([0.25, 0.5]) {
        let areas: Vec<f64> = case["answers"].as_array().unwrap().iter().map(|answer| answer["area"].as_f64().unwrap()).collect();
        assert_eq!(areas, [area; 3]);
    }
    GrayImage::new(7, 5).save(folder.path().join("masks/wall-1.strokes.png")).unwrap();
    expect(&evaluate(folder.path(), "--masks masks --task inpaint -o other"), 3, &["wall-1.strokes.png", "7×5", "72×96"]);
}

#[test]
fn mistakes_are_named_before_any_work() {
    let folder = studio();
    let path = folder.path();
    let start = "evaluate --model model.infill --device cpu -o out";
    expect(&infill(path, &format!("{start} --photos nowhere")), 3, &["nowhere"]);
    std::fs::create_dir(path.join("empty")).unwrap();
    expect(&infill(path, &format!("{start} --photos empty")), 3, &["no photograph", "empty"]);
    expect(&infill(path, &format!("{start} --photos photos --paper")), 2, &["--paper"]);
    expect(&infill(path, &format!("{start} --photos photos --peer brush")), 2, &["brush", "patchmatch"]);
    expect(&infill(path, &format!("{start} --photos photos --peer telea --python no-such-program")), 3, &["no-such-program", "--python"]);
    expect(&infill(path, &format!("{start} --photos photos --count 0")), 2, &["count is 0"]);
    expect(&infill(path, &format!("{start} --photos photos --detail 0.5,1.5")), 2, &["a detail is 1.5", "0 to 1"]);
    std::fs::write(path.join("photos/wall-1.png"), "text").unwrap();
    expect(&infill(path, &format!("{start} --photos photos")), 3, &["wall-1.png"]);
    assert!(!path.join("out").exists());
}

/// A Python that is a shell script: it answers with what it is given. It fails at the third call where `broken` lies beside it.
#[cfg(unix)]
fn stand_in(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let script = r#"#!/bin/sh
echo call >> calls
if [ -e broken ] && [ "$(wc -l < calls)" -ge 3 ]; then echo "ModuleNotFoundError: No module named 'cv2'" >&2; exit 1; fi
echo '{"version": "7.1"}'
for given in "$3"/*.given.png; do
    [ -e "$given" ] || exit 0
    stem="${given%.given.png}"
    cp "$given" "$stem.$2.png"
    echo "{\"name\": \"${stem##*/}\", \"seconds\": 0.25}"
done
"#;
    let path = folder.join("stand-in");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn peers_stand_beside_the_net_and_what_was_done_before_one_failed_is_kept() {
    let folder = studio();
    let path = folder.path();
    stand_in(path);
    std::fs::write(path.join("broken"), "").unwrap();
    let arguments = "--task inpaint,uncrop --peer patchmatch --python ./stand-in -o out";
    // The first call asks for the version, the second is about objects, the third about strokes.
    expect(&evaluate(path, arguments), 3, &["patchmatch does not run", "No module named 'cv2'", "pip install", "--python"]);
    assert!(path.join("out/unfinished/object.json").is_file() && !path.join("out/evaluation.md").exists());

    std::fs::remove_file(path.join("broken")).unwrap();
    let output = evaluate(path, arguments);
    expect(&output, 0, &["object is done already"]);
    assert!(!messages(&output).contains("strokes is done already") && !path.join("out/unfinished").exists());
    expect(&evaluate(path, "--task inpaint,uncrop --peer patchmatch --python ./stand-in -o whole"), 0, &[]);
    let found = cases(path, "out");
    assert_eq!(found, cases(path, "whole"));
    assert_eq!(names(&found[0], "methods"), ["smooth fill", "patchmatch", "net", "net + detail"]);
    assert_eq!(names(&found[2], "methods"), ["smooth fill", "edge repeat", "patchmatch", "net", "net + detail"]);
    assert_eq!(names(&found[0], "sheet_columns"), ["given", "smooth fill", "patchmatch", "net", "net + detail", "truth"]);
    // It left the hole grey: far from the truth, and on a border that cuts through bricks without detail.
    for answer in found.iter().flat_map(|case| case["answers"].as_array().unwrap()) {
        let scores = answer["scores"].as_array().unwrap();
        assert!(scores[scores.len() - 3]["psnr"].as_f64() < scores[0]["psnr"].as_f64(), "{answer}");
    }
    for answer in found[2]["answers"].as_array().unwrap() {
        assert!(answer["scores"][2]["sharpness"][0].as_f64().unwrap() < 0.05, "{answer}");
    }
    let table = std::fs::read_to_string(path.join("out/evaluation.md")).unwrap();
    assert!(table.contains("patchmatch 7.1") && table.contains("| frame | patchmatch |") && table.contains("| 0.25 ± 0.00 |"), "{table}");
    // Without detail the first of the two is left.
    expect(&evaluate(path, "--task uncrop --detail 0 -o plain"), 0, &[]);
    let plain = cases(path, "plain");
    assert_eq!(names(&plain[0], "methods"), ["smooth fill", "edge repeat", "net"]);
    assert_eq!(plain[0]["answers"][0]["scores"][2], found[2]["answers"][0]["scores"][3]);
    // The same folder is refused, and what is there stays.
    expect(&evaluate(path, arguments), 3, &["--force"]);
}
