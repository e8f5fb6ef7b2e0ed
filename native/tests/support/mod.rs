//! What the process tests share: a tiny model file, pictures made here, and the program's runs.
#![allow(dead_code, reason = "each test program uses its part")]

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output},
    time::{Duration, Instant},
};

use burn::tensor::Device;
use image::{GenericImageView, Rgb, RgbImage};
use infill::{
    config::{ModelConfig, TaskKind},
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    noise::{self, Purpose},
    unet::{Unet, parameters},
};
use tempfile::TempDir;

/// After which a program hangs.
pub const HANGS: Duration = Duration::from_secs(300);

/// A folder with `model.infill` (16 px, random weights) and `photo.png` (60×44).
pub fn workplace() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("model.infill"), model(Encoding::F32)).unwrap();
    photo(60, 44).save(folder.path().join("photo.png")).unwrap();
    folder
}

/// The tiny preset with random weights everywhere.
pub fn model(encoding: Encoding) -> Vec<u8> {
    model_of(&TaskKind::ALL, encoding)
}

/// The same for some tasks alone.
pub fn model_of(tasks: &[TaskKind], encoding: Encoding) -> Vec<u8> {
    let config = ModelConfig { tasks: tasks.to_vec(), ..ModelConfig::preset("tiny").unwrap() };
    let mut random = noise::stream(3, Purpose::Weights, 0, 0);
    let weights: Vec<Weight> = parameters::shapes(&Unet::new(&config, &Device::flex()))
        .into_iter()
        .map(|(name, shape)| {
            let values = noise::gaussian(&mut random, shape.iter().product());
            Weight { name, values: values.into_iter().map(|value| value * 0.05).collect(), shape }
        })
        .collect();
    ModelFile::encode(&config, &TrainingRecord::default(), &weights, encoding).unwrap()
}

/// A folder with pictures in `pictures`, of 36 rows and 40, 41, … columns.
pub fn pictures(count: u32) -> TempDir {
    let folder = TempDir::new().unwrap();
    add_pictures(folder.path(), count);
    folder
}

/// Puts such pictures into a folder.
pub fn add_pictures(folder: &Path, count: u32) {
    std::fs::create_dir(folder.join("pictures")).unwrap();
    for number in 0..count {
        photo(40 + number, 36).save(folder.join(format!("pictures/{number}.png"))).unwrap();
    }
}

/// A picture in which no two neighbours are alike.
pub fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 4) as u8, (y * 5) as u8, (x * 7 + y * 3) as u8]))
}

/// A mask of the size, white in the rectangle x, y, width, height.
pub fn mask(width: u32, height: u32, hole: [u32; 4]) -> image::GrayImage {
    image::GrayImage::from_fn(width, height, |x, y| {
        let inside = x >= hole[0] && y >= hole[1] && x < hole[0] + hole[2] && y < hole[1] + hole[3];
        image::Luma([if inside { 255 } else { 0 }])
    })
}

/// The program in a folder, arguments split at spaces; not started yet.
pub fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infill"));
    command.current_dir(folder).env_remove("INFILL_MODEL").env("INFILL_TOKEN", TOKEN).args(arguments.split_whitespace());
    command
}

/// What servers and clients of the tests share.
pub const TOKEN: &str = "open sesame";

/// Runs it.
pub fn infill(folder: &Path, arguments: &str) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Ctrl-C.
pub fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// Waits until a file is there that the program is to write.
pub fn wait_for(file: &Path, child: &mut Child) {
    let begun = Instant::now();
    while !file.is_file() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before {} was written", file.display());
        assert!(begun.elapsed() < HANGS, "{} was not written within {} s", file.display(), HANGS.as_secs());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a JSON file holds.
pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The same, for a task with the tiny model on the CPU in two steps.
pub fn sample(folder: &Path, arguments: &str) -> Output {
    infill(folder, &format!("{arguments} --model model.infill --device cpu --steps 2"))
}

/// What it said to the error stream.
pub fn messages(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks an exit code and that every text is in the messages.
pub fn expect(output: &Output, code: i32, texts: &[&str]) {
    let said = messages(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for text in texts {
        assert!(said.contains(text), "`{text}` is not in: {said}");
    }
}

/// Checks that two pictures have the same samples outside a rectangle and differ inside.
pub fn same_outside(left: &Path, right: &Path, hole: [u32; 4]) {
    let (left, right) = (image::open(left).unwrap(), image::open(right).unwrap());
    assert_eq!((left.dimensions(), left.color()), (right.dimensions(), right.color()));
    let (left, right) = (left.to_rgba16(), right.to_rgba16());
    let mut changed = 0;
    for (x, y, pixel) in left.enumerate_pixels() {
        let inside = x >= hole[0] && y >= hole[1] && x < hole[0] + hole[2] && y < hole[1] + hole[3];
        if inside {
            changed += usize::from(pixel != right.get_pixel(x, y));
        } else {
            assert_eq!(pixel, right.get_pixel(x, y), "at {x}, {y}");
        }
    }
    assert!(changed > 0, "nothing was filled");
}

/// Files of a folder that are not among `expected`.
pub fn strays(folder: &Path, expected: &[&str]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| !expected.iter().any(|name| path.ends_with(name))).collect()
}

/// The Python of `INFILL_PYTHON`, else `python3`, where it runs these imports; else says that the test is left out.
pub fn python(imports: &str) -> Option<String> {
    let python = std::env::var("INFILL_PYTHON").unwrap_or("python3".to_owned());
    let there = Command::new(&python).args(["-c", imports]).stderr(std::process::Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        // Not by a macro, whose output the test runner keeps to itself.
        let said = format!("\nSKIPPED: `{python}` cannot run `{imports}`; name a Python that can in INFILL_PYTHON\n");
        std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).expect("an error output");
        return None;
    }
    Some(python)
}
