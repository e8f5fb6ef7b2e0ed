//! Several pictures in one call, the standard streams, and what a terminal wants beside pictures.

mod support;

use std::{
    fs,
    io::Write,
    process::{Output, Stdio},
};

use image::{GenericImageView, ImageFormat};
use support::{command, expect, infill, mask, messages, photo, same_outside, sample, strays, workplace};

/// With bytes for the standard input.
fn fed(folder: &std::path::Path, arguments: &str, bytes: &[u8]) -> Output {
    let arguments = format!("{arguments} --model model.infill --device cpu --steps 2");
    let mut command = command(folder, &arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A program that refuses its options reads nothing.
    let _ = input.write_all(bytes);
    drop(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_folder_goes_into_a_folder_and_one_that_fails_keeps_no_other_from_it() {
    let folder = workplace();
    let path = folder.path();
    fs::create_dir_all(path.join("in/deep")).unwrap();
    photo(40, 30).save(path.join("in/a.png")).unwrap();
    photo(30, 40).save(path.join("in/deep/b.jpg")).unwrap();
    photo(20, 20).save(path.join("in/c.webp")).unwrap();
    fs::write(path.join("in/broken.png"), "no picture").unwrap();
    let output = sample(path, "restore in photo.png --output-dir out/made");
    expect(&output, 3, &["1 of 5 pictures failed: in/broken.png", "picture 5 of 5", "in/broken.png cannot be used"]);
    let out = path.join("out/made");
    for (name, size) in [("a.png", (40, 30)), ("deep/b.jpg", (30, 40)), ("c.webp", (20, 20)), ("photo.png", (60, 44))] {
        assert_eq!(image::open(out.join(name)).unwrap().dimensions(), size, "{name}");
    }
    assert!(strays(&out, &["a.png", "deep", "c.webp", "photo.png"]).is_empty());
    // The same again is refused as a whole, before any work, and then asked for in another format.
    let again = sample(path, "restore in --output-dir out/made");
    expect(&again, 3, &["a.png exists already", "--force", "--skip-existing"]);
    assert!(!messages(&again).contains("picture 1 of"), "{}", messages(&again));
    // Or gone on with.
    fs::remove_file(out.join("c.webp")).unwrap();
    fs::remove_file(path.join("in/broken.png")).unwrap();
    let on = sample(path, "restore in photo.png --output-dir out/made --skip-existing");
    expect(&on, 0, &["3 of 4 pictures are done already"]);
    assert!(out.join("c.webp").is_file());
    expect(&sample(path, "restore in photo.png --output-dir out/made --skip-existing"), 0, &["4 of 4"]);
    expect(&sample(path, "colorize in/a.png in/c.webp --output-dir grey --format jpg"), 0, &[]);
    assert_eq!(image::ImageReader::open(path.join("grey/a.jpg")).unwrap().format(), Some(ImageFormat::Jpeg));
    assert!(path.join("grey/c.jpg").is_file());
}

#[test]
fn a_folder_of_several_answers_each_goes_on_inside_a_picture_and_results_are_no_pictures() {
    let folder = workplace();
    let path = folder.path();
    fs::create_dir(path.join("in")).unwrap();
    photo(40, 30).save(path.join("in/a.png")).unwrap();
    let edit = "uncrop in --all 5 --output-dir in/done --samples 2 --seed 4";
    expect(&sample(path, edit), 0, &[]);
    let answers = ["in/done/a-1.png", "in/done/a-2.png"].map(|name| path.join(name));
    let before = answers.each_ref().map(|answer| fs::read(answer).unwrap());
    fs::remove_file(&answers[1]).unwrap();
    expect(&sample(path, &format!("{edit} --skip-existing")), 0, &[]);
    assert!(before == answers.each_ref().map(|answer| fs::read(answer).unwrap()));
    assert!(strays(&path.join("in/done"), &["a-1.png", "a-2.png"]).is_empty());
    // Whoever names results themselves means them.
    expect(&sample(path, "restore in/done --output-dir in/done/again"), 0, &["picture 2 of 2"]);
}

#[test]
fn what_cannot_become_several_files_is_refused_before_any_work() {
    let folder = workplace();
    let path = folder.path();
    fs::create_dir_all(path.join("in")).unwrap();
    fs::create_dir_all(path.join("empty")).unwrap();
    fs::copy(path.join("photo.png"), path.join("in/photo.png")).unwrap();
    for (arguments, code, texts) in [
        ("restore photo.png in/photo.png -o out.png", 2, ["2 pictures", "--output-dir"]),
        ("restore in -o out.png", 2, ["in is a folder", "--output-dir"]),
        ("restore photo.png in/photo.png --output-dir out", 2, ["photo.png and in/photo.png", "out/photo.png"]),
        ("restore empty --output-dir out", 3, ["no picture", "empty"]),
        ("restore - --output-dir out", 2, ["standard input", "--output"]),
        ("restore photo.png -o out.png --format jpg", 2, ["out.png", "--format"]),
        ("restore photo.png -o - --samples 2", 2, ["standard output", "--samples 1"]),
        ("restore photo.png", 2, ["--output", "required"]),
        ("restore --output-dir out", 2, ["PICTURE", "required"]),
        ("restore photo.png -o out.png --output-dir out", 2, ["--output", "cannot be used"]),
    ] {
        expect(&sample(path, arguments), code, &texts);
    }
    assert!(!path.join("out/photo.png").exists() && !path.join("out.png").exists());
}

#[test]
fn masks_are_one_for_all_or_one_for_each() {
    let folder = workplace();
    let path = folder.path();
    fs::create_dir_all(path.join("masks")).unwrap();
    photo(50, 40).save(path.join("other.png")).unwrap();
    let (first, second) = ([5, 5, 9, 9], [20, 10, 8, 8]);
    mask(60, 44, first).save(path.join("masks/photo.png")).unwrap();
    mask(50, 40, second).save(path.join("masks/other.webp")).unwrap();
    expect(&sample(path, "inpaint photo.png other.png --mask masks --output-dir out"), 0, &[]);
    same_outside(&path.join("photo.png"), &path.join("out/photo.png"), first);
    same_outside(&path.join("other.png"), &path.join("out/other.png"), second);
    fs::remove_file(path.join("masks/other.webp")).unwrap();
    let output = sample(path, "inpaint photo.png other.png --mask masks --output-dir out --force");
    expect(&output, 3, &["1 of 2 pictures failed: other.png", "masks holds no mask for other.png", "other.png"]);
}

#[test]
fn pictures_come_from_other_programs_and_go_to_them() {
    let folder = workplace();
    let path = folder.path();
    let bytes = fs::read(path.join("photo.png")).unwrap();
    expect(&sample(path, "restore photo.png -o file.png"), 0, &[]);
    let output = fed(path, "restore - -o -", &bytes);
    expect(&output, 0, &["wrote -"]);
    assert!(output.stdout == fs::read(path.join("file.png")).unwrap(), "the picture is another than in a file");
    let jpeg = fed(path, "restore - -o - --format jpg", &bytes);
    assert_eq!(image::guess_format(&jpeg.stdout).unwrap(), ImageFormat::Jpeg);
    // Several answers of what can be read only once.
    expect(&fed(path, "restore - -o many.png --samples 2", &bytes), 0, &[]);
    assert!(path.join("many-1.png").is_file() && path.join("many-2.png").is_file());
    let nonsense = fed(path, "restore - -o -", b"no picture");
    expect(&nonsense, 3, &["- cannot be used", "not a picture of a known format"]);
    assert!(nonsense.stdout.is_empty());
    assert!(!path.join("-").exists());
}

#[test]
fn borders_are_pixels_or_percent() {
    let folder = workplace();
    let path = folder.path();
    expect(&sample(path, "uncrop photo.png -o out.png --left 10% --top 5 --all 25%"), 0, &[]);
    let after = image::open(path.join("out.png")).unwrap();
    assert_eq!(after.dimensions(), (60 + 6 + 15, 44 + 5 + 11));
    assert_eq!(after.crop_imm(6, 5, 60, 44).to_rgb8(), photo(60, 44));
    for amount in ["-5", "ten", "2000%", "-1%"] {
        expect(&sample(path, &format!("uncrop photo.png -o other.png --left {amount}")), 2, &[&format!("`{amount}`"), "pixels", "percent"]);
    }
}

#[test]
fn shells_and_manuals_know_every_command() {
    let folder = workplace();
    let path = folder.path();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = infill(path, &format!("completions {shell}"));
        expect(&output, 0, &[]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(["inpaint", "uncrop", "train", "output-dir", "dry-run"].iter().all(|word| script.contains(word)), "{shell}");
    }
    expect(&infill(path, "completions --man pages"), 0, &[]);
    let page = |name: &str| fs::read_to_string(path.join("pages").join(name)).unwrap();
    assert!(page("infill.1").contains("infill\\-inpaint(1)") && page("infill.1").contains("130 cancelled"));
    assert!(page("infill-train.1").contains("dry\\-run"));
    expect(&infill(path, "completions"), 2, &["required"]);
    expect(&infill(path, "completions tcsh"), 2, &["tcsh", "bash"]);
}

#[test]
fn help_shows_examples_that_are_commands() {
    let folder = workplace();
    let output = infill(folder.path(), "--help");
    let help = String::from_utf8(output.stdout).unwrap();
    let examples: Vec<&str> =
        help.lines().skip_while(|line| !line.starts_with("Examples:")).filter(|line| line.starts_with("  infill ")).collect();
    assert!(examples.len() >= 6, "{help}");
    for example in examples {
        // As far as the command's name: what it does is other tests' business.
        let name = example.split_whitespace().nth(1).unwrap();
        expect(&infill(folder.path(), &format!("{name} --help")), 0, &[]);
    }
}
