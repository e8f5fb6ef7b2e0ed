//! What was said and would do nothing is refused, with what to say instead. What options do is in the files of their commands.

mod support;

use std::process::Stdio;

use support::{add_pictures, command, expect, infill, mask, workplace};

#[test]
fn options_that_would_do_nothing_are_refused() {
    let folder = workplace();
    let path = folder.path();
    mask(60, 44, [20, 12, 15, 10]).save(path.join("mask.png")).unwrap();
    add_pictures(path, 3);
    let model = "--model model.infill --device cpu";
    for (arguments, words) in [
        ("inpaint photo.png --mask mask.png -o out.png --eta 0.5", ["--eta", "--sampler ddim"]),
        ("restore photo.png -o out.png --detail 0.5", ["--detail", "inpaint and uncrop"]),
        ("restore photo.png -o out.png --quality 50", ["--quality", ".jpg"]),
        ("uncrop photo.png --all 9 -o out.png --mean", ["--mean", "--samples"]),
        ("colorize photo.png -o out.png --strength 0.5", ["--strength", "colorize"]),
        ("evaluate --data pictures -o out --task restore --strength 0.5", ["--strength", "uncrop"]),
        ("evaluate --data pictures -o out --task colorize --masks pictures", ["--masks", "inpaint"]),
        ("evaluate --photos pictures -o out --task colorize --masks pictures", ["--masks", "inpaint"]),
        ("evaluate --data pictures -o out --task inpaint --detail 0,1", ["--detail", "--photos"]),
        ("evaluate --photos pictures -o out --task restore --detail 1", ["--detail", "uncrop"]),
        ("evaluate --photos pictures -o out --task inpaint --python python3", ["--peer", "required"]),
        ("curve --data pictures -o out --sampler ddim --ancestral-steps 5", ["--ancestral-steps", "--sampler"]),
        ("curve --data pictures -o out --case inpaint-masks", ["inpaint-masks", "inpaint-centre"]),
    ] {
        expect(&infill(path, &format!("{arguments} {model}")), 2, &words);
    }
    for (arguments, words) in [
        ("runs . --force", ["--svg", "required"]),
        ("ablate --data pictures --validation pictures -o out --set train.seed=7", ["train.seed", "--seed"]),
        ("ablate --data pictures --validation pictures -o out --pictures 0", ["--pictures", "0"]),
        ("study --results a.json --count 10", ["--results", "--count"]),
        ("study --data pictures --answers other=pictures --steps 3", ["--answers", "--model"]),
        ("bench train --precision f8", ["f8", "bf16"]),
        ("bench train --preset tiny --python python3", ["--peer", "required"]),
        ("bench kernels --check --preset tiny", ["--check", "--preset"]),
        ("bench train --preset tiny --device cpu --devices cpu", ["--devices cpu", "leave out --device"]),
        ("info --presets --batch 4", ["--presets", "--batch"]),
    ] {
        expect(&infill(path, arguments), 2, &words);
    }
    assert!(!path.join("out").exists() && !path.join("out.png").exists());
}

#[test]
fn a_reader_who_has_seen_enough_ends_nothing() {
    let folder = workplace();
    let path = folder.path();
    for arguments in ["info model.infill", "info --presets", "completions bash", "export model.infill -o out.infill --quantize q8"] {
        let mut child = command(path, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Nobody reads from the start.
        drop(child.stdout.take());
        expect(&child.wait_with_output().unwrap(), 0, &[]);
    }
    assert!(path.join("out.infill").is_file());
    let full = std::fs::File::options().write(true).open("/dev/full");
    if let Ok(full) = full {
        let output = command(path, "info model.infill").stdout(full).output().unwrap();
        expect(&output, 1, &["output stream", "space"]);
    }
}
