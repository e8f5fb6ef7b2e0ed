//! Model files as a process: description, export, and files that are no models.

mod support;

use infill::{config::TaskKind, model_file::Encoding};
use support::{command, expect, infill, json, messages, model, model_of, sample, workplace};

#[test]
fn info_describes_models_and_presets() {
    let folder = workplace();
    let output = infill(folder.path(), "info model.infill --json");
    expect(&output, 0, &[]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["config"]["size"], 16);
    assert_eq!(said["encoding"], "f32");
    let output = infill(folder.path(), "info --preset paper --batch 4");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("552814083") && said.contains("training memory"), "{said}");
    expect(&infill(folder.path(), "info --preset huge"), 2, &["huge", "browser"]);
    expect(&infill(folder.path(), "info"), 2, &["--preset"]);
}

#[test]
fn exported_models_are_smaller_and_work() {
    let folder = workplace();
    let path = folder.path();
    for (encoding, share) in [("q8", 0.5), ("f16", 0.6)] {
        expect(&infill(path, &format!("export model.infill --quantize {encoding} -o {encoding}.infill")), 0, &[]);
        let size = |name: &str| std::fs::metadata(path.join(name)).unwrap().len() as f64;
        assert!(size(&format!("{encoding}.infill")) < share * size("model.infill"));
        let output = infill(path, &format!("restore photo.png -o {encoding}.png --model {encoding}.infill --device cpu --steps 1"));
        expect(&output, 0, &[]);
    }
    expect(&infill(path, "export model.infill --sampling restore=4:0.5 --sampling colorize=7:1 -o advised.infill"), 0, &[]);
    expect(&infill(path, "info advised.infill"), 0, &[]);
    let said = String::from_utf8(infill(path, "info advised.infill").stdout).unwrap();
    assert!(said.contains("restore: 4 steps at temperature 0.5") && said.contains("inpaint: 20 steps at temperature 1"), "{said}");
    expect(&infill(path, "export advised.infill --task restore,inpaint -o fewer.infill"), 0, &[]);
    let said = String::from_utf8(infill(path, "info fewer.infill").stdout).unwrap();
    assert!(said.contains("restore: 4 steps at temperature 0.5") && !said.contains("colorize") && !said.contains("uncrop"), "{said}");
    expect(&infill(path, "export fewer.infill --task uncrop -o none.infill"), 2, &["--task uncrop", "not trained"]);
    expect(&infill(path, "export model.infill --sampling restore=4:1.5 -o hot.infill"), 2, &["restore", "1.5"]);
    expect(&infill(path, "export model.infill --sampling restore=4 -o hot.infill"), 2, &["TASK=STEPS:TEMPERATURE"]);
    expect(&infill(path, "export model.infill --sampling foo=4:1 -o hot.infill"), 2, &["`foo` is no task", "colorize"]);
    expect(&infill(path, "export model.infill -o q8.infill"), 3, &["--force"]);
}

#[test]
fn a_model_is_put_into_a_page_beside_the_others() {
    let folder = workplace();
    let path = folder.path();
    expect(&infill(path, "export model.infill --web page"), 3, &["page", "cargo xtask web"]);
    std::fs::create_dir_all(path.join("page/models")).unwrap();
    std::fs::write(path.join("page/index.html"), "<html>").unwrap();
    let put = |more: &str| command(path, &format!("export model.infill --web page {more}"));
    let with = |more: &str, title: &str| put(more).args(["--title", title]).output().unwrap();
    expect(&put("").output().unwrap(), 0, &[]);
    std::fs::write(path.join("page/models/manifest.json.br"), "the old list").unwrap();
    expect(&with("--name fine --quantize f32 --default --about scenes", "Fine scenes"), 0, &[]);
    assert!(!path.join("page/models/manifest.json.br").exists(), "a host would send the old list");
    let list = || json(&path.join("page/models/manifest.json"))["models"].clone();
    assert_eq!((&list()[0]["name"], &list()[0]["title"], &list()[0]["about"]), (&"fine".into(), &"Fine scenes".into(), &"scenes".into()));
    assert_eq!((&list()[1]["name"], &list()[1]["title"]), (&"model".into(), &serde_json::Value::Null));
    // The chunks together are the file.
    let whole = |entry: &serde_json::Value| -> Vec<u8> {
        let chunks = entry["chunks"].as_array().unwrap().iter();
        chunks.flat_map(|chunk| std::fs::read(path.join("page/models").join(chunk["path"].as_str().unwrap())).unwrap()).collect()
    };
    expect(&infill(path, "export model.infill -o small.infill"), 0, &[]);
    assert!(whole(&list()[1]) == std::fs::read(path.join("small.infill")).unwrap());
    // Replaced, it keeps its place and its words; the chunk of the old one stays for pages that are open, and is named.
    let old = list()[0]["chunks"][0]["path"].as_str().unwrap().to_owned();
    expect(&put("--name fine").output().unwrap(), 3, &["`fine`", "--force"]);
    let output = put("--name fine --quantize f16 --force").output().unwrap();
    expect(&output, 0, &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("fine, Fine scenes") && said.contains("scenes (the default)") && said.contains(&old), "{said}");
    assert!(path.join("page/models").join(&old).exists() && list().as_array().unwrap().len() == 2);
    expect(&put("--name a/b").output().unwrap(), 2, &["`a/b`", "--name"]);
    expect(&put("-o both.infill").output().unwrap(), 2, &["--output"]);
    expect(&infill(path, "export model.infill"), 2, &["--output"]);
    std::fs::write(path.join("page/models/manifest.json"), "[").unwrap();
    expect(&put("--name other").output().unwrap(), 3, &["manifest.json"]);
}

#[test]
fn two_models_are_compared_on_the_same_noise() {
    let folder = workplace();
    let path = folder.path();
    expect(&infill(path, "export model.infill --quantize q8 -o small.infill"), 0, &[]);
    let compare = |other: &str, more: &str| infill(path, &format!("compare model.infill {other} --picture photo.png --device cpu {more}"));
    let output = compare("model.infill", "-o same.png --steps 2");
    expect(&output, 0, &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    let last = |said: &str, name: &str| -> String {
        let line = said.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} is not in {said}"));
        line.split_whitespace().last().unwrap().to_owned()
    };
    for case in ["inpaint-centre", "uncrop-right", "colorize", "restore-jpeg-10"] {
        assert_eq!(last(&said, case), "0", "{said}");
    }
    assert!(said.matches("0.00e0").count() == 6, "{said}");
    // In 8 bits it is another net, but nearly the same.
    let output = compare("small.infill", "-o near.png --steps 2");
    expect(&output, 0, &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!((1..40).contains(&last(&said, "colorize").parse::<u32>().unwrap()), "{said}");
    let [same, near] = ["same.png", "near.png"].map(|name| image::open(path.join(name)).unwrap().to_rgb8());
    assert!(same.dimensions() == near.dimensions() && same != near);

    expect(&compare("small.infill", "-o near.png"), 3, &["--force"]);
    expect(&compare("photo.png", "-o other.png"), 3, &["photo.png"]);
    expect(
        &infill(path, "train --preset tiny --set model.size=32 --data . --run run --steps 1 --batch 1 --device cpu --threads 1"),
        0,
        &[],
    );
    expect(&compare("run/model.infill", "-o other.png"), 3, &["16 and 32 pixels"]);
}

#[test]
fn the_first_answer_to_a_hole_follows_the_mean_and_further_ones_a_sample_each() {
    let folder = workplace();
    let path = folder.path();
    expect(&infill(path, "export model.infill --quantize f32 --sampling uncrop=3:0.5:2 -o three.infill"), 0, &[]);
    let uncrop = |name: &str, more: &str| {
        expect(&infill(path, &format!("uncrop photo.png -o {name}.png --right 9 --device cpu --model three.infill {more}")), 0, &[]);
    };
    let read = |name: &str| image::open(path.join(format!("{name}.png"))).unwrap().to_rgb8();
    uncrop("both", "--samples 2");
    uncrop("one", "--steps 1");
    uncrop("three", "--steps 3");
    uncrop("three-anew", "--steps 3 --seed 1");
    assert_eq!(read("both-1"), read("one"));
    assert_eq!(read("both-2"), read("three-anew"));
    assert_ne!(read("one"), read("three"));
    // Without detail from the picture itself an answer is a sample, and a mean is one of samples.
    uncrop("alone", "--detail 0");
    uncrop("alone-three", "--detail 0 --steps 3");
    assert_eq!(read("alone"), read("alone-three"));
    uncrop("mean", "--samples 2 --mean");
    uncrop("mean-three", "--samples 2 --mean --steps 3");
    assert_eq!(read("mean"), read("mean-three"));
}

#[test]
fn where_sampling_begins_is_the_model_s_advice_or_asked_for() {
    let folder = workplace();
    let path = folder.path();
    expect(&infill(path, "export model.infill --quantize f32 --sampling uncrop=3:0.5:2 -o guessing.infill"), 0, &[]);
    let said = String::from_utf8(infill(path, "info guessing.infill").stdout).unwrap();
    assert!(said.contains("uncrop: 3 steps at temperature 0.5 from a guess at log-SNR 2"), "{said}");
    let uncrop = |name: &str, more: &str| {
        expect(&infill(path, &format!("uncrop photo.png -o {name}.png --right 9 --device cpu --detail 0 {more}")), 0, &[]);
        image::open(path.join(format!("{name}.png"))).unwrap().to_rgb8()
    };
    let advised = uncrop("advised", "--model guessing.infill");
    assert_eq!(advised, uncrop("asked", "--model model.infill --steps 3 --temperature 0.5 --guess 2"));
    let noise = uncrop("noise", "--model guessing.infill --guess none");
    assert_ne!(advised, noise);
    assert_eq!(noise, uncrop("all", "--model guessing.infill --strength 1"));
    // The tiny preset's range of log-SNRs is [-9, 9], of which 2 lies at 7 of 18.
    assert_eq!(advised, uncrop("some", &format!("--model model.infill --steps 3 --temperature 0.5 --strength {}", 7.0 / 18.0)));
    expect(&infill(path, "uncrop photo.png -o other.png --right 9 --model model.infill --strength 1.5"), 2, &["1.5", "pure noise"]);
    let help = String::from_utf8(infill(path, "uncrop --help").stdout).unwrap();
    assert!(help.contains("--strength") && !help.contains("--guess"), "{help}");
    let photo = image::open(path.join("photo.png")).unwrap().to_rgb8();
    assert!(photo.enumerate_pixels().all(|(x, y, pixel)| advised.get_pixel(x, y) == pixel), "a known pixel has changed");
    let refused = infill(path, "uncrop photo.png -o other.png --right 9 --model model.infill --guess much");
    expect(&refused, 2, &["much", "log-SNR", "none"]);
    let refused = infill(path, "uncrop photo.png -o other.png --right 9 --model model.infill --device cpu --guess 99");
    expect(&refused, 2, &["99", "-30"]);
}

/// The programs' own places: below the working folder, and INFILL_MODEL before them.
#[test]
fn a_task_gets_the_shipped_model_that_was_trained_for_it() {
    let folder = workplace();
    let path = folder.path();
    let shipped = path.join("web/models");
    std::fs::create_dir_all(&shipped).unwrap();
    std::fs::rename(path.join("model.infill"), shipped.join("nature.infill")).unwrap();
    let used = |task: &str, environment: Option<&str>| {
        let mut run = command(path, &format!("{task} -v --force --device cpu --steps 1 photo.png -o out.png"));
        run.env_remove("INFILL_MODEL").envs(environment.map(|model| ("INFILL_MODEL", model)));
        let output = run.output().unwrap();
        expect(&output, 0, &[]);
        messages(&output).lines().find_map(|line| Some(line.split_once("read ")?.1.split_once(".infill")?.0.to_owned())).unwrap()
    };
    assert!(used("restore", None).ends_with("nature"), "the only one there");
    for (name, tasks) in [("alone", &[TaskKind::Restore][..]), ("first", &[TaskKind::Restore, TaskKind::Uncrop])] {
        std::fs::write(shipped.join(name).with_extension("infill"), model_of(tasks, Encoding::Q8)).unwrap();
    }
    assert!(used("restore", None).ends_with("alone"));
    assert!(used("uncrop --left 4", None).ends_with("first"));
    std::fs::write(shipped.join("damaged.infill"), "weights, honestly").unwrap();
    assert!(used("restore", None).ends_with("alone"));
    assert!(used("colorize", None).ends_with("nature"));
    assert!(used("restore", Some("web/models/nature.infill")).ends_with("nature"));
}

#[test]
fn files_that_are_no_models_are_named_with_the_reason() {
    let folder = workplace();
    let path = folder.path();
    let bytes = model(Encoding::Q8);
    std::fs::write(path.join("model.infill"), &bytes[..bytes.len() - 100]).unwrap();
    expect(&sample(path, "restore photo.png -o out.png"), 3, &["model.infill", "damaged"]);
    std::fs::write(path.join("model.infill"), "weights, honestly").unwrap();
    expect(&sample(path, "restore photo.png -o out.png"), 3, &["not an Infill model"]);
    let key = br#"\"version\":"#;
    let place = bytes.windows(key.len()).position(|part| part == key).unwrap() + key.len();
    let mut other = bytes;
    other[place] = b'7';
    std::fs::write(path.join("model.infill"), other).unwrap();
    expect(&sample(path, "restore photo.png -o out.png"), 3, &["version 7", "version 1"]);
    std::fs::remove_file(path.join("model.infill")).unwrap();
    expect(&sample(path, "restore photo.png -o out.png"), 3, &["cannot read model.infill"]);
    expect(&infill(path, "restore photo.png -o out.png"), 3, &["INFILL_MODEL"]);
}

#[test]
fn a_bench_prints_what_it_measured_and_refuses_another_net() {
    let folder = workplace();
    let path = folder.path();
    let output = infill(path, "bench train --preset tiny --batch 1 --steps 2 --device cpu");
    expect(&output, 0, &[]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in ["213276 parameters", "pictures/s", "GFLOP/s", "share", "peak memory", "1, in f32"] {
        assert!(printed.contains(line), "no {line} in {printed}");
    }
    assert!(!printed.contains("waited"), "{printed}");
    let output = infill(path, "bench train --preset tiny --batch 2 --steps 2 --devices cpu,cpu --data photo.png");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("% of the time for pictures") && printed.contains("2, in f32"), "{printed}");
    expect(&infill(path, "bench train --preset tiny --precision f8 --device cpu"), 2, &["f8", "bf16"]);
    // A peer that says what is in its file.
    let peer = |text: &str| {
        std::fs::write(path.join("peer"), text).unwrap();
        infill(path, "bench train --preset tiny --batch 1 --steps 2 --device cpu --peer peer --python cat")
    };
    let said = |parameters: u32, device: &str| {
        format!(r#"{{"device": "{device}", "parameters": {parameters}, "seconds": [0.5, 0.7, 0.6], "torch": "9.9", "threads": 1}}"#)
    };
    let output = peer(&said(213_276, "cpu"));
    expect(&output, 0, &[]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("PyTorch 9.9  1.7 pictures/s (1 threads); ratio"));
    expect(&peer(&said(7, "cpu")), 3, &["7 parameters", "213276", "not the same net"]);
    expect(&peer(&said(213_276, "cuda")), 3, &["cuda", "nothing can be compared"]);
    expect(&peer("no numbers"), 1, &["something else"]);
    expect(&infill(path, "bench train --preset tiny --peer absent --python no-such-program"), 3, &["no-such-program"]);
}

#[test]
fn a_bench_of_edits_prints_what_the_detail_takes() {
    let folder = workplace();
    let path = folder.path();
    let output = infill(path, "bench edit photo.png -m model.infill --runs 1 --size 60x40-12 --size 50x50-20");
    expect(&output, 0, &[]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    for row in ["| 60×40 | 12×12 | ", "| 50×50 | 20×20 | "] {
        let cells = printed.lines().find_map(|line| line.strip_prefix(row)).unwrap_or_else(|| panic!("no {row} in {printed}"));
        let cells: Vec<f64> = cells.trim_end_matches([' ', '|']).split(" | ").map(|cell| cell.parse().unwrap_or(f64::NAN)).collect();
        assert!(cells.len() == 6 && cells[0] > 0.0 && cells[2] > 0.0, "{printed}");
        assert!(!cfg!(target_os = "linux") || cells[1] > 5.0 && cells[3] > 5.0, "{printed}");
    }
    expect(&infill(path, "bench edit photo.png --size 60x40-40"), 2, &["768x512-140", "smaller than both"]);
    expect(&infill(path, "bench edit photo.png --runs 0"), 2, &["0 runs"]);
    expect(&infill(path, "bench edit absent.png"), 3, &["absent.png"]);
    expect(&infill(path, "bench edit photo.png -m absent.infill --size 60x40-12"), 3, &["absent.infill"]);
}

#[test]
fn more_is_said_at_each_level_and_negative_numbers_are_numbers() {
    let folder = workplace();
    let path = folder.path();
    let lines = |level: &str| messages(&infill(path, &format!("export model.infill -o out.infill --force {level}")));
    assert!(lines("-v").contains("read model.infill: ") && lines("-v").contains("wrote out.infill ("), "{}", lines("-v"));
    assert!(!lines("").contains("read model.infill") && lines("-q").is_empty(), "{}", lines("-q"));
    for (arguments, words) in [
        ("train --preset tiny --data . --run run --learning-rate -1", ["learning_rate", "-1"]),
        ("train --preset tiny --data . --run run --checkpoint-minutes -5", ["checkpoint_minutes", "-5"]),
    ] {
        expect(&infill(path, arguments), 2, &words);
    }
    expect(&infill(path, "train --preset tiny --data . --run run --steps -3"), 2, &["invalid value '-3' for '--steps"]);
    expect(&infill(path, "restore photo.png -o out.png --model model.infill --device cpu --temperature -0.5"), 2, &["temperature", "-0.5"]);
    expect(&infill(path, "restore photo.png -o out.png -5"), 2, &["-5"]);
}
